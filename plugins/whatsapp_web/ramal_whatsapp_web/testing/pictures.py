"""Sample files and QR codes, made here, so that no one's photo or voice is in the project."""

from __future__ import annotations

import functools
import io
import struct
from typing import Any

import segno
from PIL import Image, ImageDraw

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(64)
#: 20 ms of silence, as Opus says it (configuration 31: CELT, full band, one frame).
_OPUS_SILENCE = b"\xf8\xff\xfe"
_SAMPLES_A_PACKET = 960


def qr_png(value: str) -> bytes:
    """The QR code of ``value`` as a PNG with a quiet zone."""
    buffer = io.BytesIO()
    segno.make(value, error="m", micro=False).save(buffer, kind="png", scale=6, border=4)
    return buffer.getvalue()


@functools.cache
def sample(kind: str) -> tuple[bytes, str, str | None]:
    """Bytes, MIME type and file name of a small file of ``kind``."""
    if kind == "image":
        return _picture("JPEG", "Pedido 1042"), "image/jpeg", None
    if kind == "sticker":
        return _picture("WEBP", ":)"), "image/webp", None
    if kind in {"audio", "voice"}:
        return voice_note(2.0), "audio/ogg; codecs=opus", None
    if kind == "video":
        return _MP4, "video/mp4", None
    return _PDF, "application/pdf", "pedido-1042.pdf"


def voice_note(seconds: float) -> bytes:
    """A voice note of silence that players take: Ogg with Opus, mono (RFC 7845)."""
    count = max(1, round(seconds * 50))
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)
    vendor = b"simulator"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
    pages = [_page(0, 2, 0, [head]), _page(1, 0, 0, [tags])]
    for start in range(0, count, 250):
        packets = [_OPUS_SILENCE] * min(250, count - start)
        last = start + len(packets) >= count
        pages.append(_page(len(pages), 4 if last else 0, (start + len(packets)) * _SAMPLES_A_PACKET, packets))
    return b"".join(pages)


def _page(number: int, flags: int, position: int, packets: list[bytes]) -> bytes:
    """One Ogg page. ``flags``: 2 begins the stream, 4 ends it; ``position`` in samples."""
    lengths = bytes(len(packet) for packet in packets)
    header = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 0x52414D41, number, 0)
    page = bytearray(header + bytes([len(packets)]) + lengths + b"".join(packets))
    page[22:26] = struct.pack("<I", _checksum(bytes(page)))
    return bytes(page)


def _checksum(data: bytes) -> int:
    """Ogg's CRC-32: polynomial 0x04C11DB7, no reflection, start and end at zero."""
    table = _table()
    value = 0
    for byte in data:
        value = ((value << 8) & 0xFFFFFFFF) ^ table[(value >> 24) ^ byte]
    return value


@functools.cache
def _table() -> tuple[int, ...]:
    table = []
    for index in range(256):
        value = index << 24
        for _ in range(8):
            value = ((value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


def _picture(form: str, caption: str) -> bytes:
    image = Image.new("RGB", (640, 480), "#e9f1ec")
    draw: Any = ImageDraw.Draw(image)
    draw.rounded_rectangle((120, 110, 520, 370), radius=24, fill="#c98f5a", outline="#7d5430", width=6)
    draw.line((120, 200, 520, 200), fill="#7d5430", width=6)
    draw.rectangle((295, 110, 345, 260), fill="#efd9b4")
    draw.text((260, 300), caption, fill="#3b2715", font_size=26)
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()
