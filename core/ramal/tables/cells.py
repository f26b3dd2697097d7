"""What stands in a cell, whatever file it came from: text, a number, a day, or nothing (the empty text)."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Cell = str | Decimal | date

#: A spreadsheet computes in binary and shows 15 digits: 0.1 + 0.2 is 0.3 to whoever looks at it.
_DIGITS = 15


def cell(value: Any) -> Cell:
    """A spreadsheet's value as ours."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        # A file may say `NaN` or `1E+999` where a number belongs; it is text then, which no rule takes for an amount.
        return Decimal(f"{value:.{_DIGITS}g}") if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (time, timedelta)):
        return str(value)
    # A workbook can spell the character 0, which no database keeps in a text.
    return str(value).replace("\0", "").strip() if value is not None else ""


def short(day: date) -> str:
    """`22/11/2026`."""
    return f"{day:%d/%m/}{day.year:04d}"


def shown(value: Cell) -> str:
    """The cell as text: `1234.5`, `10/12/2026`."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return short(value) if isinstance(value, date) else value
