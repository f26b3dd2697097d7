"""Small pictures."""

from __future__ import annotations

import io

from PIL import Image


def png(color: tuple[int, int, int] = (200, 0, 0), kind: str = "PNG") -> bytes:
    """Forty by twenty pixels of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (40, 20), color).save(file, kind)
    return file.getvalue()
