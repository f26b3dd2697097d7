"""A PIX code as a QR code: SVG with one path, PNG, or the dark runs for whoever draws it. At least 25 mm on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby

import segno

QUIET = 4  # modules of white around it, as the standard has it


def runs(text: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """(modules a side, (column, row, length) of every horizontal run of dark modules); no quiet zone."""
    matrix = _made(text).matrix
    return len(matrix), tuple(_runs(matrix))


def svg(text: str, title: str = "PIX") -> str:
    """An SVG picture of any size: one path on white, readable by whoever listens to the page."""
    side, dark = runs(text)
    size = side + 2 * QUIET
    path = "".join(f"M{column + QUIET} {row + QUIET}h{length}v1h-{length}z" for column, row, length in dark)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" shape-rendering="crispEdges">'
        f"<title>{_escaped(title)}</title>"
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def png(text: str, scale: int = 8) -> bytes:
    """A PNG picture, `scale` pixels a module."""
    file = io.BytesIO()
    _made(text).save(file, kind="png", scale=scale, border=QUIET)
    return file.getvalue()


def _made(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m", boost_error=False)


def _runs(matrix: tuple[bytearray, ...]) -> Iterator[tuple[int, int, int]]:
    for row, modules in enumerate(matrix):
        column = 0
        for dark, group in groupby(modules):
            length = sum(1 for _ in group)
            if dark:
                yield column, row, length
            column += length


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
