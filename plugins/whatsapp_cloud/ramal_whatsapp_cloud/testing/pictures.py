"""Sample files that customers send: drawn here, so that no one's photo is in the project."""

from __future__ import annotations

import functools
import io

from PIL import Image, ImageDraw

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
#: The smallest Ogg page with an Opus header: enough for a sniffer, silent for a player.
_OGG = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"
_MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(64)


@functools.cache
def sample(kind: str) -> tuple[bytes, str]:
    """Bytes and MIME type of a small file of ``kind``."""
    if kind == "image":
        return _picture("JPEG", "Pedido 1042"), "image/jpeg"
    if kind == "sticker":
        return _picture("WEBP", ":)"), "image/webp"
    if kind == "audio":
        return _OGG, "audio/ogg; codecs=opus"
    if kind == "video":
        return _MP4, "video/mp4"
    return _PDF, "application/pdf"


def _picture(form: str, caption: str) -> bytes:
    image = Image.new("RGB", (640, 480), "#e9f1ec")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((120, 110, 520, 370), radius=24, fill="#c98f5a", outline="#7d5430", width=6)
    draw.line((120, 200, 520, 200), fill="#7d5430", width=6)
    draw.rectangle((295, 110, 345, 260), fill="#efd9b4")
    draw.text((260, 300), caption, fill="#3b2715", font_size=26)
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()
