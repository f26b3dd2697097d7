"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.config import Settings
from ramal.events.connection import make_link
from ramal.events.hub import Hub
from ramal.events.notices import tell_suspension
from ramal.events.types import take_event_types
from ramal.plugins.contribute import take
from ramal.plugins.services import suspension_listeners


def init_app(app: Flask) -> None:
    """Register this area's parts."""
    settings = app.extensions["ramal.settings"]
    assert isinstance(settings, Settings)
    app.extensions["ramal.redis"] = make_link(settings)
    app.extensions["ramal.hub"] = Hub(app)
    take(app, "register_event_types", take_event_types)
    if tell_suspension not in suspension_listeners:
        suspension_listeners.append(tell_suspension)
