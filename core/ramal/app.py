"""The application factory: wiring only."""

from __future__ import annotations

from flask import Flask

from ramal.accounts import wiring as accounts
from ramal.channels import wiring as channels
from ramal.config import Settings, load_settings
from ramal.contacts import wiring as contacts
from ramal.database import migrate
from ramal.database.session import db
from ramal.events import wiring as events
from ramal.http import wiring as http
from ramal.http.application import Application
from ramal.inbox import wiring as inbox
from ramal.notifications import wiring as notifications
from ramal.pipeline import wiring as pipeline
from ramal.plugins import wiring as plugins
from ramal.plugins.migrations import find_target
from ramal.storage import wiring as storage
from ramal.web import wiring as web

#: Lowest first: each may rely on the ones before it. Plugins come last, on a finished house.
AREAS = (http, events, storage, accounts, contacts, channels, inbox, pipeline, notifications, web, plugins)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application. ``settings`` default to the environment's."""
    settings = settings or load_settings()
    app = Application("ramal", root_path=web.ROOT_PATH)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_BINDS={"system": {"url": settings.database_system_url, "pool_size": 5, "pool_pre_ping": True}},
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 10, "max_overflow": 20, "pool_pre_ping": True},
        MAX_CONTENT_LENGTH=settings.max_body,
    )
    app.extensions["ramal.settings"] = settings
    db.init_app(app)
    migrate.init_app(app, find_target)
    for area in AREAS:
        area.init_app(app)
    return app
