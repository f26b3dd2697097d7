"""The Apps page's use cases: what there is, switching it, changing settings; each change leaves an audit line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ramal.accounts.audit import audit
from ramal.database.session import db, transaction
from ramal.plugins import services as plugins
from ramal.plugins.manifest import CATEGORIES
from ramal.plugins.models import OrganizationPlugin
from ramal.plugins.registry import PluginRecord, registry
from ramal.plugins.settings import find_row, schema_of, shown_settings, stored_settings
from ramal.plugins.settings_form import FormField, settings_form


@dataclass(frozen=True, slots=True)
class App:
    """A plugin as an organization's administrator sees it."""

    name: str
    title: str
    summary: str
    category: str
    icon: str
    version: str | None
    installed_version: str | None
    state: str
    error: str | None
    enabled: bool
    suspended_at: datetime | None
    suspended_reason: str | None
    #: (name, title) of what it requires, and of the enabled plugins that require it.
    requires: tuple[tuple[str, str], ...]
    needed_by: tuple[tuple[str, str], ...]
    has_settings: bool

    @property
    def can_switch(self) -> bool:
        """Whether the switch does anything now."""
        return self.state == "installed" and not (self.enabled and self.needed_by)


@dataclass(frozen=True, slots=True)
class AppSettings:
    """Settings as they may be shown: values, which secrets are stored, and the fields of a form."""

    values: Mapping[str, Any]
    secrets: Mapping[str, bool]
    fields: Sequence[FormField]


def list_apps() -> list[App]:
    """Every plugin this installation knows, by category, then title."""
    rows = {row.plugin: row for row in db.session.scalars(select(OrganizationPlugin))}
    on = plugins.gate_state()
    apps = [_app(record, rows.get(record.name), on) for record in registry().records.values()]
    return sorted(apps, key=lambda app: (CATEGORIES.index(app.category), app.title.casefold()))


def get_app(name: str) -> App:
    """One plugin; NotFound if this installation never heard of it."""
    return _app(plugins.find_plugin(name), find_row(name), plugins.gate_state())


def enable(name: str) -> App:
    """Switch a plugin on, with all it requires. Conflict with the reason if it can't be."""
    with transaction():
        for switched in plugins.enable_plugin(name):
            _audit("plugin.enabled", switched)
    return get_app(name)


def disable(name: str) -> App:
    """Switch it off. Conflict while an enabled plugin needs it."""
    with transaction():
        if plugins.disable_plugin(name):
            _audit("plugin.disabled", name)
    return get_app(name)


def resume(name: str) -> App:
    """Take back a suspension."""
    with transaction():
        if plugins.resume_plugin(name):
            _audit("plugin.resumed", name)
    return get_app(name)


def app_settings(
    name: str, given: Mapping[str, Any] | None = None, errors: Mapping[str, Sequence[str]] | None = None
) -> AppSettings:
    """The settings as they are, or, for a form that comes back, as they were ``given`` with their errors."""
    plugins.find_plugin(name)
    schema = schema_of(name)
    stored = stored_settings(find_row(name), name)
    values, secrets = shown_settings(schema, stored)
    fields = settings_form(schema, values if given is None else given, secrets=stored, errors=errors)
    return AppSettings(values, secrets, fields)


def save_settings(name: str, given: Mapping[str, Any]) -> AppSettings:
    """Check and keep the settings. InvalidPayload by field."""
    with transaction():
        changed = plugins.save_settings(name, given)
        if changed:
            _audit("plugin.settings_changed", name, after={"fields": changed})
    return app_settings(name)


def _audit(action: str, name: str, after: Mapping[str, Any] | None = None) -> None:
    title = str(plugins.find_plugin(name).manifest.title)
    audit(action, target=("plugin", name, title), after=after)


def _app(record: PluginRecord, row: OrganizationPlugin | None, on: frozenset[str]) -> App:
    manifest = record.manifest
    return App(
        name=record.name,
        title=str(manifest.title),
        summary=str(manifest.summary),
        category=manifest.category,
        icon=str(manifest.icon),
        version=record.version,
        installed_version=record.installed_version,
        state=record.state,
        error=record.error,
        enabled=record.name in on and record.state == "installed",
        suspended_at=row.suspended_at if row else None,
        suspended_reason=row.suspended_reason if row else None,
        requires=tuple((name, _title(name)) for name in record.requires),
        needed_by=tuple(
            (other.name, str(other.manifest.title))
            for other in registry().installed()
            if record.name in other.requires and other.name in on
        ),
        has_settings=manifest.settings_schema is not None,
    )


def _title(name: str) -> str:
    record = registry().records.get(name)
    return str(record.manifest.title) if record else name
