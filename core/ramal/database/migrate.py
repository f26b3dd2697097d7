"""Migrations through Flask-Migrate: one environment (``migrations/env.py``) for the core and for every plugin.

``flask db …``, ``ramal db …``, ``ramal plugins …`` and the tests take their configuration from :data:`migrate`
and run through that environment, which does the same for all of them: the owner role, the lock, a version
table in the schema itself, and grants and row-level security in the transaction of the revisions.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import Flask, current_app
from flask_migrate import Migrate
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from ramal.config import Settings, current_settings
from ramal.database import rls
from ramal.database.session import db
from ramal.errors import RamalError

#: Taken for the length of an upgrade, so that two machines don't migrate at once.
LOCK = 7_264_100_001
_FOLDER = Path(importlib.import_module("ramal.migrations").__path__[0])

#: One for all applications; the factory initialises it.
migrate = Migrate(directory=str(_FOLDER), compare_type=True, render_as_batch=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One line of revisions: the core's, or that of a plugin in its own schema."""

    versions: Path
    plugin: str | None = None
    #: Asked before revisions move; CommandError refuses. Both run in the transaction of the move.
    permit: Callable[[Connection], None] | None = None
    #: Told afterwards which revisions the schema is at.
    note: Callable[[Connection, tuple[str, ...]], None] | None = None

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return "public" if self.plugin is None else f"plugin_{self.plugin}"

    def before(self, connection: Connection) -> None:
        """Make sure that its revisions may move, and that there is a schema for them."""
        if self.permit is not None:
            self.permit(connection)
        if self.plugin is not None:
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"')

    def after(self, connection: Connection, revisions: tuple[str, ...]) -> None:
        """Secure the tables as they are now."""
        rls.apply(connection, self.schema)
        if self.note is not None:
            self.note(connection, revisions)


#: A plugin's name → its target. RamalError says why there is none.
FindTarget = Callable[[str], Target]


def init_app(app: Flask, find_target: FindTarget | None = None) -> None:
    """Give an application ``flask db``; ``find_target`` serves ``-x plugin=<name>``."""
    migrate.init_app(app, db)
    if find_target is not None:
        app.extensions["ramal.migration_targets"] = find_target


def migrations_app(settings: Settings, find_target: FindTarget) -> Flask:
    """An application that knows migrations only, for commands that must work while a plugin can't boot."""
    app = Flask("ramal")
    app.extensions["ramal.settings"] = settings
    init_app(app, find_target)
    return app


def core() -> Target:
    """The core's own revisions."""
    return Target(core_versions())


def core_versions() -> Path:
    """The folder of the core's revisions."""
    return _FOLDER / "versions"


def upgrade_core(owner_url: str) -> None:
    """Bring the core's schema to the newest revision and secure its tables."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        upgrade_target(connection, core())
    engine.dispose()


def upgrade_target(connection: Connection, target: Target) -> None:
    """Bring one schema to its newest revision. All of it is one transaction: what fails leaves nothing."""
    with configured(connection, target) as config:
        command.upgrade(config, "head")


@contextlib.contextmanager
def configured(connection: Connection, target: Target, *options: str) -> Iterator[Config]:
    """The configuration of an Alembic command on ``target`` through an open connection.

    ``options`` are those of the command line that the environment looks at ("autogenerate").
    """
    with _bare_app().app_context():
        config = cast("Config", migrate.get_config(opts=options))
        _aim(config, target)
        config.attributes["connection"] = connection
        yield config


@contextlib.contextmanager
def connected(config: Config, *, moves: bool) -> Iterator[Connection]:
    """The connection of a command: the one it was given, or one as the owner; locked if revisions will move."""
    given: Connection | None = config.attributes.get("connection")
    with contextlib.ExitStack() as stack:
        connection = given if given is not None else stack.enter_context(_owner())
        if moves:
            stack.enter_context(locked(connection))
        yield connection


@contextlib.contextmanager
def locked(connection: Connection) -> Iterator[None]:
    """Hold the lock of migrations; what is not committed at the end is rolled back. May be nested."""
    connection.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK})
        connection.commit()


@migrate.configure  # type: ignore[arg-type]  # the stubs' Config is Alembic's, but does not say so
def _configure(config: Config) -> Config:
    """Point a command at the core or, with ``-x plugin=<name>``, at that plugin."""
    config.set_main_option("path_separator", "newline")
    # The environment numbers every revision, not only those made by comparing.
    config.set_main_option("revision_environment", "true")
    arguments: list[str] = config.cmd_opts.x if config.cmd_opts else []
    _aim(config, _asked_for(arguments) if arguments else core())
    return config


def _asked_for(arguments: list[str]) -> Target:
    key, _equals, plugin = arguments[-1].partition("=")
    if key != "plugin" or not plugin:
        raise CommandError("-x takes plugin=<name>")
    find_target: FindTarget = current_app.extensions["ramal.migration_targets"]
    try:
        return find_target(plugin)
    except RamalError as error:
        raise CommandError(error.message) from None


def _aim(config: Config, target: Target) -> None:
    config.attributes["target"] = target
    config.set_main_option("version_locations", str(target.versions))


@contextlib.contextmanager
def _owner() -> Iterator[Connection]:
    url = current_settings().database_owner_url
    if not url:
        raise CommandError("RAMAL_DATABASE_OWNER_URL is not set: this needs the role that owns the tables")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@functools.cache
def _bare_app() -> Flask:
    app = Flask("ramal")
    init_app(app)
    return app
