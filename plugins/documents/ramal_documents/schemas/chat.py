"""Sending charges into a conversation."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema


class SendSchema(Schema):
    """Where to; the same ``client_id`` again sends nothing twice."""

    conversation_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)


class SendBoletoSchema(SendSchema):
    """The sheet with its line, or the line alone."""

    part = fields.String(load_default="pdf", validate=validate.OneOf(["pdf", "line"]))
    unregistered = fields.Boolean(
        load_default=False,
        metadata={"description": "Send it although the bank has not registered it, so that it can't be paid yet"},
    )


class SendContractSchema(SendSchema):
    """The contract, and what goes with it."""

    boleto_ids = fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=60),
        metadata={"description": "Of its instalments"},
    )
    pix_id = fields.UUID(allow_none=True, load_default=None)
    unregistered = fields.Boolean(
        load_default=False, metadata={"description": "Send boletos although the bank has not registered them"}
    )


class SentSchema(Schema):
    """The messages that carry it."""

    message_ids = fields.List(fields.UUID())
