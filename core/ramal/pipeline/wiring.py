"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.pipeline.ingress import journal
from ramal.pipeline.ingress.views import blueprint


def init_app(app: Flask) -> None:
    """Register this area's parts."""
    journal.init_app(app)
    app.register_blueprint(blueprint)
