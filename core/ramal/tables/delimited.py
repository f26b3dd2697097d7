"""CSV as spreadsheet programs write it: which encoding and which delimiter is told by the bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from ramal.i18n import gettext as _
from ramal.tables.cells import Cell
from ramal.tables.reading import Limits, limited, refused

_DELIMITERS = ";,\t|"


def lines(data: bytes, limits: Limits) -> Iterable[Iterable[Cell]]:
    """The rows, cells stripped. `InvalidPayload` for bytes that are no text."""
    text = _text(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    return limited(_told(reader), limits)


def _told(reader: Iterable[list[str]]) -> Iterable[list[Cell]]:
    try:
        for line in reader:
            yield [cell.strip() for cell in line]
    except csv.Error as error:
        row = getattr(reader, "line_num", 0)
        raise refused(_("The file can't be read as CSV: line %(row)s (%(error)s).", row=row, error=error)) from error


def _text(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or Windows-1252, which Excel writes in Brazil."""
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise refused(_("This is neither CSV nor XLSX."))


def _delimiter(text: str) -> str:
    """The one that occurs most often, outside of quotes, in the first line that has any text."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)
