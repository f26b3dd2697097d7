"""A PDF file, written as it grows: fonts, forms and pages; nothing of a page stays in memory after it.

The file is PDF 1.4 with the classic table of references. Lengths are in millimetres from the page's lower left corner:
every page begins by scaling them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

from ramal_documents.sheet.typeface import BOLD, REGULAR, Face

A4 = (210.0, 297.0)
POINTS = 72 / 25.4
_SCALE = b"%.6f 0 0 %.6f 0 0 cm\n" % (POINTS, POINTS)
_CATALOG, _PAGES, _INFO = 1, 2, 3


@dataclass(frozen=True, eq=False)
class Form:
    """Something drawn once and shown on many pages; every instance is a form of its own."""

    packed: bytes
    width: float
    height: float

    @classmethod
    def of(cls, drawn: bytes, width: float, height: float) -> Form:
        """With what was drawn, in millimetres, compressed for good."""
        return cls(zlib.compress(drawn, 9), width, height)


class Writer:
    """Writes to `file`, which needs neither seeking nor reading."""

    def __init__(self, file: IO[bytes], title: str) -> None:
        self._file = file
        self._place = 0
        self._places: dict[int, int] = {}
        self._next = 4
        self._pages: list[int] = []
        self._forms: dict[Form, tuple[bytes, int]] = {}
        self._write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        self._object(_INFO, b"<< /Title %s /Producer (Ramal) >>" % _unicode(title))
        fonts = b" ".join(b"/%s %d 0 R" % (face.resource.encode(), self._font(face)) for face in (REGULAR, BOLD))
        self._resources = b"/Font << %s >>" % fonts

    def form(self, form: Form) -> bytes:
        """The name of a form, written the first time it is seen."""
        if form not in self._forms:
            head = b"/Type /XObject /Subtype /Form /BBox [0 0 %.3f %.3f] /Resources << %s >>"
            number = self._stream(head % (form.width, form.height, self._resources), form.packed)
            self._forms[form] = (b"F%d" % len(self._forms), number)
        return self._forms[form][0]

    def page(self, drawn: bytes, size: tuple[float, float] = A4) -> None:
        """A page with what was drawn on it, forms included."""
        content = self._stream(b"", zlib.compress(_SCALE + drawn))
        forms = b" ".join(b"/%s %d 0 R" % form for form in self._forms.values())
        head = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R /Resources << %s "
        body = head % (_PAGES, size[0] * POINTS, size[1] * POINTS, content, self._resources)
        self._pages.append(self._object(None, body + b"/XObject << %s >> >> >>" % forms))

    def close(self) -> None:
        """The catalogue and the table; the file itself stays open. Viewers are asked not to scale the page."""
        kids = b" ".join(b"%d 0 R" % number for number in self._pages)
        self._object(_PAGES, b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(self._pages)))
        catalog = b"<< /Type /Catalog /Pages %d 0 R /Lang (pt-BR) /ViewerPreferences << /PrintScaling /None >> >>"
        self._object(_CATALOG, catalog % _PAGES)
        start, count = self._place, self._next
        rows = b"".join(b"%010d 00000 n \n" % self._places[number] for number in range(1, count))
        self._write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, rows))
        trailer = b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        self._write(trailer % (count, _CATALOG, _INFO, start))

    def _font(self, face: Face) -> int:
        """A simple TrueType font: its text is Windows-1252, so it can be copied and searched."""
        data, size = face.program()
        program = self._stream(b"/Length1 %d" % size, data)
        descriptor, font = _descriptions(face)
        return self._object(None, font % self._object(None, descriptor % program))

    def _stream(self, head: bytes, packed: bytes) -> int:
        body = b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (head, len(packed), packed)
        return self._object(None, body)

    def _object(self, number: int | None, body: bytes) -> int:
        if number is None:
            number = self._next
            self._next += 1
        self._places[number] = self._place
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        return number

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._place += len(data)


@lru_cache(maxsize=2)
def _descriptions(face: Face) -> tuple[bytes, bytes]:
    """Font descriptor and font, each with room for the number of what it refers to."""
    bold = face is BOLD
    name = b"RAMAL%s+Arimo%s" % (face.resource.encode(), b"-Bold" if bold else b"")
    box = b" ".join(b"%d" % value for value in face.box)
    measures = (face.ascent, face.descent, face.cap_height, 140 if bold else 80)
    descriptor = b"<< /Type /FontDescriptor /FontName /%s /Flags 32 /FontBBox [%s] /ItalicAngle 0 " % (name, box)
    descriptor += b"/Ascent %d /Descent %d /CapHeight %d /StemV %d /FontFile2 %%d 0 R >>" % measures
    widths = b" ".join(b"%d" % width for width in face.widths[32:])
    font = (
        b"<< /Type /Font /Subtype /TrueType /BaseFont /%s /Encoding /WinAnsiEncoding /FirstChar 32 /LastChar 255 "
        b"/Widths [%s] /FontDescriptor %%d 0 R >>"
    ) % (name, widths)
    return descriptor, font


def _unicode(text: str) -> bytes:
    """A PDF string of any characters."""
    return b"<%s>" % ("\ufeff" + text).encode("utf-16-be").hex().encode()
