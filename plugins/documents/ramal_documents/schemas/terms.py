"""Interest, fine and discounts: each a percentage or an amount."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema
from ramal_documents.schemas.fields import Money, Percent


class InterestSchema(Schema):
    """Juros de mora: percent a month, pro rata by day, or an amount a day."""

    monthly = Percent(metadata={"example": "1.00"})
    daily = Money(metadata={"example": "0.41"})


class FineSchema(Schema):
    """Multa, once."""

    percent = Percent(metadata={"example": "2.00"})
    amount = Money(metadata={"example": "24.69"})


class DiscountSchema(Schema):
    """Desconto to whoever pays until a day."""

    until = fields.Date(required=True, metadata={"example": "2026-12-05"})
    percent = Percent(metadata={"example": "5.00"})
    amount = Money(metadata={"example": "50.00"})


class RelativeDiscountSchema(Schema):
    """Desconto to whoever pays so many days before the due date."""

    days_before = fields.Integer(required=True, validate=validate.Range(0, 999), metadata={"example": 5})
    percent = Percent(metadata={"example": "5.00"})
    amount = Money(metadata={"example": "50.00"})


def days(description: str) -> fields.Integer:
    """Days after the due date, or null."""
    metadata = {"description": f"{description}, days after the due date", "example": 30}
    return fields.Integer(allow_none=True, validate=validate.Range(0, 999), metadata=metadata)


class AccountTermsSchema(Schema):
    """What every boleto of an account starts out with."""

    interest = fields.Nested(InterestSchema, allow_none=True)
    fine = fields.Nested(FineSchema, allow_none=True)
    discounts = fields.List(fields.Nested(RelativeDiscountSchema), validate=validate.Length(max=3))
    refuse_after = days("Not to be received")
    protest_after = days("To be protested")
    report_after = days("To be reported as unpaid (negativação)")
