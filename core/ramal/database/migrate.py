"""Running migrations: the core's, then each plugin's, each with a version table of its own."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from ramal.database import rls

#: Taken for the length of an upgrade, so that two machines don't migrate at once.
LOCK = 7_264_100_001


def alembic_config(connection: Connection, plugin: str | None, versions: Path) -> Config:
    """An Alembic configuration for the core (``plugin=None``) or one plugin."""
    package = importlib.import_module("ramal.migrations")
    config = Config()
    config.set_main_option("script_location", str(Path(package.__path__[0])))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["plugin"] = plugin
    return config


def core_versions() -> Path:
    """The folder of the core's revisions."""
    return Path(importlib.import_module("ramal.migrations").__path__[0]) / "versions"


def upgrade_core(owner_url: str) -> None:
    """Bring the core's schema to the newest revision and secure its tables."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        upgrade_schema(connection, None, core_versions())
    engine.dispose()


def upgrade_schema(connection: Connection, plugin: str | None, versions: Path) -> None:
    """Upgrade one schema under the lock, then apply grants and row-level security; commits.

    A plugin's schema, its migrations and its policies are one transaction: what fails leaves nothing.
    """
    schema = "public" if plugin is None else f"plugin_{plugin}"
    with locked(connection):
        if plugin is not None:
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        command.upgrade(alembic_config(connection, plugin, versions), "head")
        rls.apply(connection, schema)
        connection.commit()


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
