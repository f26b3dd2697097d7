"""Use cases of one organization's plugins: enable, disable, suspend, resume, change settings."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import select

from ramal.database.base import utcnow
from ramal.database.session import after_commit, current_organization_id, db, system_transaction, transaction
from ramal.errors import Conflict, NotFound
from ramal.i18n import gettext as _
from ramal.plugins import gate
from ramal.plugins.failures import forget_failures
from ramal.plugins.models import OrganizationPlugin
from ramal.plugins.registry import PluginRecord, registered, registry
from ramal.plugins.settings import check_settings, find_row, keep_settings, schema_of, stored_settings

log = structlog.get_logger("ramal.plugins")

#: Told (organization, plugin, reason) after a suspension: areas above tell the admins and the audit trail.
suspension_listeners: list[Callable[[uuid.UUID, str, str], None]] = []


def find_plugin(name: str) -> PluginRecord:
    """A plugin in whatever state; NotFound if this installation never heard of it."""
    record = registry().records.get(name)
    if record is None:
        raise NotFound(_("There is no plugin %(name)s.", name=name))
    return record


def enable_plugin(name: str) -> list[str]:
    """Switch it on in the current organization, with all it requires; the names that were off before.

    Conflict if it is not installed, with the reason that its state gives.
    """
    wanted = required_by(_usable(name))
    with transaction():
        active = gate_state()
        switched = [record.name for record in wanted if record.name not in active]
        for changed in switched:
            _own_row(changed).enabled = True
        _changed()
    return switched


def disable_plugin(name: str) -> bool:
    """Switch it off, keeping its data; False if it was off. Conflict while an enabled plugin needs it."""
    find_plugin(name)
    with transaction():
        active = gate_state()
        needing = [
            str(record.manifest.title) for record in registered() if record.name in active and name in record.requires
        ]
        if needing:
            raise Conflict(_("Needed by: %(names)s. Disable that first.", names=", ".join(needing)))
        row = _own_row(name)
        row.enabled = False
        _changed()
    return name in active


def resume_plugin(name: str) -> bool:
    """Take back a suspension; False if there was none."""
    find_plugin(name)
    with transaction():
        row = find_row(name)
        if row is None or row.suspended_at is None:
            return False
        row.suspended_at = row.suspended_reason = None
        _changed()
    forget_failures(current_organization_id(), name)
    return True


def suspend_plugin(organization_id: uuid.UUID, name: str, reason: str) -> None:
    """Stop a plugin that fails too often, until an admin resumes it. Apart from the open transaction."""
    log.error("plugin suspended", plugin=name, organization=str(organization_id), reason=reason)
    with system_transaction() as session:
        row = session.scalars(
            select(OrganizationPlugin).where(
                OrganizationPlugin.organization_id == organization_id, OrganizationPlugin.plugin == name
            )
        ).one_or_none()
        if row is None:
            row = OrganizationPlugin(organization_id=organization_id, plugin=name, enabled=True)
            session.add(row)
        if row.suspended_at is not None:
            return
        row.suspended_at = utcnow()
        row.suspended_reason = reason[:2000]
    gate.forget(organization_id)
    for listener in suspension_listeners:
        listener(organization_id, name, reason)


def save_settings(name: str, given: Mapping[str, Any]) -> list[str]:
    """Check and keep the settings; the names of those that changed. InvalidPayload by field."""
    find_plugin(name)
    schema = schema_of(name)
    with transaction():
        row = _own_row(name)
        before = stored_settings(row, name)
        after = check_settings(schema, given, before)
        keep_settings(row, schema, after)
    return sorted(key for key in {*before, *after} if before.get(key) != after.get(key))


def required_by(record: PluginRecord) -> list[PluginRecord]:
    """The plugin and all that it requires, directly or not, in order."""
    names, pending = set(), [record.name]
    while pending:
        name = pending.pop()
        names.add(name)
        pending.extend(set(registry().records[name].requires) - names)
    return [other for other in registered() if other.name in names]


def gate_state() -> frozenset[str]:
    """The plugins switched on in the current organization, suspended ones included, as this transaction sees it."""
    rows = db.session.execute(select(OrganizationPlugin.plugin, OrganizationPlugin.enabled)).all()
    said = {plugin for plugin, _enabled in rows}
    on = {plugin for plugin, enabled in rows if enabled}
    default = {record.name for record in registered() if record.manifest.default_enabled} - said
    return frozenset(on | default)


def _usable(name: str) -> PluginRecord:
    record = find_plugin(name)
    if record.state != "installed":
        raise Conflict(_("This plugin can't be enabled: %(reason)s", reason=record.error or _("it is not installed.")))
    return record


def _own_row(name: str) -> OrganizationPlugin:
    row = find_row(name)
    if row is None:
        default = any(record.name == name and record.manifest.default_enabled for record in registered())
        row = OrganizationPlugin(plugin=name, enabled=default)
        db.session.add(row)
        db.session.flush()
    return row


def _changed() -> None:
    organization_id = current_organization_id()
    after_commit(lambda: gate.forget(organization_id))
