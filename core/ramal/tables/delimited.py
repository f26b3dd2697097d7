"""CSV as spreadsheet programs write it: which encoding and which delimiter is told by the bytes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from ramal.i18n import gettext as _
from ramal.tables.cells import Cell
from ramal.tables.reading import Limits, limited, refused

_DELIMITERS = ";,\t|"
#: Excel's own line about the file, which it does not count as a row.
_DECLARED = re.compile(rf"sep=([{_DELIMITERS}])\r?\n", re.IGNORECASE)
_UTF_16, _UTF_8 = (b"\xff\xfe", b"\xfe\xff"), b"\xef\xbb\xbf"
#: Characters in which a first line is looked for.
_HEAD = 64 * 1024


def lines(data: bytes, limits: Limits) -> Iterable[Iterable[Cell]]:
    """The rows, cells stripped. `InvalidPayload` for bytes that are no text."""
    data = data.removeprefix(_UTF_8)
    encoding = _encoding(data)
    # Decoded as it is read: a whole text would take up to four times the bytes.
    head = _text(data, encoding).read(_HEAD)
    text = _text(data, encoding)
    declared = _DECLARED.match(head)
    if declared:
        text.readline()
    reader = csv.reader(text, delimiter=declared[1] if declared else _delimiter(head), strict=True)
    return limited(_told(reader), limits)


def _told(reader: Iterable[list[str]]) -> Iterable[list[Cell]]:
    try:
        for line in reader:
            yield [cell.strip() for cell in line]
    except csv.Error as error:
        row = getattr(reader, "line_num", 0)
        raise refused(_("The file can't be read as CSV: line %(row)s (%(error)s).", row=row, error=error)) from error


def _text(data: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")


def _encoding(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or Windows-1252, which Excel writes in Brazil.

    The mark of UTF-8 is no proof: files that were put together from several have it before Windows-1252.
    """
    for encoding in ["utf-16"] if data.startswith(_UTF_16) else ["utf-8", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return encoding
    raise refused(_("This is neither CSV nor XLSX."))


def _delimiter(head: str) -> str:
    """The one that occurs most often, outside of quotes, in the first line that has any text."""
    first = next((line for line in head.splitlines() if line.strip()), "")
    bare = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)
