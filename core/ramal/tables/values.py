"""Cells to amounts and days, in the way of the column they stand in.

What can be read in two ways (`1.234`, `05/12/2026`) is settled by the rest of its column, or by whoever says how it is
written; where neither does, it is refused in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ramal.i18n import gettext as _
from ramal.tables.cells import Cell, short, shown

#: `1.234,56` and `1,234.56`; day first and month first. The empty text leaves it to the column.
NUMBERS = ("", "pt", "en")
ORDERS = ("", "dmy", "mdy")

_MARKS = re.compile(r"[\s\u00a0]+|R\$|BRL")
_PT = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]{1,2})?")
_EN = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,2})?")
#: One separator before three digits: a thousand to some, a fraction to others.
_TWO_WAYS = re.compile(r"-?[0-9]{1,3}[.,][0-9]{3}")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00)?(?:\.0+)?Z?)?")
_SLASHES = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_TWO_DIGIT_YEAR = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}")
_DAY_MONTH = re.compile(r"([0-9]{1,2})[ºª]?(?: de)?[\s/.-]+([^\W\d]{3,10})\.?,?(?: de)?[\s/.-]+([0-9]{4})")
_MONTH_DAY = re.compile(r"([^\W\d]{3,10})\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})")
_PORTUGUESE = ("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro")
_PORTUGUESE_MONTHS = (*_PORTUGUESE, "novembro", "dezembro")
_ENGLISH = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
_ENGLISH_MONTHS = (*_ENGLISH, "november", "december")


class CellError(ValueError):
    """What is wrong with a cell: a rule's name for programs, a sentence for people."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule
        self.sentence = sentence


def amount(cell: Cell, numbers: str = "") -> Decimal:
    """The cell as money. `numbers` (`pt`, `en`) settles what can be read in two ways."""
    if isinstance(cell, Decimal):
        return cell
    text = _MARKS.sub("", shown(cell))
    if _TWO_WAYS.fullmatch(text) and not numbers:
        raise CellError(
            "ambiguous_amount",
            _("“%(text)s” can be read in two ways; write the cents too, or say how numbers are written.", text=text),
        )
    pt, en = _PT.fullmatch(text), _EN.fullmatch(text)
    if _TWO_WAYS.fullmatch(text):
        pt, en = (pt, None) if numbers == "pt" else (None, en)
    if isinstance(cell, date) or not (pt or en):
        raise CellError(
            "not_an_amount", _("“%(text)s” is not an amount of money; write it as 1.234,56.", text=shown(cell))
        )
    return Decimal(text.replace(".", "").replace(",", ".") if pt else text.replace(",", ""))


def day(cell: Cell, order: str = "") -> date:
    """The cell as a day. `order` (`dmy`, `mdy`) settles what can be read in two ways, and is then the only one."""
    if isinstance(cell, date):
        return cell
    text = shown(cell)
    found = _ISO.fullmatch(text)
    if found:
        return _made(text, int(found[1]), int(found[2]), int(found[3]))
    if _TWO_DIGIT_YEAR.fullmatch(text):
        raise CellError("ambiguous_date", _("“%(text)s”: write the year with four digits.", text=text))
    found = _SLASHES.fullmatch(text)
    if found:
        return _ordered(text, int(found[1]), int(found[3]), int(found[4]), order)
    return _named(text)


def numbers_of(cells: Iterable[Cell]) -> str:
    """How a column writes its amounts, told by those that leave no doubt; empty when none does, or they differ."""
    found = set()
    for cell in cells:
        text = _MARKS.sub("", cell) if isinstance(cell, str) else ""
        if text.count(",") + text.count(".") and not _TWO_WAYS.fullmatch(text):
            found |= {"pt"} & {"pt" if _PT.fullmatch(text) and not _EN.fullmatch(text) else ""}
            found |= {"en"} & {"en" if _EN.fullmatch(text) and not _PT.fullmatch(text) else ""}
    return found.pop() if len(found) == 1 else ""


def order_of(cells: Iterable[Cell]) -> str:
    """How a column writes its days, told by those above the 12th; empty when there is none, or they differ."""
    found = set()
    for cell in cells:
        parts = _SLASHES.fullmatch(cell) if isinstance(cell, str) else None
        if parts and int(parts[1]) > _MOST_MONTHS:
            found.add("dmy")
        elif parts and int(parts[3]) > _MOST_MONTHS:
            found.add("mdy")
    return found.pop() if len(found) == 1 else ""


_MOST_MONTHS = 12


def _ordered(text: str, first: int, second: int, year: int, order: str) -> date:
    day_first, month_first = _possible(year, second, first), _possible(year, first, second)
    if order:
        month, day_ = (second, first) if order == "dmy" else (first, second)
        return _made(text, year, month, day_)
    if day_first and month_first and day_first != month_first:
        raise CellError(
            "ambiguous_date",
            _(
                "“%(text)s” can be %(one)s or %(other)s (day/month/year); say how days are written.",
                text=text,
                one=short(day_first),
                other=short(month_first),
            ),
        )
    return day_first or month_first or _made(text, year, second, first)


def _named(text: str) -> date:
    """`10 de dezembro de 2026`, `10/dez/2026`, `Dec 10, 2026`."""
    found = _DAY_MONTH.fullmatch(text)
    if found:
        return _made(text, int(found[3]), _month(found[2]), int(found[1]))
    found = _MONTH_DAY.fullmatch(text)
    if found:
        return _made(text, int(found[3]), _month(found[1]), int(found[2]))
    raise _no_day(text)


def _month(name: str) -> int:
    """1 to 12; 0 for what is no month."""
    low = name.lower()
    for names in (_PORTUGUESE_MONTHS, _ENGLISH_MONTHS):
        for number, whole in enumerate(names, 1):
            if low in (whole, whole[:3]):
                return number
    return 0


def _possible(year: int, month: int, day_: int) -> date | None:
    try:
        return date(year, month, day_)
    except ValueError:
        return None


def _made(text: str, year: int, month: int, day_: int) -> date:
    found = _possible(year, month, day_)
    if found is None:
        raise _no_day(text)
    return found


def _no_day(text: str) -> CellError:
    return CellError("not_a_date", _("“%(text)s” is not a day; write it as 10/12/2026.", text=text))
