"""A file's bytes to headers and rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ramal.errors import InvalidPayload
from ramal.i18n import gettext as _
from ramal.tables.cells import Cell, shown


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a file may hold; ``unpacked`` are the bytes of a workbook's parts together, ``cell`` characters."""

    rows: int = 10_000
    columns: int = 100
    cell: int = 1_000
    unpacked: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the number that a spreadsheet program shows beside it; as many cells as there are headers."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The first row that is not empty names the columns; empty rows are left out."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]


def read(data: bytes, limits: Limits = Limits()) -> Table:
    """CSV or XLSX, told by its bytes. `InvalidPayload` (field `file`) says what is wrong with it."""
    from ramal.tables import delimited, workbook

    if data.startswith(workbook.COMPOUND):
        raise refused(_("This is an old or a protected Excel file; save it as XLSX without a password, or as CSV."))
    lines = workbook.lines(data, limits) if data.startswith(workbook.ZIP) else delimited.lines(data, limits)
    numbered = ((number, _trimmed(cells)) for number, cells in enumerate(lines, 1))
    filled = ((number, cells) for number, cells in numbered if cells)
    headers = _headers(filled, limits)
    rows = tuple(_rows(filled, len(headers), limits))
    if not rows:
        raise refused(_("The file has no rows below its headers."))
    return Table(headers, rows)


def refused(sentence: str) -> InvalidPayload:
    """What is wrong with the file as a whole."""
    return InvalidPayload(sentence, {"file": [sentence]})


def too_many_rows(limits: Limits) -> InvalidPayload:
    """The sentence that both readers need."""
    return refused(_("The file has more than %(limit)s rows; split it.", limit=limits.rows))


def too_many_columns(limits: Limits) -> InvalidPayload:
    """The same of columns."""
    return refused(_("The file has more than %(limit)s columns.", limit=limits.columns))


def column_name(place: int) -> str:
    """`A`, `Z`, `AA` of 0, 25, 26."""
    name, left = "", place + 1
    while left:
        left, letter = divmod(left - 1, 26)
        name = chr(65 + letter) + name
    return name


def _trimmed(cells: Iterable[Cell]) -> list[Cell]:
    found = list(cells)
    while found and found[-1] == "":
        found.pop()
    return found


def _headers(filled: Iterator[tuple[int, list[Cell]]], limits: Limits) -> tuple[str, ...]:
    _number, first = next(filled, (0, []))
    if not first:
        raise refused(_("The file is empty."))
    if len(first) > limits.columns:
        raise too_many_columns(limits)
    names: list[str] = []
    for place, cell in enumerate(first):
        name = " ".join(shown(cell).split())[:80] or _("Column %(letter)s", letter=column_name(place))
        # Two columns of one name are told apart by their letter.
        names.append(f"{name} ({column_name(place)})" if name in names else name)
    return tuple(names)


def _rows(filled: Iterator[tuple[int, list[Cell]]], width: int, limits: Limits) -> Iterator[Row]:
    for count, (number, cells) in enumerate(filled, 1):
        if count > limits.rows:
            raise too_many_rows(limits)
        place = {"row": number}
        if len(cells) > width:
            raise refused(_("Row %(row)s has more cells than there are headers.", **place))
        for cell in cells:
            if isinstance(cell, str) and len(cell) > limits.cell:
                raise refused(
                    _("Row %(row)s has a cell of more than %(limit)s characters.", limit=limits.cell, **place)
                )
        yield Row(number, (*cells, *[""] * (width - len(cells))))


def limited(lines: Iterable[Iterable[Cell]], limits: Limits) -> Iterator[Iterable[Cell]]:
    """Lines up to the first that is one too many, empty ones counted: nobody is kept busy with a million of those."""
    most = limits.rows * 2 + 100
    taken = iter(lines)
    yield from islice(taken, most)
    if next(taken, None) is not None:
        raise too_many_rows(limits)
