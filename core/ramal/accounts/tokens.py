"""Signed tokens: a short-lived access token, and a refresh token that is used once.

Both are JWTs (HS256) under keys derived from RAMAL_SECRET_KEYS, newest first; ``kid`` says which,
so that keys can be rotated without logging everybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt

from ramal.config import current_settings
from ramal.database.crypto import derive_key
from ramal.errors import Unauthorized
from ramal.i18n import gettext as _

ALGORITHM = "HS256"
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
    return _encode(
        {
            "typ": "access",
            "sub": str(user_id),
            "sid": str(session_id),
            "org": str(organization_id) if organization_id else None,
            "iat": now,
            "exp": int(now) + current_settings().access_token_ttl,
        }
    )


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
    return _encode({"typ": "refresh", "sid": str(session_id), "jti": token_id, "exp": int(expires_at)})


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


def _encode(claims: dict[str, Any]) -> str:
    kid, key = next(iter(_keys().items()))
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid})


def _decode(token: str, kind: str) -> dict[str, Any]:
    try:
        key = _keys()[str(jwt.get_unverified_header(token).get("kid"))]
        # iat is ours and may run a moment ahead of another machine's clock.
        options: Any = {"require": ["exp", "typ", "sid"], "verify_iat": False}
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[ALGORITHM], options=options)
        if claims["typ"] != kind:
            raise KeyError(kind)
        uuid.UUID(claims["sid"])
    except jwt.ExpiredSignatureError:
        raise Unauthorized(_("Your login has expired.")) from None
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise Unauthorized(_("This token is not valid.")) from None
    return claims
