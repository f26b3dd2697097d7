"""Which uploads the provider takes: type and size. Source: Meta, "Supported media types"."""

from __future__ import annotations

from ramal_whatsapp_cloud.testing.graph_errors import GraphRefusalError

_MB = 1024 * 1024
_CAPS = {
    "image/jpeg": 5 * _MB,
    "image/png": 5 * _MB,
    "image/webp": 500 * 1024,
    "video/mp4": 16 * _MB,
    "video/3gpp": 16 * _MB,
    "audio/aac": 16 * _MB,
    "audio/amr": 16 * _MB,
    "audio/mpeg": 16 * _MB,
    "audio/mp4": 16 * _MB,
    "audio/ogg": 16 * _MB,
}
_DOCUMENT_CAP = 100 * _MB
_REFUSED = ("image/", "video/", "audio/", "font/")


def check_upload(content: bytes, mime_type: str) -> None:
    """Raise GraphRefusalError for a type that is not taken, an empty file, or one that is too large."""
    plain = mime_type.split(";", maxsplit=1)[0].strip().lower()
    if plain not in _CAPS and plain.startswith(_REFUSED):
        raise GraphRefusalError(100, f"Param file must be a file with one of the supported types, not {plain}.")
    if not content:
        raise GraphRefusalError(100, "Param file must not be empty.")
    if len(content) > _CAPS.get(plain, _DOCUMENT_CAP):
        raise GraphRefusalError(131053, f"File is too large for {plain}: {len(content)} bytes.")
