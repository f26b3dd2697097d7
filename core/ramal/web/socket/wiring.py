"""What the socket adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.events.hub import hub_of
from ramal.http.wiring import register_api
from ramal.web.socket.api import api
from ramal.web.socket.authority import still_valid
from ramal.web.socket.views import SERVER_OPTIONS, blueprint


def init_app(app: Flask) -> None:
    """Register ``/ws`` and its tickets; the hub asks here whose login still counts."""
    app.config["SOCK_SERVER_OPTIONS"] = SERVER_OPTIONS
    register_api(app, api)
    app.register_blueprint(blueprint)
    hub_of(app).authority = still_valid
