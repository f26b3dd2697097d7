"""Numbers connected by QR code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp, utcnow
from ramal_whatsapp_web import archive, pacing
from ramal_whatsapp_web.drivers import DRIVERS
from ramal_whatsapp_web.drivers.base import SessionState
from ramal_whatsapp_web.pacing import PacingSettings
from ramal_whatsapp_web.services import words
from ramal_whatsapp_web.services.sessions import Number
from ramal_whatsapp_web.settings import check_key, check_proxy

STATES = tuple(state.value for state in SessionState)
_URL = {"example": "https://waha.example.com", "description": "Where the provider's API answers"}


class ServerSchema(Schema):
    """Where the session lives."""

    server_url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False, metadata=_URL)
    api_key = fields.String(
        validate=[validate.Length(max=512), check_key],
        metadata={"description": "The server's API key; kept encrypted, never shown", "example": "0f5c9a1b7d3e"},
    )


class NewNumberSchema(ServerSchema):
    """A number to be connected."""

    name = Text(required=True, validate=validate.Length(min=1, max=120), metadata={"example": "WhatsApp da loja"})
    driver = fields.String(
        load_default="waha", validate=validate.OneOf(tuple(DRIVERS) or ("waha",)), metadata={"example": "waha"}
    )
    proxy = fields.String(
        validate=[validate.Length(max=512), check_proxy],
        metadata={"description": "http://user:password@host:port; kept encrypted", "example": ""},
    )
    risk_accepted = fields.Boolean(
        load_default=False,
        metadata={"description": "WhatsApp may ban a number connected this way: that is known", "example": True},
    )


class ProxySchema(Schema):
    """Through which the session reaches WhatsApp."""

    proxy = fields.String(
        required=True,
        validate=[validate.Length(min=1, max=512), check_proxy],
        metadata={
            "description": "Kept encrypted, never shown",
            "example": "http://user:password@proxy.example.com:3128",
        },
    )


def _whole(default: int, low: int, high: int, description: str) -> fields.Integer:
    metadata = {"description": description, "example": default}
    return fields.Integer(validate=validate.Range(min=low, max=high), metadata=metadata)


class PaceSchema(Schema):
    """The number's pace; what is left out stays as it is."""

    messages_per_minute = _whole(pacing.FULL, 1, pacing.MOST, "At full pace")
    first_day_per_minute = _whole(pacing.FIRST, 1, pacing.MOST, "On the day it was connected")
    ramp_days = _whole(pacing.RAMP_DAYS, 0, 60, "Days from the one to the other; 0: full pace at once")
    jitter_percent = _whole(pacing.JITTER, 0, 90, "Pauses are up to so much shorter or longer, by chance")
    ack_minutes = _whole(pacing.ACK_MINUTES, 1, 1440, "Minutes without a tick until the alarm")


class StartSchema(Schema):
    """Starting it."""

    ended_elsewhere = fields.Boolean(
        load_default=False,
        metadata={
            "description": "For an exported session: it is not running on the other installation any more. "
            "It answers for no copy that is live in this one"
        },
    )


class PhoneSchema(Schema):
    """Whose phone gets the code."""

    phone = Text(required=True, validate=validate.Length(min=8, max=30), metadata={"example": "(11) 91234-5678"})


class CodeSchema(Schema):
    """A pairing code: WhatsApp, Linked devices, Link with phone number."""

    code = fields.String(metadata={"example": "ABCD-EFGH"})


class PasswordSchema(Schema):
    """What the archive is encrypted with; without it nobody opens it again."""

    password = fields.String(
        required=True,
        validate=validate.Length(max=archive.LONGEST),
        metadata={"example": "uma frase que só nós sabemos", "description": "At least 10 characters"},
    )


class QrSchema(Schema):
    """The code to read now."""

    value = fields.String(metadata={"description": "What the picture says", "example": "2@abc,def,ghi"})
    png = fields.String(metadata={"description": "The picture, base64", "example": "iVBORw0KGgo="})
    expires_at = Timestamp(allow_none=True)
    left = fields.Integer(allow_none=True, metadata={"description": "Codes still to come", "example": 5})


class SessionSchema(Schema):
    """A number: where its session stands, what that means, and what its driver can do."""

    id = fields.UUID()
    channel_id = fields.UUID()
    name = fields.String(metadata={"example": "WhatsApp da loja"})
    driver = fields.String(metadata={"example": "waha"})
    capabilities = fields.List(fields.String(), metadata={"example": ["qr", "pairing_code"]})
    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "ready"})
    reason = fields.String(allow_none=True, metadata={"example": None, "description": "A short word for programs"})
    sentence = fields.String(metadata={"example": "Messages come in and go out."})
    state_at = Timestamp(metadata={"description": "Since when"})
    wanted = fields.Boolean(metadata={"description": "Whether it is kept running"})
    number = fields.String(allow_none=True, metadata={"example": "5511912345678"})
    account_name = fields.String(allow_none=True, metadata={"example": "Padaria Central"})
    lid = fields.String(allow_none=True, metadata={"example": "12345678901234@lid"})
    messages_per_minute = fields.Float(metadata={"description": "The pace of today", "example": 3.0})
    has_proxy = fields.Boolean()
    alarm_at = Timestamp(allow_none=True, metadata={"description": "Since when ticks are missing"})
    last_received_at = Timestamp(allow_none=True)
    last_ack_at = Timestamp(allow_none=True)
    next_look_at = Timestamp(allow_none=True, metadata={"description": "When it is looked at, or tried again"})
    attempts = fields.Integer(metadata={"description": "Tries to connect again since it last was", "example": 0})
    first_ready_at = Timestamp(allow_none=True)
    exported_at = Timestamp(allow_none=True)


class ChangeSchema(Schema):
    """A state it was in."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "ready"})
    reason = fields.String(allow_none=True)
    detail = fields.String(allow_none=True, metadata={"description": "The provider's own words"})
    source = fields.String(validate=validate.OneOf(("supervisor", "provider", "person")))
    actor_name = fields.String(allow_none=True, metadata={"example": "Ana Ribeiro"})
    occurred_at = Timestamp()


class ChangeQuery(PageArguments):
    """By key, newest first."""


def session_item(number: Number) -> dict[str, Any]:
    """A number as the API tells of it."""
    row, channel = number.session, number.channel
    settings: Mapping[str, Any] = {**PacingSettings().load({}), **channel.settings}
    return {
        "id": row.id,
        "channel_id": channel.id,
        "name": channel.name,
        "driver": settings.get("driver"),
        "capabilities": sorted(capability.value for capability in number.capabilities),
        "state": row.state,
        "reason": row.reason,
        "sentence": words.sentence(row.state, row.reason, row.detail),
        "state_at": row.state_at,
        "wanted": row.wanted,
        "number": row.me_number,
        "account_name": row.me_name,
        "lid": row.me_lid,
        "messages_per_minute": round(pacing.per_minute(settings, row.first_ready_at, utcnow()), 1),
        "has_proxy": number.has_proxy,
        "alarm_at": row.alarm_at,
        "last_received_at": channel.last_delivery_at,
        "last_ack_at": row.last_ack_at,
        "next_look_at": row.next_at,
        "attempts": row.attempts,
        "first_ready_at": row.first_ready_at,
        "exported_at": row.exported_at,
    }
