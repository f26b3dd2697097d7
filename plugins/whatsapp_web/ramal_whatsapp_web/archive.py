"""An encrypted archive of a session, to be carried to another installation.

Format, version 1: ``RAMALWA1``, the length of the header (4 bytes, big endian), the header (JSON), the sealed
content. The header holds what opening needs and nothing about the number. The key comes from the password by
scrypt (RFC 7914); AES-256-GCM (NIST SP 800-38D) seals the content and vouches for everything before it, so that
whatever is changed in the file, or a wrong password, opens nothing.
"""

from __future__ import annotations

import base64
import json
import os
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ramal.api import InvalidPayload
from ramal.api import gettext as _

MAGIC = b"RAMALWA1"
#: Characters of a password.
SHORTEST, LONGEST = 10, 200
#: Bytes of an archive: credentials are some hundred kilobytes.
LARGEST = 32 * 1024 * 1024
#: scrypt's cost: 64 MB and about a fifth of a second.
_N, _R, _P = 2**16, 8, 1
#: What a stranger's file may make us spend.
_MOST = {"n": 2**17, "r": 8, "p": 4}
_HEADER = 4096


def seal(content: Mapping[str, Any], password: str) -> bytes:
    """The archive. ``content`` is JSON data. InvalidPayload for a password that is too short."""
    _check(password)
    salt, nonce = os.urandom(16), os.urandom(12)
    header = {
        "version": 1,
        "kdf": {"name": "scrypt", "n": _N, "r": _R, "p": _P, "salt": _text(salt)},
        "cipher": {"name": "AES-256-GCM", "nonce": _text(nonce)},
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    packed = json.dumps(header).encode()
    start = MAGIC + struct.pack(">I", len(packed)) + packed
    key = _key(password, salt, _N, _R, _P)
    return start + AESGCM(key).encrypt(nonce, json.dumps(dict(content)).encode(), start)


def open_archive(data: bytes, password: str) -> dict[str, Any]:
    """What :func:`seal` put in. InvalidPayload with a sentence: no archive of ours, a newer one, wrong password."""
    start, header, sealed = _parts(data)
    try:
        kdf, nonce = header["kdf"], base64.b64decode(header["cipher"]["nonce"])
        cost = {name: int(kdf[name]) for name in _MOST}
        if any(not 0 < cost[name] <= most for name, most in _MOST.items()):
            raise _unreadable()
        key = _key(password, base64.b64decode(kdf["salt"]), **cost)
        opened = json.loads(AESGCM(key).decrypt(nonce, sealed, start))
        json.dumps(opened, ensure_ascii=False).encode()  # JSON can spell halves of characters, which nothing keeps
    except InvalidTag:
        text = _("The password is wrong, or the file was changed.")
        raise InvalidPayload(text, {"password": [text]}) from None
    except (KeyError, OverflowError, RecursionError, TypeError, ValueError):
        raise _unreadable() from None
    if not isinstance(opened, dict):
        raise _unreadable()
    return opened


def _parts(data: bytes) -> tuple[bytes, dict[str, Any], bytes]:
    """(all that is vouched for, the header, what is sealed)."""
    if not data.startswith(MAGIC) or len(data) < len(MAGIC) + 4:
        raise _unreadable()
    (length,) = struct.unpack(">I", data[len(MAGIC) : len(MAGIC) + 4])
    end = len(MAGIC) + 4 + length
    try:
        header = json.loads(data[len(MAGIC) + 4 : end]) if length <= _HEADER else None
    except (RecursionError, ValueError):
        header = None
    if not isinstance(header, dict):
        raise _unreadable()
    if header.get("version") != 1:
        text = _("The archive was made by a newer version. Update this installation first.")
        raise InvalidPayload(text, {"file": [text]})
    return data[:end], header, data[end:]


def _key(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(password.encode())


def _check(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        text = _("The password needs at least %(count)s characters.", count=SHORTEST)
        raise InvalidPayload(text, {"password": [text]})


def _unreadable() -> InvalidPayload:
    text = _("This file is no archive of a WhatsApp session.")
    return InvalidPayload(text, {"file": [text]})


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
