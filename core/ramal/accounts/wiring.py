"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.accounts import authentication, idempotency
from ramal.accounts.api import BLUEPRINTS
from ramal.accounts.permissions import core_permissions
from ramal.http.wiring import register_api


def init_app(app: Flask) -> None:
    """Register this area's parts: who calls comes first, then what was already answered."""
    app.extensions["ramal.permissions"] = core_permissions()
    authentication.init_app(app)
    idempotency.init_app(app)
    for blueprint in BLUEPRINTS:
        register_api(app, blueprint)
