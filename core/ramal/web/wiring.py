"""What this area adds to the application."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from ramal.database.crypto import derive_key
from ramal.web import assets, shell
from ramal.web.apps import wiring as apps
from ramal.web.dead_letters import wiring as dead_letters
from ramal.web.inbox import pages as inbox_pages
from ramal.web.notifications import pages as notification_pages
from ramal.web.session import pages as session_pages
from ramal.web.settings import pages as settings_pages
from ramal.web.socket import wiring as socket
from ramal.web.unprocessed.views import pages as unprocessed_pages

#: Templates and static files of the shell live beside this module.
ROOT_PATH = str(Path(__file__).parent)

BLUEPRINTS = (session_pages, inbox_pages, notification_pages, settings_pages, unprocessed_pages)


def init_app(app: Flask) -> None:
    """Register this area's parts."""
    _sign_flashes(app)
    assets.init_app(app)
    shell.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    apps.init_app(app)
    dead_letters.init_app(app)
    socket.init_app(app)


def _sign_flashes(app: Flask) -> None:
    """Flask's session carries nothing but the sentence a page shows after a form was saved."""
    settings = app.extensions["ramal.settings"]
    keys = [derive_key(secret, "session") for secret in settings.secret_keys]
    app.config.update(
        SECRET_KEY=keys[0] if keys else None,
        SECRET_KEY_FALLBACKS=keys[1:],
        SESSION_COOKIE_NAME="ramal_notice",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
    )
