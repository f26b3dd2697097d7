"""Install, upgrade and uninstall: what changes a plugin's schema. Runs as the owner role, without an application.

Each plugin has its own schema and its own version table in it. One advisory lock holds for the
whole of an operation; each plugin's migrations, grants and policies are one transaction.
Every function answers with lines for the operator. A restart makes running processes see it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, delete, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from ramal.config import Settings, load_settings
from ramal.database.migrate import configured, core, locked, upgrade_target
from ramal.errors import PluginError
from ramal.plugins.loading import code_revision, load_plugins, migrations_folder, sentence
from ramal.plugins.manifest import is_plugin_name
from ramal.plugins.migrations import TABLE, note, note_installed, sound_record, target_of
from ramal.plugins.models import InstalledPlugin
from ramal.plugins.purge import purge_schema
from ramal.plugins.registry import FAILED, PluginRecord, Registry
from ramal.plugins.states import FAILED_MIGRATION, judge

if TYPE_CHECKING:
    from ramal.storage.backend import Storage

log = structlog.get_logger("ramal.plugins")


def upgrade_all(owner_url: str, settings: Settings | None = None, *, install_found: bool = True) -> Iterator[str]:
    """Upgrade the core, then the plugins in order; with ``install_found`` also install those never installed.

    A plugin whose migration fails is left at its old state with the error kept; the others go on,
    except those that require it.
    """
    with _owner(owner_url) as connection, locked(connection):
        upgrade_target(connection, core())
        yield "core: up to date"
        registry = load_plugins(settings or load_settings())
        versions = installed_versions(connection)
        failed: set[str] = set()
        for record in registry.records.values():
            if record.state in FAILED:
                yield f"{record.name}: {record.state} ({record.error})"
            elif not install_found and record.name not in versions:
                yield f"{record.name}: {record.version} is available: `ramal plugins install {record.name}` installs it"
            elif not failed & set(record.requires):
                line, went_well = _migrate_or_note(connection, record)
                yield line
                failed |= set() if went_well else {record.name}


def install(owner_url: str, name: str, settings: Settings | None = None, *, dry_run: bool = False) -> Iterator[str]:
    """Install one plugin and what it requires, in order. PluginError with the reason if it can't be."""
    registry = load_plugins(settings or load_settings())
    wanted = _with_required(registry, name)
    with _owner(owner_url) as connection, locked(connection):
        for record in wanted:
            if dry_run:
                yield from _planned(connection, record)
            else:
                yield _migrate(connection, record)


def upgrade(owner_url: str, settings: Settings | None = None, *, dry_run: bool = False) -> Iterator[str]:
    """Upgrade the core and all installed plugins."""
    if not dry_run:
        yield from upgrade_all(owner_url, settings, install_found=False)
        return
    registry = load_plugins(settings or load_settings())
    with _owner(owner_url) as connection:
        versions = installed_versions(connection)
        for record in registry.records.values():
            if record.name in versions and record.state not in FAILED:
                yield from _planned(connection, record)


def uninstall(
    owner_url: str,
    name: str,
    settings: Settings | None = None,
    *,
    purge: Storage | None = None,
    dump_folder: Path | None = None,
    dry_run: bool = False,
) -> Iterator[str]:
    """Take a plugin out. Its data stays; with ``purge``, the store that holds its files, it is dumped, then removed.

    PluginError while an installed plugin requires it, or another schema points into its own.
    """
    settings = settings or load_settings()
    with _owner(owner_url) as connection, locked(connection):
        known = connection.execute(select(TABLE.c.name).where(TABLE.c.name == name)).scalar()
        if not known or not is_plugin_name(name):
            raise PluginError(f"there is no plugin {name} in this installation")
        _refuse_needed(load_plugins(settings), name, set(installed_versions(connection)))
        files: list[str] = []
        if purge:
            folder = dump_folder or settings.data_dir / "purged"
            files = yield from purge_schema(connection, name, folder, purge, dry_run=dry_run)
        if not dry_run:
            _forget(connection, name, purge is not None)
            connection.commit()
        if purge and not dry_run:
            for key in files:
                purge.delete(key)
        done = "would be " if dry_run else ""
        yield f"{name}: {done}{'removed with its data' if purge else 'uninstalled; its data stays'}"


def installed_versions(connection: Connection) -> dict[str, str]:
    """Name → the version whose migrations ran last."""
    rows = connection.execute(select(TABLE.c.name, TABLE.c.installed_version))
    found = {name: version for name, version in rows if version is not None}
    connection.commit()
    return found


def revise(owner_url: str, name: str, message: str, settings: Settings | None = None) -> Iterator[str]:
    """Write the revision that brings the plugin's tables to what its models say; upgrades it first."""
    record = sound_record(load_plugins(settings or load_settings()), name)
    yield from install(owner_url, name, settings)
    with _owner(owner_url) as connection, configured(connection, target_of(record), "autogenerate") as config:
        made = command.revision(config, message, autogenerate=True)
        written = [script.path for script in (made if isinstance(made, list) else [made]) if script]
        yield f"{name}: wrote {', '.join(written)}" if written else f"{name}: nothing to write"


def known_plugins(settings: Settings) -> list[PluginRecord]:
    """Every plugin with its state, as far as the database can be asked (as the owner)."""
    registry = load_plugins(settings)
    if settings.database_owner_url:
        with _owner(settings.database_owner_url) as connection:
            there = connection.execute(text("select to_regclass('installed_plugin')")).scalar()
            rows = Session(connection).scalars(select(InstalledPlugin)).all() if there else ()
            judge(registry, {row.name: row for row in rows})
    return list(registry.records.values())


@contextlib.contextmanager
def _owner(owner_url: str) -> Iterator[Connection]:
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _with_required(registry: Registry, name: str) -> list[PluginRecord]:
    names, pending = set(), [sound_record(registry, name).name]
    while pending:
        names.add(current := pending.pop())
        pending.extend(set(registry.records[current].requires) - names)
    return [other for other in registry.records.values() if other.name in names]


def _refuse_needed(registry: Registry, name: str, installed: set[str]) -> None:
    needing = [other.name for other in registry.records.values() if other.name in installed and name in other.requires]
    if needing:
        raise PluginError(f"{name} is required by {', '.join(needing)}: uninstall that first")


def _migrate(connection: Connection, record: PluginRecord) -> str:
    """Bring one plugin's schema to its newest revision, and remember which version did it."""
    if migrations_folder(record) is not None:
        upgrade_target(connection, target_of(record))
        return f"{record.name}: {record.version} (revision {code_revision(record)})"
    note_installed(connection, record, revision=None)
    connection.commit()
    return f"{record.name}: {record.version}"


def _migrate_or_note(connection: Connection, record: PluginRecord) -> tuple[str, bool]:
    try:
        return _migrate(connection, record), True
    except Exception as error:  # a migration may raise anything
        log.exception("migration failed", plugin=record.name)
        connection.rollback()
        reason = FAILED_MIGRATION + sentence(error)
        note(connection, record, state="broken", error=reason)
        connection.commit()
        return f"{record.name}: {reason}", False


def _planned(connection: Connection, record: PluginRecord) -> Iterator[str]:
    """The revisions that would run."""
    folder = migrations_folder(record)
    if folder is None:
        yield f"{record.name}: {record.version} (no tables)"
        return
    schema = record.manifest.schema
    there = connection.execute(text("select to_regclass(:name)"), {"name": f"{schema}.alembic_version"}).scalar()
    query = f'select version_num from "{schema}".alembic_version'  # noqa: S608 (a checked name)
    heads = list(connection.exec_driver_sql(query).scalars()) if there else []
    connection.commit()
    scripts = ScriptDirectory(str(folder.parent), version_locations=[str(folder)])
    steps = [
        step.revision
        for step in scripts.iterate_revisions("heads", tuple(heads) or "base")
        if step.revision not in heads
    ]
    yield f"{record.name}: {record.version}, would run {', '.join(reversed(steps)) or 'nothing'}"


def _forget(connection: Connection, name: str, purge: bool) -> None:
    if purge:
        connection.execute(delete(TABLE).where(TABLE.c.name == name))
    else:
        values = {"installed_version": None, "revision": None, "state": "available", "error": None}
        connection.execute(TABLE.update().where(TABLE.c.name == name).values(**values))
