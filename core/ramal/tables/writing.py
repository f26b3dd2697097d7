"""Tables for people's spreadsheet programs, row by row: what is in memory does not grow with the table.

CSV has semicolons and a byte order mark, which spreadsheet programs in Brazil expect. No cell is ever a formula: in CSV
a text that a program would take for one gets an apostrophe (OWASP, CSV injection), in XLSX every text is one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any

from ramal.tables.cells import Cell, shown

#: Content type by kind of file.
TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
#: Rows that an XLSX sheet has room for.
MOST_ROWS = 1_048_576
#: What begins a formula, or ends a cell early, in one spreadsheet program or another.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
_LONGEST_CELL = 32_767
_DAY = {"num_format": "dd/mm/yyyy"}
_WIDTH = 18


def harmless(text: str) -> str:
    """The text so that no program takes it for a formula."""
    return f"'{text}" if text.startswith(_ACTIVE) else text


def unescaped(text: str) -> str:
    """What ``harmless`` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_ACTIVE) else text


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The rows as lines of CSV: amounts as 1234,56, days as 10/12/2026."""
    yield "\ufeff"
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    for row in rows:
        writer.writerow([_written(cell) for cell in row])
        yield file.getvalue()
        file.seek(0)
        file.truncate()


def write_csv(file: IO[bytes], rows: Iterable[Sequence[Cell]]) -> None:
    """The rows, the headers first, as CSV."""
    for line in csv_lines(rows):
        file.write(line.encode())


def write_xlsx(file: IO[bytes], rows: Iterable[Sequence[Cell]]) -> None:
    """The rows, the headers first, as a workbook of one sheet. Each row goes to disk when the next one comes."""
    from xlsxwriter import Workbook

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        sheet, bold, day = book.add_worksheet(), book.add_format({"bold": True}), book.add_format(_DAY)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            if number == 0:
                sheet.set_column(0, len(row), _WIDTH)
            for place, cell in enumerate(row):
                _put(sheet, number, place, cell, bold if number == 0 else day)


def _put(sheet: Any, number: int, place: int, cell: Cell, looks: Any) -> None:
    if isinstance(cell, Decimal):
        sheet.write_number(number, place, cell)
    elif isinstance(cell, date):
        sheet.write_datetime(number, place, cell, looks)
    elif cell != "":
        sheet.write_string(number, place, cell[:_LONGEST_CELL], *([looks] if number == 0 else []))


def _written(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return shown(cell).replace(".", ",")
    return shown(cell) if isinstance(cell, date) else harmless(cell)
