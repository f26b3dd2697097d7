"""Fields that JSON has no type for: money and percentages, as `Decimal` and never as a float."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from ramal.api import Schema, Text
from ramal.api import gettext as _
from ramal_documents import ids
from ramal_documents.errors import DocumentsError
from ramal_documents.money import TOO_MUCH, parse_money

_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
#: `1.234` is a thousand to one reader and little more than one to the other.
_AMBIGUOUS = re.compile(r"-?[0-9]{1,3}(\.[0-9]{3})+")


class Money(fields.Field[Decimal]):
    """`"1234.56"`, a JSON number, or `"1.234,56"` as people type it; text on the way out."""

    def __init__(self, **options: Any) -> None:
        metadata = {"type": "string", "example": "1234.56", **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_options: Any) -> str | None:
        return None if value is None else f"{Decimal(value):.2f}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> Decimal:
        if isinstance(value, Decimal):
            return _sensible(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _sensible(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
        if not isinstance(value, str):
            raise ValidationError(_("Write an amount, such as 1234.56."))
        text = value.strip()
        if not text:
            raise ValidationError(_("Write an amount, such as 1234.56."))
        if _AMBIGUOUS.fullmatch(text):
            raise ValidationError(_("“%(text)s” can be read in two ways; write the cents too.", text=text))
        if _PLAIN.fullmatch(text):
            return Decimal(text)
        try:
            return parse_money(text)
        except DocumentsError as error:
            raise ValidationError(error.sentence) from error


def _sensible(value: Decimal) -> Decimal:
    """JSON, as Python reads it, has `Infinity` and `1e300`."""
    if not value.is_finite() or abs(value) >= TOO_MUCH:
        raise ValidationError(_("This is more than an amount of money can be."))
    return value


class Percent(Money):
    """`"2.00"` or `"2,00"`: 2 %."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"example": "2.00", **options.pop("metadata", {})}, **options)


class AddressFields(Schema):
    """Who it is, and where; the number by which the state knows them comes in two forms."""

    name = Text(required=True, metadata={"example": "Fulana de Tal"})
    street = Text(load_default="", metadata={"example": "Rua das Amostras, 100"})
    district = Text(load_default="", metadata={"example": "Centro"})
    city = Text(load_default="", metadata={"example": "São Paulo"})
    state = Text(load_default="", metadata={"example": "SP"})
    postal_code = Text(load_default="", metadata={"example": "01000-000"})


class PartySchema(AddressFields):
    """A person or a company as printed on a boleto."""

    document = Text(load_default="", metadata={"example": "529.982.247-25", "description": "CPF or CNPJ"})


class PrintedPartySchema(AddressFields):
    """The same on the way out, its number formatted."""

    document = fields.Function(lambda party: ids.formatted(party.get("document", "")), metadata={"type": "string"})
