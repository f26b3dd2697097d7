"""XLSX: looked through and packed anew before the reader sees it.

The reader (calamine) lays the used rectangle of a sheet out in memory, so that two cells far apart end the process, and
it unpacks whatever a part holds. So every part is unpacked here first, counted while it streams; a sheet's cells are
located by expat; and the reader gets a workbook of just what was looked at. It copies a shared text for every cell that
refers to it, so those copies are added up first.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ramal.errors import InvalidPayload
from ramal.i18n import gettext as _
from ramal.tables.cells import Cell, cell
from ramal.tables.reading import Limits, limited, refused, too_many_columns, too_many_rows

ZIP = b"PK\x03\x04"
#: Old Excel files, and new ones with a password.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 64 * 1024
_SHARED = "xl/sharedstrings.xml"  # the reader does not tell large letters from small ones
_PARTS = 200
_LONGEST_PLACE = 10
_READ = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/[^/]+\.xml|xl/_rels/[^/]+\.rels|xl/worksheets/[^/]+\.xml")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def lines(data: bytes, limits: Limits) -> Iterable[Iterable[Cell]]:
    """The rows of the first sheet that is shown. `InvalidPayload` for what is no workbook, or too much of one."""
    try:
        looked_at = _packed(_parts(data, limits))
        book = CalamineWorkbook.from_filelike(io.BytesIO(looked_at))
        sheet = book.get_sheet_by_index(_first_shown(book))
    except (
        CalamineError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        expat.ExpatError,
    ) as error:
        raise refused(_("The XLSX file is damaged: %(error)s", error=error)) from error
    return limited(([cell(value) for value in line] for line in sheet.iter_rows()), limits)


def _first_shown(book: Any) -> int:
    for place, about in enumerate(book.sheets_metadata):
        if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible:
            return place
    raise refused(_("The workbook has no sheet that is shown."))


def _parts(data: bytes, limits: Limits) -> Mapping[str, bytes]:
    """What the reader needs, by name, unpacked within the limits."""
    found: dict[str, bytes] = {}
    left, sheets, texts = limits.unpacked, [], _Texts()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        _demand_plain([entry.filename for entry in entries])
        for entry in entries:
            if not _READ.fullmatch(entry.filename):
                continue
            content = _unpacked(archive, entry, left)
            left -= len(content)
            # Any part may be named as a sheet, so each is looked at like one.
            sheets.append(_Sheet(limits))
            _look_through(content, sheets[-1])
            if entry.filename.lower() == _SHARED:
                _look_through(content, texts)
            found[entry.filename] = content
    if any(texts.length_of(sheet.shared) > limits.unpacked for sheet in sheets):
        raise _too_large()
    return found


def _demand_plain(names: list[str]) -> None:
    if len(names) > _PARTS or len(set(names)) != len(names):
        raise refused(_("The XLSX file has too many parts."))
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise refused(_("The workbook refers to other files; paste what it shows as values and save it again."))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise refused(_("The workbook has macros; save it as XLSX without them."))


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    content = bytearray()
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            content += chunk
            if len(content) > left:
                raise _too_large()
    return bytes(content)


def _too_large() -> InvalidPayload:
    return refused(_("The XLSX file is too large once it is unpacked."))


def _look_through(content: bytes, part: _Part) -> None:
    """Well-formed, without a document type (and so without entities); `part` is told what is in it."""
    parser = expat.ParserCreate()

    def doctype(*_given: object) -> None:
        raise refused(_("The XLSX file is damaged: %(error)s", error="DOCTYPE"))

    parser.StartDoctypeDeclHandler = doctype
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler = part.begins, part.says
    parser.Parse(content, True)


class _Part(Protocol):
    """What is told of a part's elements and texts."""

    def begins(self, name: str, attributes: Mapping[str, str]) -> None: ...

    def says(self, text: str) -> None: ...


class _Texts:
    """How long each text is that cells share."""

    def __init__(self) -> None:
        self._lengths = array("L")

    def begins(self, name: str, _attributes: Mapping[str, str]) -> None:
        """The next one, or a run of it."""
        if _kind(name) == "si":
            self._lengths.append(0)

    def says(self, text: str) -> None:
        """Some of it."""
        if self._lengths:
            self._lengths[-1] += len(text)

    def length_of(self, places: Iterable[int]) -> int:
        """Characters of these together."""
        return sum(self._lengths[place] for place in places if place < len(self._lengths))


class _Sheet:
    """Follows where cells stand, and which texts they share; a cell without an address comes after the one before."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._row = self._column = 0
        self._is_shared = False
        self.shared = array("L")

    def begins(self, name: str, attributes: Mapping[str, str]) -> None:
        """A row, a cell, or something in it: cells that only have a colour count for nothing."""
        kind = _kind(name)
        if kind == "row":
            given = attributes.get("r", "")
            self._row = int(given) if given.isdecimal() and len(given) < 8 else self._row + 1
            self._column = 0
        elif kind == "c":
            self._is_shared = attributes.get("t") == "s"
            self._cell(attributes.get("r", ""))
        elif kind in ("v", "is", "f"):
            # Empty rows in between count as well: the reader lays them out.
            if self._row > self._limits.rows * 2 + 100:
                raise too_many_rows(self._limits)
            if self._column > self._limits.columns:
                raise too_many_columns(self._limits)

    def says(self, text: str) -> None:
        """A value: of a shared text, its place among them."""
        place = text.strip().removeprefix("+")
        if self._is_shared and place.isdecimal() and len(place) < _LONGEST_PLACE:
            self.shared.append(int(place))

    def _cell(self, given: str) -> None:
        place = _PLACE.fullmatch(given.upper())
        if place is None:
            self._column += 1
            return
        self._row, self._column = max(self._row, int(place[2])), 0
        for letter in place[1]:
            self._column = self._column * 26 + ord(letter) - 64


def _kind(name: str) -> str:
    return name.rpartition(":")[2]


def _packed(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()
