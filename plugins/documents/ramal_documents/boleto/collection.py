"""Reading a guia de arrecadação: taxes and public services, 44 digits or four blocks of eleven and a check digit.

FEBRABAN, "Layout padrão de arrecadação/recebimento com utilização do código de barras". Read only; nobody here
issues one.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ramal_documents import money
from ramal_documents.boleto.digits import mod10, mod11
from ramal_documents.boleto.reading import Field, Reading, Source, WrongDigit
from ramal_documents.words import gettext as _

_BLOCK = 11
_WITH_AMOUNT, _MOD10 = ("6", "8"), ("6", "7")
_BY_CNPJ = "6"  # the segment whose company is the first eight characters of a CNPJ


def read(digits: str) -> Reading:
    """From 48 digits of a line or 44 of a barcode."""
    source: Source = "line" if len(digits) == 48 else "barcode"
    barcode = _barcode_of(digits) if source == "line" else digits
    line = digits if source == "line" else line_of(barcode)
    wrong = tuple(_wrong_blocks(line)) if source == "line" else ()
    company = barcode[15:23] if barcode[1] == _BY_CNPJ else barcode[15:19]
    return Reading(
        kind="collection",
        source=source,
        barcode=barcode,
        digitable_line=line,
        digitable_line_formatted=" ".join(
            f"{line[start : start + 11]}-{line[start + 11]}" for start in range(0, 48, 12)
        ),
        amount=amount(barcode),
        fields=tuple(_fields(barcode, company)),
        wrong=(*wrong, *_wrong_general(barcode)),
        segment=segment_name(barcode[1]),
        company=company,
    )


def line_of(barcode: str) -> str:
    """The 48 digits for a barcode's 44."""
    blocks = (barcode[start : start + _BLOCK] for start in range(0, 44, _BLOCK))
    return "".join(block + digit(barcode[2], block) for block in blocks)


def fits(line: str) -> bool:
    """Whether a line is an arrecadação's and every check digit fits."""
    return line[0] == "8" and not any(_wrong_blocks(line)) and not any(_wrong_general(_barcode_of(line)))


def digit(kind: str, digits: str) -> str:
    """By the third digit: 6 and 7 mean modulo 10, 8 and 9 modulo 11."""
    return mod10(digits) if kind in _MOD10 else mod11(digits)


def amount(barcode: str) -> Decimal | None:
    """In reais; None when the eleven digits are a quantity of some other unit."""
    return money.from_cents(int(barcode[4:15])) if barcode[2] in _WITH_AMOUNT else None


def segment_name(number: str) -> str:
    """Who is paid."""
    names = {
        "1": _("city halls"),
        "2": _("water and sewage"),
        "3": _("power and gas"),
        "4": _("telecommunications"),
        "5": _("public bodies"),
        "6": _("companies, by their CNPJ"),
        "7": _("traffic fines"),
        "9": _("the bank's own use"),
    }
    return names.get(number, _("unknown"))


def _barcode_of(line: str) -> str:
    return "".join(line[start : start + _BLOCK] for start in range(0, 48, 12))


def _fields(barcode: str, company: str) -> Iterator[Field]:
    yield Field("product", _("Product"), 1, 1, barcode[0], _("arrecadação"))
    yield Field("segment", _("Segment"), 2, 2, barcode[1], segment_name(barcode[1]))
    rule = _("modulo 10") if barcode[2] in _MOD10 else _("modulo 11")
    what = _("value in reais") if barcode[2] in _WITH_AMOUNT else _("quantity of a unit")
    yield Field("value_kind", _("Kind of value"), 3, 3, barcode[2], f"{what}, {rule}")
    right = digit(barcode[2], barcode[:3] + barcode[4:])
    meaning = _("right") if right == barcode[3] else _("should be %(right)s", right=right)
    yield Field("digit", _("Check digit of the barcode"), 4, 4, barcode[3], meaning)
    value = amount(barcode)
    yield Field("amount", _("Value"), 5, 15, barcode[4:15], money.with_symbol(value) if value is not None else "")
    end = 15 + len(company)
    yield Field("company", _("Company or body"), 16, end, company)
    yield Field("free_field", _("Free field, the company's own"), end + 1, 44, barcode[end:])


def _wrong_blocks(line: str) -> Iterator[WrongDigit]:
    for number in range(4):
        start = number * 12
        expected, found = digit(line[2], line[start : start + _BLOCK]), line[start + _BLOCK]
        if expected != found:
            values = {"number": number + 1, "expected": expected, "found": found}
            sentence = _(
                "Block %(number)s of the line: its check digit should be %(expected)s, not %(found)s.", **values
            )
            yield WrongDigit(f"block_{number + 1}", start + 12, expected, found, sentence)


def _wrong_general(barcode: str) -> Iterator[WrongDigit]:
    expected, found = digit(barcode[2], barcode[:3] + barcode[4:]), barcode[3]
    if expected != found:
        values = {"expected": expected, "found": found}
        sentence = _("The check digit of the whole should be %(expected)s, not %(found)s.", **values)
        yield WrongDigit("general", 4, expected, found, sentence)
