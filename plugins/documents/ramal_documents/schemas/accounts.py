"""Issuing accounts."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema, Text, Timestamp
from ramal_documents.boleto import BANKS, SPECIES
from ramal_documents.schemas.fields import PartySchema, PrintedPartySchema
from ramal_documents.schemas.terms import AccountTermsSchema

_NUMBER = validate.Length(max=20)


class AccountFields(Schema):
    """What both directions share."""

    name = Text(required=True, validate=validate.Length(1, 80), metadata={"example": "Itaú, carteira 109"})
    bank = Text(required=True, metadata={"example": "341", "description": f"One of {', '.join(BANKS)}"})
    agency = Text(required=True, validate=_NUMBER, metadata={"example": "0057"})
    account = Text(load_default="", validate=_NUMBER, metadata={"example": "12345-7"})
    wallet = Text(load_default="", validate=_NUMBER, metadata={"example": "109", "description": "Carteira"})
    variation = Text(load_default="", validate=_NUMBER, metadata={"description": "Variação, or Sicoob's modalidade"})
    agreement = Text(
        load_default="",
        validate=_NUMBER,
        metadata={"description": "Convênio, código do beneficiário, cliente or operação: the bank's word differs"},
    )
    post = Text(load_default="", validate=_NUMBER, metadata={"description": "Sicredi's posto"})
    species = fields.String(load_default="DM", validate=validate.OneOf(list(SPECIES)), metadata={"example": "DM"})
    accepted = fields.Boolean(load_default=False, metadata={"description": "Aceite"})
    instructions = fields.List(
        Text(validate=validate.Length(max=120)), load_default=list, validate=validate.Length(max=8)
    )
    next_number = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 10**17),
        metadata={"example": 1, "description": "The next nosso número; it can only be raised"},
    )
    template = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.Length(max=100_000),
        metadata={"description": "An HTML sheet (Jinja) of one's own; null prints the standard one"},
    )
    active = fields.Boolean(load_default=True)


class NewAccountSchema(AccountFields):
    """A new account; what its bank would refuse is told by field."""

    beneficiary = fields.Nested(PartySchema, required=True)
    terms = fields.Nested(AccountTermsSchema, load_default=dict)


class AccountSchema(AccountFields):
    """An issuing account."""

    id = fields.UUID()
    beneficiary = fields.Nested(PrintedPartySchema)
    terms = fields.Nested(AccountTermsSchema)
    warnings = fields.List(fields.String(), metadata={"description": "Check digits that somebody should look at"})
    created_at = Timestamp()


class AccountListSchema(Schema):
    """All issuing accounts."""

    items = fields.List(fields.Nested(AccountSchema))
