"""Removing a plugin's data for good: dump, compare, refuse while others point into it, drop."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from ramal.errors import PluginError
from ramal.plugins.dump import count_dumped_rows, dump_schema
from ramal.plugins.purge_files import copy_files, drop_rows, note_files

if TYPE_CHECKING:
    from ramal.storage.backend import Storage

#: The core's tables whose rows belong to a plugin by their column ``plugin``.
_KEYED = ("organization_plugin", "plugin_delivery", "job")
#: Those whose rows say by this column, as "<plugin>.<name>", whose they are.
_CODED = (("notification", "code"), ("notification_preference", "code"), ("event", "type"))

_POINTING_KEYS = """
    select distinct other.nspname || '.' || source.relname
    from pg_constraint key
    join pg_class source on source.oid = key.conrelid join pg_namespace other on other.oid = source.relnamespace
    join pg_class target on target.oid = key.confrelid join pg_namespace own on own.oid = target.relnamespace
    where key.contype = 'f' and own.nspname = :schema and other.nspname <> :schema
"""
_POINTING_VIEWS = """
    select distinct other.nspname || '.' || view.relname
    from pg_depend dependency
    join pg_rewrite rule on rule.oid = dependency.objid and dependency.classid = 'pg_rewrite'::regclass
    join pg_class view on view.oid = rule.ev_class join pg_namespace other on other.oid = view.relnamespace
    join pg_class target on target.oid = dependency.refobjid and dependency.refclassid = 'pg_class'::regclass
    join pg_namespace own on own.oid = target.relnamespace
    where own.nspname = :schema and other.nspname <> :schema
"""


def purge_schema(
    connection: Connection, name: str, folder: Path, store: Storage, *, dry_run: bool = False
) -> Generator[str, None, list[str]]:
    """Dump and drop ``plugin_<name>`` and the core's rows of the plugin; the caller commits.

    Yields lines for the operator, and returns the keys in ``store`` that the caller deletes once it has committed:
    files that only the plugin's rows named. They are copied beside the dump. PluginError while another schema
    points into it, or if the dump does not hold every row.
    """
    schema = f"plugin_{name}"
    pointing = [
        found
        for query in (_POINTING_KEYS, _POINTING_VIEWS)
        for found in connection.execute(text(query), {"schema": schema}).scalars()
    ]
    if pointing:
        raise PluginError(f"{', '.join(sorted(pointing))} still points into {schema}: uninstall that first")
    tables = _tables(connection, schema)
    stem = f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    if tables:
        yield from _dump(connection, name, tables, folder / f"{stem}.sql", dry_run)
        yield from _dump_files(connection, name, folder / f"{stem}-files", store, dry_run)
    if dry_run:
        return []
    connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    _clear_core(connection, name)
    return drop_rows(connection) if tables else []


def _tables(connection: Connection, schema: str) -> list[str]:
    query = text("select tablename from pg_tables where schemaname = :schema order by tablename")
    return list(connection.execute(query, {"schema": schema}).scalars())


def _dump(connection: Connection, name: str, tables: list[str], target: Path, dry_run: bool) -> Iterator[str]:
    schema = f"plugin_{name}"
    # Nobody writes between the count, the dump and the drop; readers (pg_dump is one) may go on.
    names = ", ".join(f'"{schema}"."{table}"' for table in tables)
    connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
    counts = {table: _count(connection, schema, table) for table in tables}
    total = sum(counts.values())
    if dry_run:
        yield f"{name}: {total} rows in {len(tables)} tables would be dumped to {target.parent}"
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    how = dump_schema(connection, schema, tables, target)
    dumped = count_dumped_rows(target)
    if dumped != counts:
        raise PluginError(f"the dump {target} holds {dumped} rows, the tables {counts}: nothing was removed")
    yield f"{name}: {total} rows in {len(tables)} tables dumped by {how} to {target}"


def _dump_files(connection: Connection, name: str, folder: Path, store: Storage, dry_run: bool) -> Iterator[str]:
    found = note_files(connection, f"plugin_{name}")
    if found and dry_run:
        yield f"{name}: {found} files that only it names would be copied to {folder.parent} and deleted"
    elif found:
        yield f"{name}: {copy_files(connection, store, folder)} of {found} files copied to {folder}"


def _count(connection: Connection, schema: str, table: str) -> int:
    found = connection.exec_driver_sql(f'select count(*) from "{schema}"."{table}"').scalar_one()  # noqa: S608
    return int(found)


def _clear_core(connection: Connection, name: str) -> None:
    for table in _KEYED:
        connection.execute(text(f"delete from {table} where plugin = :name"), {"name": name})  # noqa: S608
    for table, column in _CODED:
        # What the bell and the log say of the plugin's rows would name people and lead nowhere.
        query = text(f"delete from {table} where starts_with({column}, :prefix)")  # noqa: S608
        connection.execute(query, {"prefix": f"{name}."})
    # Conversations hang from their channels: these stay as history, without secrets, switched off.
    connection.execute(
        text(
            "update channel set enabled = false, secrets = null, status = 'disconnected',"
            " deleted_at = coalesce(deleted_at, now()) where plugin = :name"
        ),
        {"name": name},
    )
