"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.accounts import authentication, idempotency, identity, tokens
from ramal.accounts.api import BLUEPRINTS
from ramal.accounts.permissions import core_permissions
from ramal.http.locale import look_up_languages
from ramal.http.wiring import register_api
from ramal.plugins.contribute import take
from ramal.plugins.manifest import PermissionSpec
from ramal.plugins.registry import PluginRecord


def init_app(app: Flask) -> None:
    """Register this area's parts: who calls comes first, then what was already answered."""
    app.extensions["ramal.permissions"] = core_permissions()
    take(app, "permissions", _take_permissions)
    look_up_languages(app, identity.language_of)
    tokens.init_app(app)
    authentication.init_app(app)
    idempotency.init_app(app)
    for blueprint in BLUEPRINTS:
        register_api(app, blueprint)


def _take_permissions(app: Flask, _record: PluginRecord, permissions: tuple[PermissionSpec, ...]) -> None:
    for permission in permissions:
        app.extensions["ramal.permissions"].add(permission.name, permission.title, permission.roles)
