"""Drawing in millimetres, y upwards: text, rules, bars, as the operators of a PDF page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ramal_documents.boleto import itf
from ramal_documents.pix import qr
from ramal_documents.sheet.typeface import BOLD, REGULAR, Face

POINT = 25.4 / 72
HAIR, RULE, BAR = 0.1, 0.2, 0.5  # line widths
_ELLIPSIS = b"..."
_GRAIN = 1e-6  # of arithmetic
_SPECIAL = re.compile(rb"([\\()])")


class Canvas:
    """Collects operators; `drawn` gives them."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    @property
    def drawn(self) -> bytes:
        """Everything so far."""
        return b"".join(self._parts)

    def text(
        self, x: float, y: float, words: str, size: float, *, bold: bool = False, width: float = 0.0, least: float = 0.6
    ) -> None:
        """From `x` on, on the baseline `y`; `size` in points. To fit a `width` it is made smaller, and at last cut."""
        face = BOLD if bold else REGULAR
        data = face.encoded(words)
        if data:
            if width and len(data) * size * POINT > width:  # no character is wider than its size
                data, size, _ = fitted(face, data, size, width, least)
            self._show(face, x, y, data, size)

    def right(self, x: float, y: float, words: str, size: float, *, bold: bool = False, width: float = 0.0) -> None:
        """Likewise, ending at `x`."""
        face = BOLD if bold else REGULAR
        data = face.encoded(words)
        if data:
            data, size, taken = fitted(face, data, size, width)
            self._show(face, x - taken, y, data, size)

    def centred(self, x: float, y: float, words: str, size: float, *, bold: bool = False) -> None:
        """Likewise, around `x`."""
        face = BOLD if bold else REGULAR
        data = face.encoded(words)
        self._show(face, x - face.width(data, size * POINT) / 2, y, data, size)

    def lines(self, x: float, y: float, lines: Iterable[bytes], size: float, pitch: float) -> None:
        """One `wrapped` line under another, the first on the baseline `y`."""
        for line in lines:
            if line:
                self._show(REGULAR, x, y, line, size)
            y -= pitch

    def rules(self, lines: Iterable[tuple[float, float, float, float]], width: float = RULE) -> None:
        """Straight lines (x1, y1, x2, y2)."""
        path = b"".join(b"%.2f %.2f m %.2f %.2f l " % line for line in lines)
        self._parts.append(b"%.2f w %sS\n" % (width, path))

    def dashed(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Where to cut."""
        self._parts.append(b"q [1 1] 0 d %.2f w %.2f %.2f m %.2f %.2f l S Q\n" % (HAIR, x1, y1, x2, y2))

    def shade(self, x: float, y: float, width: float, height: float) -> None:
        """A light grey ground."""
        self._parts.append(b"q 0.93 g %.2f %.2f %.2f %.2f re f Q\n" % (x, y, width, height))

    def watermark(self, x: float, y: float, words: str, size: float) -> None:
        """Large and pale, rising to the right, centred on a point."""
        data = BOLD.encoded(words)
        back = BOLD.width(data, size * POINT) / 2
        turn = b"0.94 0.342 -0.342 0.94 %.2f %.2f cm" % (x, y)
        self._parts.append(b"q 0.85 g %s\n" % turn)
        self._show(BOLD, -back, 0, data, size)
        self._parts.append(b"Q\n")

    def barcode(self, x: float, y: float, digits: str) -> None:
        """The 44 digits as bars, 103 mm wide and 13 mm high, from the lower left corner: a unit wide is a module."""
        module = itf.WIDTH_MM / itf.modules(digits)
        bars = b"".join(map(_bar, itf.bars(digits)))
        self._parts.append(b"q 0 g %.6f 0 0 %.2f %.2f %.2f cm\n%sf Q\n" % (module, itf.HEIGHT_MM, x, y, bars))

    def qr(self, x: float, y: float, side: float, words: str) -> None:
        """A QR code without its quiet zone, from the lower left corner."""
        count, dark = qr.runs(words)
        runs = b"".join(b"%d %d %d 1 re\n" % (column, count - 1 - row, length) for column, row, length in dark)
        self._parts.append(b"q 0 g %.6f 0 0 %.6f %.2f %.2f cm\n%sf Q\n" % (side / count, side / count, x, y, runs))

    def form(self, name: bytes, x: float, y: float) -> None:
        """What was drawn once and for all, from its lower left corner."""
        self._parts.append(b"q 1 0 0 1 %.3f %.3f cm /%s Do Q\n" % (x, y, name))

    def take(self, other: Canvas) -> None:
        """What another canvas drew, as it is."""
        self._parts += other._parts

    def moved(self, x: float, y: float) -> None:
        """From here to `back`, lengths count from this point."""
        self._parts.append(b"q 1 0 0 1 %.3f %.3f cm\n" % (x, y))

    def back(self) -> None:
        """Ends the last `moved`."""
        self._parts.append(b"Q\n")

    def _show(self, face: Face, x: float, y: float, data: bytes, size: float) -> None:
        shown = _SPECIAL.sub(rb"\\\1", data) if b"(" in data or b")" in data or b"\\" in data else data
        font = b"/B" if face is BOLD else b"/R"
        self._parts.append(b"BT %s %.3f Tf %.2f %.2f Td (%s) Tj ET\n" % (font, size * POINT, x, y, shown))


@lru_cache(maxsize=1000)
def _bar(bar: tuple[int, int]) -> bytes:
    return b"%d 0 %d 1 re\n" % bar


def fitted(face: Face, data: bytes, size: float, width: float, least: float = 0.6) -> tuple[bytes, float, float]:
    """Text, size and what it takes, so that it fits `width` (0: any): down to `least` of the size, then cut."""
    taken = face.width(data, size * POINT)
    if taken <= width or not width:
        return data, size, taken
    smaller = max(size * width / taken, size * least)
    taken = face.width(data, smaller * POINT)
    if taken > width + _GRAIN:
        room = width + _GRAIN - face.width(_ELLIPSIS, smaller * POINT)
        data = data[: _count(face, data, smaller * POINT, room)].rstrip() + _ELLIPSIS
        taken = face.width(data, smaller * POINT)
    return data, smaller, taken


def wrapped(texts: Iterable[str], size: float, width: float) -> list[bytes]:
    """Texts as lines that fit `width`; a word too long for a line is broken."""
    found: list[bytes] = []
    for text in texts:
        data = REGULAR.encoded(text)
        if REGULAR.width(data, size * POINT) <= width:
            found.append(data)
        else:
            found += _broken(data, size, width)
    return found


def clipped(lines: list[bytes], most: int, size: float, width: float) -> list[bytes]:
    """At most so many lines; of what is left over, the last shows as much as fits and that there was more."""
    if len(lines) <= most:
        return lines
    rest = b" ".join(filter(None, lines[most - 1 :])) + _ELLIPSIS
    return [*lines[: most - 1], fitted(REGULAR, rest, size, width, 1.0)[0]]


def copied(text: str, size: float, width: float) -> list[bytes]:
    """Text as lines that are broken anywhere but beside a space: whoever copies them can join them to the same text."""
    found, rest = [], REGULAR.encoded(text)
    while REGULAR.width(rest, size * POINT) > width:
        part = _fitting(rest, size, width)
        while part > 1 and b" " in rest[part - 1 : part + 1]:
            part -= 1
        found.append(rest[:part])
        rest = rest[part:]
    return [*found, rest]


def _broken(data: bytes, size: float, width: float) -> Iterator[bytes]:
    line = b""
    for word in data.split(b" "):
        longer = line + b" " + word if line else word
        if REGULAR.width(longer, size * POINT) <= width:
            line = longer
            continue
        if line:
            yield line
        line = word
        while REGULAR.width(line, size * POINT) > width:
            part = _fitting(line, size, width)
            yield line[:part]
            line = line[part:]
    yield line


def _fitting(word: bytes, size: float, width: float) -> int:
    """How many characters of a word fit, at least one."""
    return max(1, _count(REGULAR, word, size * POINT, width))


def _count(face: Face, data: bytes, size: float, width: float) -> int:
    """How many characters from the left fit."""
    total = 0
    for place, code in enumerate(data):
        total += face.widths[code]
        if total * size / 1000 > width:
            return place
    return len(data)
