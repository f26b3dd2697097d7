"""Sums in reais: ``Decimal`` with two places, read and written as people in Brazil write them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from ramal.api import InvalidPayload, tables
from ramal.api import gettext as _

CENT = Decimal("0.01")
#: What a column of money holds.
LARGEST = Decimal("999999999999.99")


def rounded(value: Decimal) -> Decimal:
    """To the cent, half a cent upwards, as merchants do."""
    return value.quantize(CENT, ROUND_HALF_UP)


def formatted(value: Decimal) -> str:
    """``1.234,56``."""
    return f"{rounded(value):,.2f}".translate(str.maketrans(",.", ".,"))


def reais(value: Decimal) -> str:
    """``R$ 1.234,56``, with a space that does not break."""
    return f"R$\u00a0{formatted(value)}"


def read(text: str, field: str) -> Decimal:
    """``1.234,56``, ``R$ 1234`` or ``1234.56``. InvalidPayload names ``field``."""
    try:
        value = tables.amount(text)
    except tables.CellError as error:
        raise InvalidPayload(error.sentence, {field: [error.sentence]}) from error
    if not 0 <= value <= LARGEST:
        sentence = _("An amount is between 0 and 999.999.999.999,99.")
        raise InvalidPayload(sentence, {field: [sentence]})
    return value
