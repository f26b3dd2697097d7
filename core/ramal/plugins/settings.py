"""A plugin's settings in one organization: checked by its schema, secrets encrypted, never echoed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError
from sqlalchemy import select

from ramal.database.crypto import decrypt, encrypt
from ramal.database.session import current_organization_id, db
from ramal.errors import InvalidPayload, NotFound
from ramal.http.validation import translated
from ramal.i18n import gettext as _
from ramal.plugins.models import OrganizationPlugin
from ramal.plugins.registry import find_record


def settings_for(plugin: str) -> dict[str, Any]:
    """The plugin's settings in the current organization, secrets opened, defaults filled in."""
    schema = settings_schema(plugin)
    return {} if schema is None else loaded(schema, stored_settings(find_row(plugin), plugin))


def settings_schema(plugin: str) -> type[Schema] | None:
    """The schema in the plugin's manifest; None if it has no settings."""
    record = find_record(plugin)
    return record.manifest.settings_schema if record else None


def find_row(plugin: str) -> OrganizationPlugin | None:
    """The plugin's row in the current organization."""
    query = select(OrganizationPlugin).where(OrganizationPlugin.plugin == plugin)
    return db.session.scalars(query).one_or_none()


def stored_settings(row: OrganizationPlugin | None, plugin: str) -> dict[str, Any]:
    """The raw values as they were saved, secrets included."""
    if row is None:
        return {}
    return {**row.settings, **decrypt(row.secrets, _purpose(row.organization_id, plugin))}


def keep_settings(row: OrganizationPlugin, schema: type[Schema], values: Mapping[str, Any]) -> None:
    """Write checked raw values to the row, its secrets encrypted."""
    plain, secret = split_secrets(schema, values)
    row.settings = plain
    purpose = _purpose(current_organization_id(), row.plugin)
    row.secrets = encrypt(secret, purpose) if secret else None


def _purpose(organization_id: uuid.UUID, plugin: str) -> str:
    return f"organization_plugin:{organization_id}:{plugin}"


# --- for settings of any schema: plugins' and channels' -------------------------------------------


def secret_names(schema: type[Schema]) -> frozenset[str]:
    """The fields marked ``metadata={"secret": True}``."""
    return frozenset(name for name, field in schema().fields.items() if field.metadata.get("secret"))


def split_secrets(schema: type[Schema], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what may be shown, what is encrypted)."""
    secret = secret_names(schema)
    return (
        {name: value for name, value in values.items() if name not in secret},
        {name: value for name, value in values.items() if name in secret},
    )


def check_settings(
    schema: type[Schema], given: Mapping[str, Any], stored: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values to store, as JSON. InvalidPayload with sentences by field.

    A secret that is not given, or given empty, keeps its ``stored`` value: forms never show it. Not when the
    address changes that its ``metadata={"sent_to": …}`` names: who changes that would be shown it there.
    """
    secret = secret_names(schema)
    values = {name: value for name, value in given.items() if name not in secret or value not in (None, "", [])}
    for name in secret & set(stored or {}):
        values.setdefault(name, (stored or {})[name])
    unsaid = {name for name in secret if given.get(name) in (None, "", [])}
    try:
        checked = schema().load(values)
    except ValidationError as error:
        found = error.normalized_messages()  # type: ignore[no-untyped-call]
        details = {name: _sentences(messages) for name, messages in found.items()}
        raise InvalidPayload(_("Check the marked fields."), details) from error
    kept: dict[str, Any] = schema().dump(checked)
    _refuse_new_address(schema, unsaid, kept, stored or {})
    # A load-only field is a secret by another name: dump leaves it out.
    return kept | {name: values[name] for name in values if name not in kept}


def _refuse_new_address(
    schema: type[Schema], secrets: Collection[str], now: Mapping[str, Any], stored: Mapping[str, Any]
) -> None:
    moved = []
    for name in sorted(secrets):
        address = str(schema().fields[name].metadata.get("sent_to"))
        if stored.get(name) and address in stored and stored[address] != now.get(address):
            moved.append(name)
    if moved:
        sentence = _("The address that this is sent to has changed: enter it again.")
        raise InvalidPayload(_("Check the marked fields."), {name: [sentence] for name in moved})


def loaded(schema: type[Schema], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values as the schema reads them, with its defaults; what no longer fits is left out."""
    try:
        found: dict[str, Any] = schema(unknown=EXCLUDE).load(dict(stored))
    except ValidationError as error:
        valid = error.valid_data
        return dict(valid) if isinstance(valid, Mapping) else {}
    return dict(found)


def shown_settings(schema: type[Schema], stored: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, bool]]:
    """(values that may be shown, for each secret whether one is stored)."""
    plain, secret = split_secrets(schema, stored)
    known = set(schema().fields)
    return (
        {name: value for name, value in plain.items() if name in known},
        {name: bool(secret.get(name)) for name in sorted(secret_names(schema))},
    )


def schema_of(plugin: str) -> type[Schema]:
    """The plugin's settings schema; NotFound if it has none."""
    schema = settings_schema(plugin)
    if schema is None:
        raise NotFound(_("This plugin has no settings."))
    return schema


def _sentences(found: Any) -> list[str]:
    """marshmallow's messages of one field, flat: those of list items and of nested fields too."""
    if isinstance(found, Mapping):
        return [sentence for inner in found.values() for sentence in _sentences(inner)]
    return [translated(str(sentence)) for sentence in (found if isinstance(found, list) else [found])]
