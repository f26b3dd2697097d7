"""Money in JSON: text on the way out, text or a number on the way in, and never a float in between."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from ramal.api import InvalidPayload
from ramal.api import gettext as _
from ramal_crm import money

_PLAIN = re.compile(r"[0-9]{1,15}(\.[0-9]{1,10})?")


class Money(fields.Field[Decimal]):
    """``"1234.56"``, a JSON number, or ``"1.234,56"`` as people type it: reais, rounded to the cent."""

    def __init__(self, **options: Any) -> None:
        metadata = {"type": "string", "example": "1234.56", **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_options: Any) -> str | None:
        return None if value is None else f"{Decimal(value):.2f}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_options: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValidationError(_("Write an amount, such as 1234.56."))
        text = str(value).strip()
        found = Decimal(text) if _PLAIN.fullmatch(text) and not _ambiguous(value, text) else _typed(text)
        if found > money.LARGEST:
            raise ValidationError(_("An amount is between 0 and 999.999.999.999,99."))
        return money.rounded(found) + 0  # no negative zero


def _ambiguous(value: Any, text: str) -> bool:
    """``1.234`` as a text is a thousand to one reader and little more than one to the other."""
    return isinstance(value, str) and re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", text) is not None


def _typed(text: str) -> Decimal:
    try:
        return money.read(text, "amount")
    except InvalidPayload as error:
        raise ValidationError(error.message) from error
