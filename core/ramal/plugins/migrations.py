"""A plugin's revisions as a target of migrations, and what ``installed_plugin`` keeps of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from alembic.util import CommandError
from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.postgresql import insert

from ramal.config import current_settings
from ramal.database.base import utcnow
from ramal.database.migrate import Target
from ramal.errors import PluginError
from ramal.plugins.loading import load_plugins, manifest_of, migrations_folder, package_folder
from ramal.plugins.models import InstalledPlugin
from ramal.plugins.registry import FAILED, PluginRecord, Registry

TABLE = cast("Table", InstalledPlugin.__table__)


def target_of(record: PluginRecord, permit: Callable[[Connection], None] | None = None) -> Target:
    """The plugin's revisions; a move is noted in ``installed_plugin``."""

    def note(connection: Connection, revisions: tuple[str, ...]) -> None:
        note_installed(connection, record, ",".join(sorted(revisions)) or None)

    return Target(migrations_folder(record) or _folder_to_be(record), record.name, permit, note)


def find_target(name: str) -> Target:
    """The target of ``flask db -x plugin=<name>``: a sound plugin, whose revisions move only once it is installed."""
    record = sound_record(load_plugins(current_settings()), name)

    def permit(connection: Connection) -> None:
        installed = select(TABLE.c.name).where(TABLE.c.name == name, TABLE.c.installed_version.is_not(None))
        if connection.execute(installed).first() is None:
            raise CommandError(f"{name} is not installed: `ramal plugins install {name}` makes its tables")

    return target_of(record, permit)


def sound_record(registry: Registry, name: str) -> PluginRecord:
    """The record of a plugin whose code can be used; PluginError with the reason if there is none."""
    record = registry.records.get(name)
    if record is None:
        raise PluginError(f"no installed distribution brings a plugin {name} (or RAMAL_PLUGINS leaves it out)")
    manifest_of(record)
    if record.state in FAILED:
        raise PluginError(f"{name} is {record.state}: {record.error}")
    return record


def note_installed(connection: Connection, record: PluginRecord, revision: str | None) -> None:
    """Keep that this version's migrations ran, and which revision they led to."""
    note(connection, record, state="installed", installed_version=record.version, revision=revision, error=None)


def note(connection: Connection, record: PluginRecord, **values: str | None) -> None:
    """Write columns of the plugin's row, which is made where there is none."""
    values |= {"title": str(record.manifest.title)[:120], "version": record.version}
    row = insert(TABLE).values(name=record.name, updated_at=utcnow(), **values)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={**values, "updated_at": utcnow()}))


def _folder_to_be(record: PluginRecord) -> Path:
    package = package_folder(record)
    if package is None:
        raise PluginError(f"the package {record.package} can't be found on disk")
    return package / "migrations"
