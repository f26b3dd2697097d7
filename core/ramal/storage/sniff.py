"""What a file really is, by its bytes; names and claims only choose between kinds the bytes allow.

``family`` is what the bytes say (``zip``, ``mp4``…); :data:`TYPES` lists every type we take and the
family it must have. A ``.docx`` is a zip, a voice note from some phones is an mp4 without a picture:
the extension tells those apart, and can't turn them into anything outside their family.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

import puremagic

#: How much of a file's beginning is looked at, in bytes.
HEAD = 64 * 1024

OCTETS = "application/octet-stream"
#: Matroska (RFC 9559): what a track is coded with, and where the tracks' data begins, in which any bytes may stand.
_VIDEO_TRACK, _CLUSTER = re.compile(rb"\x86[\x80-\xff]V_[A-Z]"), b"\x1f\x43\xb6\x75"


@dataclass(frozen=True, slots=True)
class FileType:
    """A type we take: its MIME type, message kind, the families its bytes may have, extensions."""

    mime_type: str
    kind: str
    families: tuple[str, ...]
    extensions: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"

#: The allow-list. For each family the first type is what a file without a telling name is.
TYPES = (
    FileType("image/jpeg", "image", ("jpeg",), ("jpg", "jpeg", "jpe", "jfif")),
    FileType("image/png", "image", ("png",), ("png",)),
    FileType("image/webp", "image", ("webp",), ("webp",)),
    FileType("image/gif", "image", ("gif",), ("gif",)),
    FileType("image/heic", "document", ("heic",), ("heic", "heif")),
    FileType("image/avif", "document", ("avif",), ("avif",)),
    FileType("image/tiff", "document", ("tiff",), ("tif", "tiff")),
    FileType("image/bmp", "document", ("bmp",), ("bmp",)),
    FileType("video/mp4", "video", ("mp4",), ("mp4", "m4v")),
    FileType("audio/mp4", "audio", ("m4a", "mp4"), ("m4a", "m4b")),
    FileType("video/3gpp", "video", ("3gp",), ("3gp", "3gpp")),
    FileType("video/quicktime", "video", ("mov", "mp4"), ("mov", "qt")),
    FileType("video/webm", "video", ("webm-video",), ("webm",)),
    FileType("audio/webm", "audio", ("webm-audio",), ("webm", "weba")),
    FileType("audio/ogg", "audio", ("ogg",), ("ogg", "oga", "opus")),
    FileType("audio/mpeg", "audio", ("mp3",), ("mp3", "mpga")),
    FileType("audio/aac", "audio", ("aac",), ("aac",)),
    FileType("audio/amr", "audio", ("amr",), ("amr",)),
    FileType("audio/wav", "audio", ("wav",), ("wav",)),
    FileType("application/pdf", "document", ("pdf",), ("pdf",)),
    FileType("application/zip", "document", ("zip",), ("zip",)),
    FileType(f"{_OFFICE}.wordprocessingml.document", "document", ("zip",), ("docx",)),
    FileType(f"{_OFFICE}.spreadsheetml.sheet", "document", ("zip",), ("xlsx",)),
    FileType(f"{_OFFICE}.presentationml.presentation", "document", ("zip",), ("pptx",)),
    FileType(f"{_OPEN}.text", "document", ("zip",), ("odt",)),
    FileType(f"{_OPEN}.spreadsheet", "document", ("zip",), ("ods",)),
    FileType(f"{_OPEN}.presentation", "document", ("zip",), ("odp",)),
    FileType("application/msword", "document", ("ole",), ("doc",)),
    FileType("application/vnd.ms-excel", "document", ("ole",), ("xls",)),
    FileType("application/vnd.ms-powerpoint", "document", ("ole",), ("ppt",)),
    FileType("application/rtf", "document", ("rtf",), ("rtf",)),
    FileType("application/x-7z-compressed", "document", ("7z",), ("7z",)),
    FileType("application/vnd.rar", "document", ("rar",), ("rar",)),
    FileType("application/gzip", "document", ("gzip",), ("gz", "tgz")),
    FileType("text/plain", "document", ("text",), ("txt", "log", "md", "ret", "rem", "ofx")),
    FileType("text/csv", "document", ("text",), ("csv",)),
    FileType("text/vcard", "document", ("text",), ("vcf",)),
    FileType("text/calendar", "document", ("text",), ("ics",)),
    FileType("application/json", "document", ("text",), ("json",)),
    FileType("application/xml", "document", ("xml", "text"), ("xml",)),
)

#: What a browser may show by itself; everything else is offered as a download.
INLINE = frozenset(
    item.mime_type for item in TYPES if item.kind in ("image", "audio", "video") or item.mime_type == "application/pdf"
)

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"ID3", "mp3"),
    (b"#!AMR", "amr"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b", "gzip"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"#!", "program"),
)
#: Control characters, private and unassigned ones: not what texts are made of.
_NO_TEXT = frozenset({"Cc", "Co", "Cn"})
_RIFF = {b"WEBP": "webp", b"WAVE": "wav"}
_HEIF = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic", b"avif": "avif", b"avis": "avif"}
_MARKUP = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|iframe|svg)[\s>/]", re.I | re.S)


def family(head: bytes) -> str:
    """What the first bytes say: a family of :data:`TYPES`, ``program``, ``html``, or ``unknown``."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    for look in (_container, _wide_text, _audio_frames, _portable_document, _bitmap, _text):
        found = look(head)
        if found:
            return found
    return "unknown"


def true_type(head: bytes, filename: str, claimed: str | None) -> FileType | None:
    """The type on the allow-list that the bytes are, or None. Name, then claim, choose within the family."""
    found = family(head)
    possible = [item for item in TYPES if found in item.families]
    extension = extension_of(filename)
    base_claim = (claimed or "").split(";", 1)[0].strip().lower()
    for item in possible:
        if extension in item.extensions:
            return item
    for item in possible:
        if item.mime_type == base_claim:
            return item
    return possible[0] if possible else None


def name_agrees(item: FileType, filename: str) -> bool:
    """Whether the extension, if there is one, belongs to that type."""
    extension = extension_of(filename)
    return not extension or extension in item.extensions


def name_of_bytes(head: bytes) -> str:
    """What the bytes look like, for an error message: ``image/png``, ``application/x-dosexec``…"""
    found = family(head)
    for item in TYPES:
        if found in item.families:
            return item.mime_type
    try:
        return puremagic.from_string(head, mime=True) or found
    except (puremagic.PureError, ValueError):
        return found


def extension_of(filename: str) -> str:
    """The last extension, lower case, without the dot."""
    return PurePath(filename).suffix.lower().lstrip(".")


def safe_name(filename: str | None, fallback: str = "file") -> str:
    """A name fit to be shown and saved: no folders, no control or direction-changing characters, ≤ 150."""
    last = re.split(r"[/\\]", filename or "")[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(" .")
    if len(kept) > 150:
        suffix = PurePath(kept).suffix[:12]
        kept = kept[: 150 - len(suffix)] + suffix
    return kept or fallback


def _container(head: bytes) -> str | None:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm-video" if _VIDEO_TRACK.search(head.partition(_CLUSTER)[0]) else "webm-audio"
    if head.startswith(b"OggS"):
        return "ogg-video" if b"theora" in head[:256] else "ogg"
    return None


def _iso_media(head: bytes) -> str:
    brand = head[8:12]
    if brand in _HEIF:
        return _HEIF[brand]
    if brand in (b"M4A ", b"M4B ", b"F4A "):
        return "m4a"
    if brand.startswith((b"3gp", b"3g2")):
        return "3gp"
    return "mov" if brand == b"qt  " else "mp4"


def _audio_frames(head: bytes) -> str | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    # Layer bits 00 are AAC's ADTS; anything else is MPEG audio (ISO 13818-7, ISO 11172-3).
    return "aac" if head[1] & 0xF6 == 0xF0 else "mp3"


def _portable_document(head: bytes) -> str | None:
    # Readers accept some rubbish before the header (ISO 32000-1, annex H).
    return "pdf" if b"%PDF-" in head[:1024] else None


def _bitmap(head: bytes) -> str | None:
    return "bmp" if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" else None


def _wide_text(head: bytes) -> str | None:
    """UTF-16 with its mark, which looks like the start of an MPEG frame."""
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    return None if any(unicodedata.category(char) in _NO_TEXT and char not in "\t\r\n" for char in text) else "text"


def _text(head: bytes) -> str | None:
    if any(byte < 9 or 13 < byte < 27 for byte in head):
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = text.startswith(b"<?xml")
    if _MARKUP.match(text) or (declared and b"<svg" in text[:4096]):
        return "html"
    return "xml" if declared else "text"
