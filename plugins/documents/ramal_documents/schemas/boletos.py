"""Boletos."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_documents.boleto import SPECIES
from ramal_documents.schemas.fields import Money, PartySchema, PrintedPartySchema
from ramal_documents.schemas.terms import DiscountSchema, FineSchema, InterestSchema, RelativeDiscountSchema, days

STATES = ("draft", "issued", "registered", "rejected", "paid", "written_off")
_LINES = validate.Length(max=8)
_PAYER = {
    "name": "Fulana de Tal",
    "document": "529.982.247-25",
    "street": "Avenida do Exemplo, 42",
    "city": "Campinas",
    "state": "SP",
    "postal_code": "13000-000",
}


class TermsFields(Schema):
    """What a boleto says about paying early or late; left out, the account's defaults hold, null says none."""

    interest = fields.Nested(InterestSchema, allow_none=True)
    fine = fields.Nested(FineSchema, allow_none=True)
    discounts = fields.List(fields.Nested(DiscountSchema), validate=validate.Length(max=3))
    rebate = Money(metadata={"description": "Abatimento", "example": "10.00"})
    refuse_after = days("Not to be received")
    protest_after = days("To be protested")
    report_after = days("To be reported as unpaid (negativação)")


class BoletoFields(TermsFields):
    """What a boleto says."""

    account_id = fields.UUID(required=True)
    contact_id = fields.UUID(allow_none=True, metadata={"description": "Whose charge it is in the inbox"})
    amount = Money(required=True)
    due_date = fields.Date(required=True, metadata={"example": "2026-12-10"})
    payer = fields.Nested(PartySchema, required=True, metadata={"example": _PAYER})
    guarantor = fields.Nested(PartySchema, allow_none=True)
    document_number = Text(validate=validate.Length(max=15), metadata={"example": "2026-118"})
    document_date = fields.Date(
        allow_none=True, metadata={"example": "2026-11-22", "description": "Today, if left out"}
    )
    species = fields.String(validate=validate.OneOf(list(SPECIES)), metadata={"example": "DM"})
    accepted = fields.Boolean()
    instructions = fields.List(Text(validate=validate.Length(max=120)), validate=_LINES)
    statement = fields.List(
        Text(validate=validate.Length(max=120)), validate=_LINES, metadata={"description": "Demonstrativo"}
    )
    pix_code = Text(
        validate=validate.Length(max=512),
        metadata={"description": "The EMV text that the bank gave for this very title; no other may be printed"},
    )


class NewBoletoSchema(BoletoFields):
    """A boleto to issue; ``draft`` keeps it without a number."""

    draft = fields.Boolean(load_default=False)


class BoletoSchema(Schema):
    """A boleto, as lists show it."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "issued"})
    overdue = fields.Boolean(metadata={"description": "Open, and past its due date"})
    account_id = fields.UUID()
    contact_id = fields.UUID(allow_none=True)
    bank = fields.String(metadata={"example": "341"})
    our_number = fields.String(allow_none=True, metadata={"example": "109/00000001-3"})
    barcode = fields.String(allow_none=True, metadata={"example": "34195161000000006001090022335021234567897000"})
    digitable_line = fields.String(
        allow_none=True, metadata={"example": "34191090082233502123845678970000516100000060000"}
    )
    digitable_line_formatted = fields.String(allow_none=True)
    amount = Money()
    due_date = fields.Date()
    document_number = fields.String()
    payer = fields.Nested(PrintedPartySchema)
    booklet_id = fields.UUID(allow_none=True)
    instalment = fields.Integer(allow_none=True)
    instalments = fields.Integer(allow_none=True)
    paid_on = fields.Date(allow_none=True)
    paid_amount = Money(allow_none=True)
    created_at = Timestamp()


class OwedSchema(Schema):
    """What pays a boleto on a day: its amount, less what is taken off, and what delay adds."""

    day = fields.Date()
    days_late = fields.Integer(metadata={"description": "From the due date; 0 while nothing is charged for delay"})
    discount = Money(metadata={"description": "Discount and rebate"})
    fine = Money()
    interest = Money()
    total = Money()


class SecondCopyQuery(Schema):
    """The day it will be paid."""

    day = fields.Date(allow_none=True, load_default=None, metadata={"description": "Today, if left out"})


class SecondCopySchema(OwedSchema):
    """A second copy for that day."""

    digitable_line = fields.String()
    pdf_url = fields.String(metadata={"description": "A signed link, good for an hour"})


class RegisteredSchema(Schema):
    """Boletos that the bank has registered."""

    boleto_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))


class RegisteredCountSchema(Schema):
    """How many of them waited for it."""

    registered = fields.Integer()


class IssuedBoletoSchema(BoletoSchema):
    """A boleto by itself."""

    owed = fields.Nested(OwedSchema, allow_none=True, metadata={"description": "Today; null when nothing is owed"})
    pdf_url = fields.String(allow_none=True, metadata={"description": "A signed link, good for an hour"})
    warnings = fields.List(fields.String(), metadata={"description": "What somebody should look at"})


class NewBookletSchema(BoletoFields):
    """A carnê: ``amount`` in ``count`` instalments a month apart, the first on ``due_date``."""

    count = fields.Integer(required=True, validate=validate.Range(2, 60), metadata={"example": 12})
    discounts = fields.List(fields.Nested(RelativeDiscountSchema), validate=validate.Length(max=3))


class BookletSchema(Schema):
    """A carnê: its boletos add up to the total."""

    id = fields.UUID()
    account_id = fields.UUID()
    contact_id = fields.UUID(allow_none=True)
    total = Money()
    count = fields.Integer()
    payer_name = fields.String()
    document_number = fields.String()
    pdf_url = fields.String(metadata={"description": "A signed link to all instalments, three to a page"})
    boletos = fields.List(fields.Nested(BoletoSchema))
    created_at = Timestamp()


class BoletoQuery(PageArguments):
    """Which boletos."""

    state = fields.String(validate=validate.OneOf([*STATES, "overdue"]))
    account_id = fields.UUID()
    contact_id = fields.UUID()
    booklet_id = fields.UUID()
    due_from = fields.Date()
    due_to = fields.Date()
    q = Text(load_default="", validate=validate.Length(max=200), metadata={"description": "Name, CPF, number or line"})


class CheckSchema(Schema):
    """What a boleto would say; its number is only the one that would come next."""

    bank_name = fields.String()
    our_number = fields.String()
    barcode = fields.String()
    digitable_line = fields.String()
    instructions = fields.List(fields.String(), metadata={"description": "The terms in words, and the lines given"})
    warnings = fields.List(fields.String())


class StateChangeSchema(Schema):
    """A step in a boleto's life."""

    state = fields.String(required=True, validate=validate.OneOf(STATES[1:]), metadata={"example": "paid"})
    reason = Text(load_default="", validate=validate.Length(max=500), metadata={"example": "Comprovante por WhatsApp"})
    paid_on = fields.Date(allow_none=True, load_default=None, metadata={"example": "2026-11-22"})
    paid_amount = Money(allow_none=True, load_default=None)


class ChangeSchema(Schema):
    """A step that was taken: by whom, when, why."""

    before = fields.String(allow_none=True)
    after = fields.String()
    actor_name = fields.String()
    reason = fields.String()
    created_at = Timestamp()


class HistorySchema(Schema):
    """First step first."""

    items = fields.List(fields.Nested(ChangeSchema))
