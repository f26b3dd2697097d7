"""An application on real PostgreSQL and Redis, with plugins that tests write on the spot."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from ramal import hookspecs
from ramal.app import create_app
from ramal.config import Settings
from ramal.database.provision import RoleUrls
from ramal.database.session import db, system_transaction, transaction, use_organization
from ramal.events.services import emit_event
from ramal.plugins.gate import GateCache
from ramal.plugins.registry import PluginRecord, Registry
from ramal.testing.fixtures import empty_database_and_redis

SECRET = "a secret for the tests of events"


@pytest.fixture
def settings(postgres_urls: RoleUrls, redis_url: str) -> Settings:
    return Settings(
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=(SECRET,),
        plugins=(),
        hook_time_limit=0.5,
    )


@pytest.fixture
def app(settings: Settings, owner_engine: Engine) -> Iterator[Flask]:
    """The application, on empty tables and an empty Redis."""
    app = create_app(settings)
    empty_database_and_redis(owner_engine, app)
    install(app, {})
    _until_merged(app)
    with app.app_context():
        yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _until_merged(app: Flask) -> None:
    """What other areas' wiring will do."""
    if "babel" not in app.extensions:
        from flask_babel import Babel

        Babel(app)


def install(app: Flask, plugins: dict[str, object]) -> None:
    """Make these objects the plugins of the process."""
    registry = Registry(PluginRecord(name, state="installed") for name in plugins)
    registry.manager.add_hookspecs(hookspecs)
    for name, plugin in plugins.items():
        registry.manager.register(plugin, name)
    registry.freeze()
    app.extensions["ramal.plugins"] = registry
    app.extensions["ramal.gate"] = GateCache()


@pytest.fixture
def organization(app: Flask) -> uuid.UUID:
    return make_organization("Padaria Aurora")


def make_organization(name: str) -> uuid.UUID:
    id_ = uuid.uuid4()
    with system_transaction() as session:
        session.execute(
            text("insert into organization (id, name, slug) values (:id, :name, :slug)"),
            {"id": id_, "name": name, "slug": id_.hex},
        )
    return id_


@pytest.fixture
def plug(app: Flask, organization: uuid.UUID) -> Callable[..., None]:
    """``plug(crm=object)``: install these plugins and enable them in the organization."""

    def install_and_enable(**plugins: object) -> None:
        install(app, plugins)
        enable(organization, *plugins)

    return install_and_enable


def enable(organization_id: uuid.UUID, *names: str) -> None:
    with system_transaction() as session:
        for name in names:
            session.execute(
                text(
                    "insert into organization_plugin (id, organization_id, plugin, enabled, settings, updated_at)"
                    " values (:id, :organization, :plugin, true, '{}', now())"
                ),
                {"id": uuid.uuid4(), "organization": organization_id, "plugin": name},
            )


@pytest.fixture
def emit(app: Flask, organization: uuid.UUID) -> Callable[..., uuid.UUID]:
    """Write a ``test.happened`` event with a number, in its own transaction."""

    def write(number: int, conversation_id: uuid.UUID | None = None, *, bucket: int | None = None) -> uuid.UUID:
        with app.app_context():
            use_organization(organization)
            if bucket is None:
                bucket = 0 if conversation_id is None else conversation_id.int % 64
            with transaction():
                event = emit_event(
                    "test.happened",
                    {"number": number, "conversation": str(conversation_id)},
                    conversation_id=conversation_id,
                    bucket=bucket,
                )
            return event.id

    return write


def rows(query: str, **parameters: Any) -> list[Any]:
    """What the system role sees."""
    with system_transaction() as session:
        return list(session.execute(text(query), parameters).all())


def owner_rows(urls: RoleUrls, query: str, **parameters: Any) -> list[Any]:
    """What the owner sees: every table."""
    engine = create_engine(urls.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        found = connection.execute(text(query), parameters)
        result = list(found.all()) if found.returns_rows else []
    engine.dispose()
    return result
