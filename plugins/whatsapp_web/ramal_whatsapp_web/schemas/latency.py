"""How long messages take."""

from __future__ import annotations

from datetime import timedelta

from marshmallow import fields

from ramal.api import Schema, Timestamp, utcnow


def _ms(name: str) -> fields.Float:
    return fields.Float(allow_none=True, metadata={"description": f"Milliseconds: {name}", "example": 850.0})


class LatencyQuery(Schema):
    """Which number, and when; the last day if nothing is said. At most 31 days at once."""

    channel = fields.UUID(metadata={"description": "Only this channel's"})
    begin = Timestamp(
        data_key="from",
        load_default=lambda: utcnow() - timedelta(days=1),
        metadata={"example": "2026-11-21T12:00:00Z"},
    )
    end = Timestamp(data_key="to", load_default=utcnow, metadata={"example": "2026-11-22T12:00:00Z"})


class SpreadSchema(Schema):
    """A step's spread over the messages that took it."""

    count = fields.Integer(metadata={"example": 42})
    p50 = _ms("half of them were faster")
    p95 = _ms("95 % were faster")
    p99 = _ms("99 % were faster")


class HourSchema(Schema):
    """One number in one hour, by when the messages were queued."""

    channel_id = fields.UUID()
    hour = Timestamp()
    count = fields.Integer(metadata={"description": "Messages queued", "example": 45})
    queued_to_sent = fields.Nested(SpreadSchema)
    sent_to_delivered = fields.Nested(SpreadSchema)
    delivered_to_read = fields.Nested(SpreadSchema)


class LatencySchema(Schema):
    """The hours in which something was sent, the oldest first."""

    begin = Timestamp(data_key="from")
    end = Timestamp(data_key="to")
    items = fields.List(fields.Nested(HourSchema))
