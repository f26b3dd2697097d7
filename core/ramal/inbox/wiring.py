"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.http.wiring import register_api
from ramal.inbox import event_types as event_types
from ramal.inbox.api import BLUEPRINTS


def init_app(app: Flask) -> None:
    """Register the event types (at import) and the JSON routes."""
    for blueprint in BLUEPRINTS:
        register_api(app, blueprint)
