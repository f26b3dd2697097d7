"""Bodies of ``/channels``."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ramal.channels import services
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import registry
from ramal.http.schema import Schema, Text, Timestamp
from ramal.plugins.gate import plugin_active

_ID = {"example": "0193a4c8-7f2e-7b1a-9c3d-2f4e5a6b7c8d"}
REOPEN_POLICIES = ("same", "new", "hours")


class NewChannelSchema(Schema):
    """A channel to connect. ``settings`` are the kind's own: see ``/channel-kinds``."""

    kind = Text(required=True, metadata={"example": "my_channel"})
    name = Text(required=True, validate=validate.Length(1, 120), metadata={"example": "Site da loja"})
    settings = fields.Dict(keys=fields.String(), load_default=dict, metadata={"example": {"color": "#0b6e4f"}})


class ChannelChangeSchema(Schema):
    """What to change; secrets that are left out keep their value."""

    name = Text(validate=validate.Length(1, 120), metadata={"example": "Suporte"})
    enabled = fields.Boolean()
    reopen_policy = fields.String(
        validate=validate.OneOf(REOPEN_POLICIES),
        metadata={"description": "A person writes after their conversation was resolved: same, new, or hours"},
    )
    reopen_hours = fields.Integer(validate=validate.Range(1, 24 * 365))
    settings = fields.Dict(keys=fields.String())


class ChannelSchema(Schema):
    """A connected channel; secrets are never shown, only whether they are set."""

    id = fields.UUID(metadata=_ID)
    kind = fields.String(metadata={"example": "my_channel"})
    plugin = fields.String(metadata={"example": "my_channel"})
    icon = fields.String(metadata={"example": "world"})
    name = fields.String(metadata={"example": "Site da loja"})
    enabled = fields.Boolean()
    plugin_enabled = fields.Boolean(metadata={"description": "Nothing goes in or out while its app is switched off"})
    status = fields.String(metadata={"example": "ready"})
    status_detail = fields.String(allow_none=True)
    external_ref = fields.String(allow_none=True, metadata={"example": "106540352242922"})
    webhook_url = fields.String(metadata={"example": "https://chat.example/webhooks/my_channel/0193…"})
    shared_webhook_url = fields.String(allow_none=True)
    settings = fields.Dict(metadata={"example": {"color": "#0b6e4f"}})
    secrets = fields.Dict(
        keys=fields.String(), values=fields.Boolean(), metadata={"example": {"identity_secret": True}}
    )
    reopen_policy = fields.String()
    reopen_hours = fields.Integer()
    last_delivery_at = Timestamp(allow_none=True, metadata={"description": "When something last arrived"})
    last_error = fields.String(allow_none=True)
    last_error_at = Timestamp(allow_none=True)
    paused_until = Timestamp(allow_none=True)
    created_at = Timestamp()


class ChannelStatusSchema(Schema):
    """What the provider says now."""

    state = fields.String(metadata={"example": "ready"})
    detail = fields.String(allow_none=True, metadata={"example": "Loja Exemplo, quality GREEN"})


class ChannelNoticeSchema(Schema):
    """A line of the channel's log."""

    id = fields.UUID(metadata=_ID)
    level = fields.String(metadata={"example": "warning"})
    title = fields.String(metadata={"example": "Quality of the number fell to YELLOW"})
    payload = fields.Dict()
    occurred_at = Timestamp()


class ChannelKindSchema(Schema):
    """A kind of channel that can be connected, with its settings described."""

    kind = fields.String(metadata={"example": "my_channel"})
    plugin = fields.String(metadata={"example": "my_channel"})
    title = fields.String(metadata={"example": "My channel"})
    icon = fields.String(metadata={"example": "message-circle"})
    fields_ = fields.List(fields.Dict(), data_key="fields")


def channel_item(channel: ConnectedChannel) -> dict[str, Any]:
    """A channel as :class:`ChannelSchema` shows it; one whose plugin is gone shows no settings."""
    entry = registry().kinds.get(channel.kind)
    settings, secrets = services.shown(channel) if entry else ({}, {})
    columns = (
        "id", "kind", "plugin", "name", "enabled", "status", "status_detail", "external_ref", "reopen_policy",
        "reopen_hours", "last_delivery_at", "last_error", "last_error_at", "paused_until", "created_at",
    )  # fmt: skip
    return {
        **{name: getattr(channel, name) for name in columns},
        "icon": entry[0].icon if entry else "plug-x",
        "plugin_enabled": plugin_active(channel.organization_id, channel.plugin),
        "webhook_url": services.webhook_url(channel),
        "shared_webhook_url": services.shared_webhook_url(channel),
        "settings": settings,
        "secrets": secrets,
    }
