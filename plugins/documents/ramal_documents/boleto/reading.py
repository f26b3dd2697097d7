"""What reading a line or a barcode gives: fields with their meaning, and wrong digits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Kind = Literal["boleto", "collection"]
Source = Literal["line", "barcode"]


@dataclass(frozen=True)
class Field:
    """Some digits of the barcode and what they mean. `start` and `end` count from 1, as manuals do."""

    name: str
    label: str
    start: int
    end: int
    digits: str
    meaning: str = ""


@dataclass(frozen=True)
class WrongDigit:
    """A check digit that does not fit. `position` counts the digits as they were typed, from 1."""

    block: str
    position: int
    expected: str
    found: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a line or a barcode says; `ok` when every check digit fits.

    A collection (arrecadação: taxes, water, power) has no due date and no bank. `corrections` are lines that differ
    in one digit, or in two neighbours changed over, and fit; there are some only when they are few.
    """

    kind: Kind
    source: Source
    barcode: str
    digitable_line: str
    digitable_line_formatted: str
    amount: Decimal | None
    fields: tuple[Field, ...]
    wrong: tuple[WrongDigit, ...] = ()
    corrections: tuple[str, ...] = ()
    bank: str = ""
    bank_name: str = ""
    due_factor: str = ""
    due_date: date | None = None
    free_field: str = ""
    segment: str = ""
    company: str = ""

    @property
    def ok(self) -> bool:
        """Whether every check digit fits."""
        return not self.wrong
