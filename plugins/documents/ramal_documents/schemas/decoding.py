"""What a pasted line or barcode says."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema, Text
from ramal_documents.schemas.fields import Money


class DecodeSchema(Schema):
    """A line of 47 or 48 digits or a barcode of 44, punctuation and all."""

    text = Text(
        required=True,
        validate=validate.Length(1, 300),
        metadata={"example": "34191.09008 22335.021238 45678.970000 7 16560000060000"},
    )


class FieldSchema(Schema):
    """Some digits of the barcode; places count from 1."""

    name = fields.String()
    label = fields.String()
    start = fields.Integer()
    end = fields.Integer()
    digits = fields.String()
    meaning = fields.String()


class WrongDigitSchema(Schema):
    """A check digit that does not fit; ``position`` counts the digits as they were given, from 1."""

    block = fields.String()
    position = fields.Integer()
    expected = fields.String()
    found = fields.String()
    sentence = fields.String()


class DecodedSchema(Schema):
    """Every field explained, every wrong digit named."""

    ok = fields.Boolean()
    kind = fields.String(validate=validate.OneOf(["boleto", "collection"]))
    source = fields.String(validate=validate.OneOf(["line", "barcode"]))
    barcode = fields.String()
    digitable_line = fields.String()
    digitable_line_formatted = fields.String()
    amount = Money(allow_none=True)
    due_date = fields.Date(allow_none=True)
    due_factor = fields.String()
    bank = fields.String()
    bank_name = fields.String()
    free_field = fields.String()
    segment = fields.String()
    company = fields.String()
    fields_ = fields.List(fields.Nested(FieldSchema), attribute="fields", data_key="fields")
    wrong = fields.List(fields.Nested(WrongDigitSchema))
    corrections = fields.List(fields.String(), metadata={"description": "What it may have been, one digit away"})
