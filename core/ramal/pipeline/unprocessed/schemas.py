"""What ``/api/v1/unprocessed`` reads and writes."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.http.pagination import PageArguments
from ramal.http.schema import Schema, Timestamp


class UnprocessedQuery(PageArguments):
    """Which ones."""

    channel = fields.UUID()


class UnprocessedSchema(Schema):
    """A delivery that can't be read, or an item that can't be applied."""

    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(["delivery", "item"]))
    channel_id = fields.UUID()
    channel_name = fields.String(metadata={"example": "Vendas"})
    delivery_id = fields.UUID()
    status = fields.String(metadata={"example": "parked", "description": "parked, or waiting for its next try"})
    summary = fields.String(allow_none=True, metadata={"example": "InboundMessage text wamid.HBg"})
    error = fields.String(allow_none=True, metadata={"example": "The delivery is no JSON."})
    attempts = fields.Integer()
    next_at = Timestamp(allow_none=True)
    created_at = Timestamp()


class RawDeliverySchema(Schema):
    """What the provider sent."""

    raw = fields.String(metadata={"example": '{"entry": ['})


class ReplayBody(Schema):
    """Which deliveries to process again: of one channel, received from ``since`` until before ``until``."""

    channel_id = fields.UUID(required=True)
    since = Timestamp(load_default=None, allow_none=True)
    until = Timestamp(load_default=None, allow_none=True)


class ReplayedSchema(Schema):
    """How many deliveries are processed again."""

    deliveries = fields.Integer(metadata={"example": 12})
