"""Secrets at rest: MultiFernet over RAMAL_SECRET_KEYS, newest first.

Fernet has no associated data, so the plaintext carries its purpose (table, column, organization):
a ciphertext copied into another row does not open there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from itsdangerous import BadData, URLSafeTimedSerializer

from ramal.config import current_settings
from ramal.errors import RamalError


class SecretUnreadable(RamalError):
    """A stored secret can't be opened: its key is no longer in RAMAL_SECRET_KEYS."""


def derive_key(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose from one of RAMAL_SECRET_KEYS."""
    return hashlib.blake2b(secret.encode(), person=purpose.encode()[:16], digest_size=32).digest()


def _fernet() -> MultiFernet:
    keys = current_settings().secret_keys
    if not keys:
        raise SecretUnreadable("RAMAL_SECRET_KEYS is empty: set it to at least one long random text")
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive_key(key, "fernet"))) for key in keys])


def encrypt(value: Mapping[str, Any], purpose: str) -> str:
    """Encrypt a JSON object; ``purpose`` must be given again to open it."""
    text = json.dumps({"purpose": purpose, "value": dict(value)})
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str | None, purpose: str) -> dict[str, Any]:
    """Open what :func:`encrypt` made; {} for None. SecretUnreadable if no key opens it."""
    if not token:
        return {}
    try:
        opened = json.loads(_fernet().decrypt(token.encode()))
    except InvalidToken:
        raise SecretUnreadable("no key in RAMAL_SECRET_KEYS opens this secret") from None
    if opened["purpose"] != purpose:
        raise SecretUnreadable("this secret was stored for another purpose")
    value: dict[str, Any] = opened["value"]
    return value


def sign(payload: Mapping[str, Any], purpose: str) -> str:
    """A URL-safe token that carries ``payload`` (JSON) in the clear and can't be forged."""
    return _serializer(purpose, current_settings().secret_keys).dumps(dict(payload))


def unsign(token: str, purpose: str, max_age: int) -> dict[str, Any] | None:
    """What :func:`sign` put in, or None: forged, of another purpose, or older than ``max_age`` s."""
    try:
        payload: dict[str, Any] = _serializer(purpose, current_settings().secret_keys).loads(token, max_age=max_age)
    except BadData:
        return None
    return payload


def _serializer(purpose: str, keys: tuple[str, ...]) -> URLSafeTimedSerializer:
    if not keys:
        raise SecretUnreadable("RAMAL_SECRET_KEYS is empty: set it to at least one long random text")
    # itsdangerous signs with the last key and accepts all; ours come newest first.
    return URLSafeTimedSerializer(
        [derive_key(key, "sign") for key in reversed(keys)],
        salt=purpose,
        signer_kwargs={"digest_method": hashlib.sha256},
    )
