"""What ``/api/v1/plugins`` reads and writes."""

from __future__ import annotations

from marshmallow import INCLUDE, fields, validate

from ramal.http.pagination import PageArguments
from ramal.http.schema import Schema, Timestamp
from ramal.plugins.manifest import CATEGORIES

STATES = ("missing", "broken", "incompatible", "blocked", "pending_upgrade", "available", "installed")


class PluginSchema(Schema):
    """A plugin in the active organization."""

    name = fields.String(metadata={"example": "my_channel"})
    title = fields.String(metadata={"example": "Web chat"})
    summary = fields.String(metadata={"example": "A chat on your own site."})
    category = fields.String(validate=validate.OneOf(CATEGORIES), metadata={"example": "channel"})
    icon = fields.String(metadata={"example": "world"})
    version = fields.String(allow_none=True, metadata={"example": "0.1.0"})
    installed_version = fields.String(allow_none=True, metadata={"example": "0.1.0"})
    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "installed"})
    error = fields.String(allow_none=True, metadata={"description": "Why it does not run", "example": None})
    enabled = fields.Boolean(metadata={"example": True})
    suspended_at = Timestamp(allow_none=True, metadata={"example": None})
    suspended_reason = fields.String(allow_none=True, metadata={"example": None})
    requires = fields.Function(
        lambda app: [name for name, _title in app.requires],
        metadata={"type": "array", "items": {"type": "string"}, "example": ["pigeon"]},
    )
    has_settings = fields.Boolean(metadata={"example": True})


class PluginQuery(PageArguments):
    """Filters of the list."""

    category = fields.String(validate=validate.OneOf(CATEGORIES), metadata={"example": "channel"})
    enabled = fields.Boolean(metadata={"example": True})


class FieldSchema(Schema):
    """One field of a settings form."""

    name = fields.String(metadata={"example": "greeting"})
    label = fields.String(metadata={"example": "Greeting"})
    kind = fields.String(metadata={"example": "text"})
    required = fields.Boolean(metadata={"example": False})
    help = fields.String(metadata={"example": "The first message."})
    options = fields.List(fields.List(fields.String()), metadata={"example": []})


class PluginSettingsSchema(Schema):
    """A plugin's settings; secrets only say whether they are stored."""

    values = fields.Dict(keys=fields.String(), metadata={"example": {"greeting": "Olá"}})
    secrets = fields.Dict(keys=fields.String(), values=fields.Boolean(), metadata={"example": {"token": True}})
    fields_ = fields.List(fields.Nested(FieldSchema), data_key="fields", attribute="fields")


class PluginSettingsBody(Schema):
    """The settings by name, as the plugin's own schema reads them; a secret left out keeps its value."""

    class Meta:
        unknown = INCLUDE
