"""The two faces of the sheet: Windows-1252 text, its width, and the font programs that a PDF carries.

Arimo, reduced once and for all to what a page of Portuguese needs (`tools/sheet_fonts.py`), so that no font has to be
cut down while a boleto waits.
"""

from __future__ import annotations

import json
import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_UNKNOWN = b"?"


@dataclass(frozen=True)
class Face:
    """One face; widths by character code and measures in thousandths of the size."""

    name: str
    resource: str
    widths: tuple[int, ...]
    box: tuple[int, ...]
    ascent: int
    descent: int
    cap_height: int

    def width(self, text: bytes, size: float) -> float:
        """In the unit of `size`."""
        return sum(map(self.widths.__getitem__, text)) * size / 1000

    def encoded(self, text: str) -> bytes:
        """In Windows-1252; what the face lacks loses its accents, and is a question mark after that."""
        if text.isascii() and text.isprintable():
            return text.encode("ascii")
        try:
            data = text.encode("cp1252")
        except UnicodeEncodeError:
            data = b""
        if data and all(map(self.widths.__getitem__, data)):
            return data
        return b"".join(map(self._character, text))

    def _character(self, character: str) -> bytes:
        for form in (character, _bare(character)):
            try:
                data = form.encode("cp1252")
            except UnicodeEncodeError:
                continue
            if all(map(self.widths.__getitem__, data)):
                return data
        return b" " if character.isspace() else _UNKNOWN

    @lru_cache(maxsize=2)  # noqa: B019 - there are two faces, and they live as long as the process
    def program(self) -> tuple[bytes, int]:
        """The TrueType file, compressed, and its size without."""
        data = (files(__package__) / "fonts" / f"{self.name}.ttf").read_bytes()
        return zlib.compress(data, 9), len(data)


def _bare(character: str) -> str:
    """Without accents; letters of other shapes as two."""
    apart = unicodedata.normalize("NFKD", character)
    return "".join(part for part in apart if not unicodedata.combining(part))


def _loaded() -> tuple[Face, Face]:
    measures = json.loads((files(__package__) / "fonts" / "metrics.json").read_text("utf-8"))
    faces = []
    for name, resource in (("regular", "R"), ("bold", "B")):
        found = measures[name]
        measure = (found["ascent"], found["descent"], found["cap_height"])
        faces.append(Face(name, resource, tuple(found["widths"]), tuple(found["box"]), *measure))
    return faces[0], faces[1]


REGULAR, BOLD = _loaded()
