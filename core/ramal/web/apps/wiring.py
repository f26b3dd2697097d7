"""What the Apps page adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.http.wiring import register_api
from ramal.web.apps.api import api
from ramal.web.apps.views import pages


def init_app(app: Flask) -> None:
    """Register the page and its API."""
    register_api(app, api)
    app.register_blueprint(pages)
