"""Money: text to `Decimal` and back, cents, words, instalments.

A sum of money is a `Decimal` with at most two places; `float` is refused, because it can't hold ten cents.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from ramal_documents.errors import DocumentsError
from ramal_documents.spelling import number_words
from ramal_documents.words import gettext as _

CENT = Decimal("0.01")
#: What can be computed with, printed and written in words is below it, either way.
TOO_MUCH = Decimal(10) ** 15

# 1.234.567,89 · 1234567,8 · 1.234 · 1234.56 (as machines write it: one dot, not followed by exactly three digits)
_BRAZILIAN = re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,(?P<cents>[0-9]{1,2}))?")
_MACHINE = re.compile(r"(?P<whole>[0-9]+)\.(?P<cents>[0-9]{1,2})")
_MARKS = re.compile(r"[\s\u00a0]+|R\$")


def parse_money(text: str, field: str = "amount") -> Decimal:
    """`R$ 1.234,56`, `1234,5`, `1234.56` or `-3,00` as `Decimal`; `DocumentsError` when it can't be told."""
    bare = _MARKS.sub("", text)
    negative = bare.startswith("-")
    number = bare.removeprefix("-")
    found = _BRAZILIAN.fullmatch(number) or _MACHINE.fullmatch(number)
    if found is None:
        sentence = _("“%(text)s” is not an amount of money; write it as 1.234,56.", text=text)
        raise DocumentsError(field, sentence)
    value = Decimal(found["whole"].replace(".", "") + "." + (found["cents"] or "0").ljust(2, "0"))
    if value >= TOO_MUCH:
        raise DocumentsError(field, _("This is more than an amount of money can be."))
    return -value if negative else value


def rounded(value: Decimal) -> Decimal:
    """To the cent, half a cent upwards, as merchants do."""
    return value.quantize(CENT, ROUND_HALF_UP)


def cents(value: Decimal) -> int:
    """Whole cents; `DocumentsError` when there is a fraction of one, or too many of them."""
    if not value.is_finite() or abs(value) >= TOO_MUCH:
        raise DocumentsError("amount", _("This is more than an amount of money can be."))
    scaled = value * 100
    if scaled != scaled.to_integral_value():
        raise DocumentsError("amount", _("%(value)s has more than two decimal places.", value=value))
    return int(scaled)


def from_cents(number: int) -> Decimal:
    """`123456` as `Decimal("1234.56")`."""
    return Decimal(number).scaleb(-2)


def formatted(value: Decimal) -> str:
    """`1.234,56`."""
    text = f"{rounded(value):,.2f}"
    return text.translate(str.maketrans(",.", ".,"))


def with_symbol(value: Decimal) -> str:
    """`R$ 1.234,56`; the minus stands first."""
    return f"-R$ {formatted(-value)}" if value < 0 else f"R$ {formatted(value)}"


def extenso(value: Decimal) -> str:
    """`Decimal("1518.01")` → "mil quinhentos e dezoito reais e um centavo"; from 0 to below 10¹⁵ reais.

    "De reais" follows an exact million.
    """
    reais, centavos = divmod(cents(value), 100)
    if reais == 0 and centavos:
        return _centavos(centavos)
    words = number_words(reais)
    if reais and reais % 10**6 == 0:
        words += " de reais"
    else:
        words += " real" if reais == 1 else " reais"
    return f"{words} e {_centavos(centavos)}" if centavos else words


def instalments(total: Decimal, count: int) -> tuple[Decimal, ...]:
    """`total` in `count` parts that add up to the cent; the cents that do not divide go to the first parts."""
    if count < 1:
        raise DocumentsError("count", _("There must be at least one instalment."))
    each, left = divmod(cents(total), count)
    if total < 0 or each == 0:
        sentence = _("%(total)s can't be split into %(count)s instalments.", total=with_symbol(total), count=count)
        raise DocumentsError("count", sentence)
    return tuple(from_cents(each + (position < left)) for position in range(count))


def _centavos(number: int) -> str:
    return f"{number_words(number)} {'centavo' if number == 1 else 'centavos'}"
