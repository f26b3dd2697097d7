"""Reading a boleto of a bank: line or barcode, field by field, down to the bank's free field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ramal_documents import money
from ramal_documents.boleto import code
from ramal_documents.boleto.banks import BANKS, bank_name
from ramal_documents.boleto.banks.base import word
from ramal_documents.boleto.digits import general, mod10
from ramal_documents.boleto.due_factor import due_date
from ramal_documents.boleto.reading import Field, Reading, Source, WrongDigit
from ramal_documents.dates import short
from ramal_documents.words import gettext as _

# Where each digit of the free field stands in a line, counted from 1.
_FREE_IN_LINE = (*range(5, 10), *range(11, 21), *range(22, 32))
_LINE_BLOCKS = ((0, 9), (10, 20), (21, 31))
_GENERAL_IN_LINE, _GENERAL_IN_CODE = 33, 5


@dataclass(frozen=True)
class _Value:
    """Positions 6 to 19: factor and value, or a value so large that it takes both."""

    factor: str
    due: date | None
    amount: Decimal


def read_line(line: str, today: date) -> Reading:
    """From the 47 digits of a line."""
    return _reading("line", code.barcode_of_line(line), line, today)


def read_barcode(barcode: str, today: date) -> Reading:
    """From the 44 digits of a barcode."""
    return _reading("barcode", barcode, code.digitable_line(barcode), today)


def fits(line: str) -> bool:
    """Whether every check digit of a line does."""
    if any(mod10(line[start:end]) != line[end] for start, end in _LINE_BLOCKS):
        return False
    return not any(_wrong(code.barcode_of_line(line), "line"))


def _reading(source: Source, barcode: str, line: str, today: date) -> Reading:
    value = _value(barcode, today)
    return Reading(
        kind="boleto",
        source=source,
        barcode=barcode,
        digitable_line=line,
        digitable_line_formatted=code.formatted_line(line),
        amount=value.amount,
        fields=(*_head(barcode, value), *_free_fields(barcode)),
        wrong=(*(_wrong_blocks(line) if source == "line" else ()), *_wrong(barcode, source)),
        bank=barcode[:3],
        bank_name=bank_name(barcode[:3]),
        due_factor=value.factor,
        due_date=value.due,
        free_field=barcode[19:],
    )


def _value(barcode: str, today: date) -> _Value:
    digits = barcode[5:19]
    due = due_date(digits[:4], today)
    if due is None:
        return _Value("", None, money.from_cents(int(digits)))
    return _Value(digits[:4], due, money.from_cents(int(digits[4:])))


def _head(barcode: str, value: _Value) -> Iterator[Field]:
    name = bank_name(barcode[:3]) or _("a bank that is not known here")
    yield Field("bank", _("Bank"), 1, 3, barcode[:3], name)
    currency = _("real") if barcode[3] == "9" else _("not the real, which is 9")
    yield Field("currency", _("Currency"), 4, 4, barcode[3], currency)
    right = general(barcode[:4] + barcode[5:])
    meaning = _("right") if right == barcode[4] else _("should be %(right)s", right=right)
    yield Field("digit", _("Check digit of the barcode"), 5, 5, barcode[4], meaning)
    amount = money.with_symbol(value.amount) if value.amount else _("no value: the payer decides it")
    if value.due is None:
        none = _("no due date; the value may take up to 13 digits")
        yield Field("amount", _("Value"), 6, 19, barcode[5:19], f"{amount} ({none})")
        return
    due = _("due on %(date)s", date=short(value.due))
    yield Field("due_factor", _("Due factor (fator de vencimento)"), 6, 9, value.factor, due)
    yield Field("amount", _("Value"), 10, 19, barcode[9:19], amount)


def _free_fields(barcode: str) -> Iterator[Field]:
    """The bank's 25 digits, by its layout where it is known."""
    free_field, bank = barcode[19:], BANKS.get(barcode[:3])
    layout = bank.layout_for_reading(free_field) if bank is not None else None
    if layout is None:
        meaning = _("the bank's own digits; their layout is not known here")
        yield Field("free_field", _("Free field (campo livre)"), 20, 44, free_field, meaning)
        return
    place = 20
    for part, digits in layout.read(free_field):
        yield Field(part.name, part_label(part.name), place, place + part.size - 1, digits)
        place += part.size


def _wrong_blocks(line: str) -> Iterator[WrongDigit]:
    for number, (start, end) in enumerate(_LINE_BLOCKS, 1):
        expected, found = mod10(line[start:end]), line[end]
        if expected != found:
            values = {"number": number, "expected": expected, "found": found}
            sentence = _(
                "Block %(number)s of the line: its check digit should be %(expected)s, not %(found)s.", **values
            )
            yield WrongDigit(f"block_{number}", end + 1, expected, found, sentence)


def _wrong(barcode: str, source: Source) -> Iterator[WrongDigit]:
    yield from _wrong_general(barcode, source)
    yield from _wrong_free(barcode, source)


def _wrong_general(barcode: str, source: Source) -> Iterator[WrongDigit]:
    expected, found = general(barcode[:4] + barcode[5:]), barcode[4]
    if expected != found:
        values = {"expected": expected, "found": found}
        sentence = _("The check digit of the whole should be %(expected)s, not %(found)s.", **values)
        position = _GENERAL_IN_LINE if source == "line" else _GENERAL_IN_CODE
        yield WrongDigit("general", position, expected, found, sentence)


def _wrong_free(barcode: str, source: Source) -> Iterator[WrongDigit]:
    """Check digits inside the free field, by the rules of its bank."""
    free_field, bank = barcode[19:], BANKS.get(barcode[:3])
    layout = bank.layout_for_reading(free_field) if bank is not None else None
    if bank is None or layout is None:
        return
    parts = {part.name: digits for part, digits in layout.read(free_field)}
    expected = bank.expected(parts, free_field)
    place = 0
    for part, digits in layout.read(free_field):
        if part.name in expected and digits != expected[part.name]:
            values = {"field": part_label(part.name), "expected": expected[part.name], "found": digits}
            sentence = _("%(field)s: by the bank's rule it should be %(expected)s, not %(found)s.", **values)
            position = _FREE_IN_LINE[place] if source == "line" else 20 + place
            yield WrongDigit(part.name, position, expected[part.name], digits, sentence)
        place += part.size


def part_label(name: str) -> str:
    """What a part of a free field is called."""
    labels = {
        "fixed": _("always so"),
        "numbers": _("convênio and nosso número"),
        "number_a": _("nosso número, digits 1 to 3"),
        "number_b": _("nosso número, digits 4 to 6"),
        "number_c": _("nosso número, digits 7 to 15"),
        "registration": _("1: registered; 2: not registered"),
        "issuer": _("issued by: 4 the beneficiary, 1 the bank"),
        "digit": _("check digit of the free field"),
        "digits": _("check digits of the free field"),
        "ios": _("IOS, of insurers"),
        "layout": _("issued by: 3 the bank, 4 the beneficiary"),
        "valued": _("1 when the boleto has a value"),
    }
    return labels.get(name) or word(name)
