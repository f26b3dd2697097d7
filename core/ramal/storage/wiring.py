"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.storage import views
from ramal.storage.backend import store_of


def init_app(app: Flask) -> None:
    """Keep files under the data folder, and serve signed links to them."""
    app.extensions["ramal.storage"] = store_of(app.extensions["ramal.settings"])
    views.register(app)
