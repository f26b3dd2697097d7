"""Links to files: signed, expiring, naming the organization; nothing secret stays in the database.

A token is ``flags, expiry, organization, file`` and 16 bytes of HMAC-SHA256 under a key derived
from RAMAL_SECRET_KEYS: the newest signs, all of them verify.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
import time
import uuid
from dataclasses import dataclass

from ramal.config import current_settings
from ramal.database.crypto import derive_key

_LAYOUT = struct.Struct(">BI16s16s")
_MAC_BYTES = 16
_THUMBNAIL = 1


class BadToken(Exception):
    """Not one of ours, or tampered with."""


class ExpiredToken(Exception):
    """One of ours, past its time."""


@dataclass(frozen=True, slots=True)
class FileToken:
    """What a link says. ``expires_at`` in seconds since 1970."""

    organization_id: uuid.UUID
    file_id: uuid.UUID
    expires_at: int
    thumbnail: bool = False


def sign(token: FileToken) -> str:
    """The token as it stands in the URL."""
    flags = _THUMBNAIL if token.thumbnail else 0
    body = _LAYOUT.pack(flags, token.expires_at, token.organization_id.bytes, token.file_id.bytes)
    return base64.urlsafe_b64encode(body + _mac(body, current_settings().secret_keys[0])).decode().rstrip("=")


def unsign(text: str) -> FileToken:
    """Read a token. BadToken or ExpiredToken."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise BadToken from None
    if len(raw) != _LAYOUT.size + _MAC_BYTES:
        raise BadToken
    body, mac = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if not any(hmac.compare_digest(mac, _mac(body, key)) for key in current_settings().secret_keys):
        raise BadToken
    flags, expires_at, organization, file = _LAYOUT.unpack(body)
    if expires_at < time.time():
        raise ExpiredToken
    return FileToken(uuid.UUID(bytes=organization), uuid.UUID(bytes=file), expires_at, bool(flags & _THUMBNAIL))


def _mac(body: bytes, secret: str) -> bytes:
    return hmac.new(derive_key(secret, "files"), body, hashlib.sha256).digest()[:_MAC_BYTES]
