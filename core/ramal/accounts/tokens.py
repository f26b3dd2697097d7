"""Signed tokens: a short-lived access token, and a refresh token that is used once.

Both are JWTs (HS256) made and read by Flask-JWT-Extended, under keys derived from
RAMAL_SECRET_KEYS, newest first; ``kid`` says which, so that keys can be rotated without logging
everybody out. Where a token is carried, and what it opens, is ``authentication``'s business.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import ExpiredSignatureError, InvalidTokenError

from ramal.config import current_settings
from ramal.database.crypto import derive_key
from ramal.errors import Unauthorized
from ramal.i18n import gettext as _

ALGORITHM = "HS256"
#: Seconds by which another machine's clock may run ahead of ours. Readers add it to ``exp`` too, so it is
#: taken off there.
LEEWAY = 2
API_TOKEN_PREFIX = "ram_"  # noqa: S105 (a prefix, not a secret)


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says: this user, in this session, acting for this organization."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    organization_id: uuid.UUID | None
    #: Seconds since 1970.
    issued_at: float


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a refresh token says: this step (``token_id``) of this session."""

    session_id: uuid.UUID
    token_id: str


def access_token(user_id: uuid.UUID, session_id: uuid.UUID, organization_id: uuid.UUID | None) -> str:
    """A new access token, good for ``Settings.access_token_ttl`` seconds."""
    now = time.time()
    claims = {
        "sid": str(session_id),
        "org": str(organization_id) if organization_id else None,
        "iat": now,
        "exp": int(now) + current_settings().access_token_ttl - LEEWAY,
    }
    token: str = create_access_token(str(user_id), additional_claims=claims, additional_headers=_key_header())
    return token


def read_access_token(token: str) -> AccessClaims:
    """Check and read an access token; Unauthorized if it is expired or not ours."""
    claims = _decode(token, "access")
    return AccessClaims(
        user_id=uuid.UUID(claims["sub"]),
        session_id=uuid.UUID(claims["sid"]),
        organization_id=uuid.UUID(claims["org"]) if claims.get("org") else None,
        issued_at=float(claims["iat"]),
    )


def refresh_token(session_id: uuid.UUID, token_id: str, expires_at: float) -> str:
    """The refresh token of one step of a session; ``expires_at`` in seconds since 1970."""
    claims = {"sid": str(session_id), "jti": token_id, "iat": 0, "exp": int(expires_at) - LEEWAY}
    token: str = create_refresh_token(str(session_id), additional_claims=claims, additional_headers=_key_header())
    return token


def read_refresh_token(token: str) -> RefreshClaims:
    """Check and read a refresh token; Unauthorized if it is expired or not ours."""
    claims = _decode(token, "refresh")
    return RefreshClaims(uuid.UUID(claims["sid"]), str(claims["jti"]))


def next_token_id(session_id: uuid.UUID, token_id: str) -> str:
    """The id of the refresh token after ``token_id``.

    It follows from the one before (by a key of ours), so that two tabs that refresh with the same
    token at once get the same successor, instead of one of them being taken for a thief.
    """
    key = derive_key(current_settings().secret_keys[0], "refresh")
    return hmac.new(key, f"{session_id}:{token_id}".encode(), hashlib.sha256).hexdigest()


def hashed(value: str) -> str:
    """SHA-256 in hex: what is kept of a token's id or of an API token. Both are long and random."""
    return hashlib.sha256(value.encode()).hexdigest()


def _keys() -> dict[str, bytes]:
    derived = [derive_key(secret, "jwt") for secret in current_settings().secret_keys]
    return {hashlib.sha256(key).hexdigest()[:8]: key for key in derived}


def _key_header() -> dict[str, str]:
    return {"kid": next(iter(_keys()))}


def _decode(token: str, kind: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = decode_token(token)
        if claims["type"] != kind:
            raise KeyError(kind)
        uuid.UUID(claims["sid"])
        float(claims["exp"])
    except ExpiredSignatureError:
        raise Unauthorized(_("Your login has expired.")) from None
    except (InvalidTokenError, JWTExtendedException, KeyError, TypeError, ValueError):
        raise Unauthorized(_("This token is not valid.")) from None
    return claims


def init_app(app: Flask) -> None:
    """Give Flask-JWT-Extended our keys; it reads tokens only when it is asked to."""
    app.config.update(JWT_ALGORITHM=ALGORITHM, JWT_ENCODE_NBF=False, JWT_DECODE_LEEWAY=LEEWAY)
    manager = JWTManager(app)

    @manager.encode_key_loader
    def newest(_identity: str) -> bytes:
        return next(iter(_keys().values()))

    @manager.decode_key_loader
    def named(header: Mapping[str, Any], _claims: Mapping[str, Any]) -> bytes:
        return _keys()[str(header.get("kid"))]
