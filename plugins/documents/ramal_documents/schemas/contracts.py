"""Contracts."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_documents.schemas.boletos import BoletoSchema

STATES = ("draft", "issued", "sent", "cancelled")
_VALUES = {"description": "Nested by the variables' groups, or flat with dotted names"}


class FillSchema(Schema):
    """A template and values for its variables."""

    template_id = fields.UUID(required=True)
    version = fields.Integer(
        allow_none=True, validate=validate.Range(1, 100_000), metadata={"description": "The latest, if left out"}
    )
    values = fields.Dict(keys=fields.String(), required=True, metadata=_VALUES)
    title = Text(validate=validate.Length(max=160), metadata={"description": "The template's name, if left out"})


class DraftSchema(Schema):
    """What of a draft may change: all but its template."""

    values = fields.Dict(keys=fields.String(), required=True, metadata=_VALUES)
    title = Text(validate=validate.Length(max=160), metadata={"description": "The template's name, if left out"})
    contact_id = fields.UUID(allow_none=True, metadata={"description": "Whose contract it is in the inbox"})
    conversation_id = fields.UUID(allow_none=True, metadata={"description": "Where it will be sent"})
    account_id = fields.UUID(
        allow_none=True, metadata={"description": "Issue a boleto from this account for each instalment"}
    )


class NewContractSchema(FillSchema, DraftSchema):
    """A contract to issue; ``draft`` keeps it without a number. The same ``client_id`` again makes no other."""

    client_id = fields.UUID(allow_none=True)
    draft = fields.Boolean(load_default=False)


class ContractSchema(Schema):
    """A contract, as lists show it."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "issued"})
    number = fields.String(allow_none=True, metadata={"example": "12/2026"})
    title = fields.String()
    party_name = fields.String(metadata={"description": "The customer, as the contract calls them"})
    template_id = fields.UUID()
    version = fields.Integer(metadata={"description": "The number of the template's version"})
    contact_id = fields.UUID(allow_none=True)
    conversation_id = fields.UUID(allow_none=True)
    account_id = fields.UUID(allow_none=True)
    sha256 = fields.String(allow_none=True, metadata={"description": "Of the PDF"})
    pages = fields.Integer(allow_none=True)
    issued_at = Timestamp(allow_none=True)
    created_at = Timestamp()


class WholeContractSchema(ContractSchema):
    """A contract by itself."""

    values = fields.Dict(metadata={"description": "What the template got; as typed, for a draft"})
    pdf_url = fields.String(allow_none=True, metadata={"description": "A signed link, good for an hour"})
    boletos = fields.List(fields.Nested(BoletoSchema), metadata={"description": "Of its instalments, in order"})


class ContractQuery(PageArguments):
    """Which contracts."""

    state = fields.String(validate=validate.OneOf(STATES))
    template_id = fields.UUID()
    contact_id = fields.UUID()
    q = Text(load_default="", validate=validate.Length(max=200), metadata={"description": "Name, title or number"})


class CancelSchema(Schema):
    """Why, and what becomes of the boletos."""

    reason = Text(required=True, validate=validate.Length(1, 500), metadata={"example": "Desistência do cliente"})
    write_off = fields.Boolean(
        load_default=False, metadata={"description": "Write its unsettled boletos off in the same step"}
    )


class MissingSchema(Schema):
    """A required variable without a value."""

    name = fields.String(metadata={"example": "contato.documento"})
    label = fields.Dict(keys=fields.String(), values=fields.String())


class PreviewSchema(Schema):
    """What a contract would look like, with examples for what is missing; nothing is stored."""

    missing = fields.List(fields.Nested(MissingSchema))
    errors = fields.Dict(metadata={"description": "Sentences by variable"})
    html = fields.String()
    failure = fields.String(allow_none=True, metadata={"description": "Why it can't be laid out"})
