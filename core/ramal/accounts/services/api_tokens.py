"""Tokens for programs: shown once, kept as a hash, held to the scopes they were given."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ramal.accounts.audit import audit
from ramal.accounts.models import ApiToken
from ramal.accounts.tokens import API_TOKEN_PREFIX, hashed
from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.errors import InvalidPayload, NotFound
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _


def create_api_token(name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a token of the caller's; (its row, the token itself, which is never shown again).

    InvalidPayload for a scope the caller does not have, or an end in the past.
    """
    principal = current_principal()
    missing = sorted(set(scopes) - principal.permissions)
    if missing:
        problem = _("You don't have: %(names)s.", names=", ".join(missing))
        raise InvalidPayload(_("A token can't do more than you."), {"scopes": [problem]})
    if expires_at is not None and expires_at <= utcnow():
        raise InvalidPayload(_("This time is past."), {"expires_at": [_("This time is past.")]})
    token = API_TOKEN_PREFIX + secrets.token_urlsafe(32)
    with transaction() as session:
        row = ApiToken(
            user_id=principal.user_id,
            name=name,
            token_hash=hashed(token),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
        session.add(row)
        session.flush()
        audit("api_token.created", target=("api_token", row.id, name), after={"scopes": row.scopes})
    return row, token


def list_api_tokens() -> list[ApiToken]:
    """The caller's tokens that still count, newest first."""
    query = (
        select(ApiToken)
        .where(ApiToken.user_id == current_principal().user_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at.desc())
    )
    return list(db.session.execute(query).scalars())


def revoke_api_token(token_id: uuid.UUID) -> None:
    """End one of the caller's tokens. NotFound."""
    query = select(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == current_principal().user_id)
    with transaction() as session:
        row = session.execute(query).scalar_one_or_none()
        if row is None:
            raise NotFound(_("There is no such token."))
        if row.revoked_at is None:
            row.revoked_at = utcnow()
            audit("api_token.revoked", target=("api_token", row.id, row.name))
