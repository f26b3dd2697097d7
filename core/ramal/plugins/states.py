"""What the database knows about plugins: which are installed, and the state each had at the last boot."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ramal.database.session import system_transaction
from ramal.plugins.loading import attempt, block_dependents, code_revision
from ramal.plugins.manifest import is_plugin_name
from ramal.plugins.models import InstalledPlugin
from ramal.plugins.registry import FAILED, PluginRecord, Registry, State

log = structlog.get_logger("ramal.plugins")

#: How the error of a failed migration begins; it is shown until an upgrade succeeds.
FAILED_MIGRATION = "migration failed: "
#: States of a required plugin that also keep what requires it from running.
_NOT_RUNNING: frozenset[State] = FAILED | {"available", "pending_upgrade"}


def read_states(registry: Registry) -> None:
    """Settle which sound plugins are ``installed``, ``pending_upgrade`` or only ``available``.

    With the database away all sound ones are taken for installed (a restart in the wrong order must
    not answer 404 to webhooks), and ``registry.unverified`` makes the gate ask again.
    """
    try:
        with system_transaction() as session:
            rows = {row.name: row for row in session.scalars(select(InstalledPlugin))}
    except SQLAlchemyError as error:
        log.warning("plugin states unknown: the database can't be reached", error=str(error))
        registry.unverified = True
        for record in registry.records.values():
            if record.state == "available":
                record.state = "installed"
        return
    registry.unverified = False
    judge(registry, rows)


def judge(registry: Registry, rows: Mapping[str, InstalledPlugin]) -> None:
    """Apply what ``installed_plugin`` says to the records, and add those whose code is gone as ``missing``."""
    for name, row in rows.items():
        record = registry.records.get(name)
        if record is None:
            if row.installed_version is not None:
                registry.records[name] = _missing(row, registry.allowed)
            continue
        record.kept_title = row.title
        record.installed_version = row.installed_version
    for record in registry.records.values():
        if record.state in ("available", "installed"):
            attempt(record, "migrations", lambda record=record: _compare(record, rows.get(record.name)))  # type: ignore[misc]
    block_dependents(registry, _NOT_RUNNING)


def _missing(row: InstalledPlugin, allowed: tuple[str, ...] | None) -> PluginRecord:
    record = PluginRecord(row.name, kept_title=row.title, installed_version=row.installed_version)
    left_out = allowed is not None and row.name not in allowed
    reason = "RAMAL_PLUGINS leaves it out" if left_out else "its distribution is gone"
    record.fail("missing", f"version {row.installed_version} is installed, but {reason}")
    return record


def _compare(record: PluginRecord, row: InstalledPlugin | None) -> None:
    if row is not None and _migration_failed(row, record):
        record.fail("broken", row.error or "")
    elif row is None or row.installed_version is None:
        record.state, record.error = "available", None
    elif (row.installed_version, row.revision) != (record.version, code_revision(record)):
        there, stands = (
            (f"version {record.version}", row.installed_version)
            if row.installed_version != record.version
            else (f"revision {code_revision(record)}", row.revision)
        )
        record.fail("pending_upgrade", f"{there} is there, the database has {stands}: run `ramal plugins upgrade`")
    else:
        record.state, record.error = "installed", None


def _migration_failed(row: InstalledPlugin, record: PluginRecord) -> bool:
    """Whether the last upgrade to this very version failed."""
    return row.state == "broken" and row.version == record.version and (row.error or "").startswith(FAILED_MIGRATION)


def save_states(registry: Registry) -> None:
    """Keep each state with its error for the Apps page. A database that is away is no reason not to boot."""
    try:
        with system_transaction() as session:
            rows = {row.name: row for row in session.scalars(select(InstalledPlugin))}
            for record in registry.records.values():
                if not is_plugin_name(record.name):
                    continue
                row = rows.get(record.name)
                if row is None:
                    row = InstalledPlugin(name=record.name)
                    session.add(row)
                _update(row, record)
    except SQLAlchemyError as error:
        log.warning("plugin states not kept: the database can't be reached", error=str(error))


def _update(row: InstalledPlugin, record: PluginRecord) -> None:
    """Copy the record to its row; SQLAlchemy writes nothing where nothing changed."""
    row.title = str(record.manifest.title)[:120]
    row.version = record.version and record.version[:40]
    row.state = record.state
    row.error = record.error
