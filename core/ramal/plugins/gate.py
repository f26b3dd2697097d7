"""One predicate for "may this plugin act here?": hooks, URLs, slots, menu, jobs and webhooks all ask it."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import select

from ramal.database.session import system_transaction
from ramal.errors import NotFound
from ramal.i18n import gettext as _
from ramal.plugins.models import OrganizationPlugin
from ramal.plugins.registry import registry

#: Seconds for which a process may not know of a change that another process made.
TTL = 1.0


@dataclass
class GateCache:
    """What this process knows; lives in ``app.extensions``. Key None: active in any organization."""

    known: dict[uuid.UUID | None, tuple[float, frozenset[str]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def plugin_active(organization_id: uuid.UUID, name: str) -> bool:
    """Whether the plugin runs in this process and the organization has it enabled and not suspended."""
    return name in active_plugins(organization_id)


def active_anywhere(name: str) -> bool:
    """Whether at least one organization has it active: for what is asked before an organization is known."""
    return name in _active(None)


def active_plugins(organization_id: uuid.UUID) -> frozenset[str]:
    """The names of all plugins active in the organization; at most a second old."""
    return _active(organization_id)


def demand_active(organization_id: uuid.UUID, name: str) -> None:
    """NotFound unless the plugin is active there: to its users it does not exist."""
    if not plugin_active(organization_id, name):
        raise NotFound(_("There is nothing here."))


def forget(organization_id: uuid.UUID | None = None) -> None:
    """Ask the database again at the next question (of one organization, or of all)."""
    known = _cache().known
    if organization_id is None:
        known.clear()
    else:
        known.pop(organization_id, None)
        known.pop(None, None)


def _cache() -> GateCache:
    found = current_app.extensions["ramal.gate"]
    assert isinstance(found, GateCache)
    return found


def _active(key: uuid.UUID | None) -> frozenset[str]:
    entry = _cache().known.get(key)
    now = time.monotonic()
    if entry is not None and entry[0] > now:
        return entry[1]
    names = _read(key)
    _cache().known[key] = (now + TTL, names)
    return names


def _read(organization_id: uuid.UUID | None) -> frozenset[str]:
    loaded = registry()
    if not loaded.records:
        return frozenset()
    if loaded.unverified:
        _verify()
    query = select(OrganizationPlugin.plugin, OrganizationPlugin.enabled, OrganizationPlugin.suspended_at)
    if organization_id is not None:
        query = query.where(OrganizationPlugin.organization_id == organization_id)
    with system_transaction() as session:
        rows = session.execute(query).all()
    said = {plugin for plugin, _enabled, _suspended in rows} if organization_id is not None else set()
    on = {plugin for plugin, enabled, suspended in rows if enabled and suspended is None}
    default = {record.name for record in loaded.installed() if record.manifest.default_enabled} - said
    return frozenset(on | default) & {record.name for record in loaded.installed()}


def _verify() -> None:
    """The database was away at boot: now that it answers, take out what it doesn't have installed."""
    from ramal.plugins.states import read_states, save_states

    with _cache().lock:
        if registry().unverified:
            read_states(registry())
            if not registry().unverified:
                save_states(registry())
