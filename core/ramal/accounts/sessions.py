"""Logins: one row a device, one refresh token at a time, and a thief locks both out.

A refresh token is good once. Seen again, it was stolen (by the first or by the second who showed
it), and the session is revoked. Browsers refresh from several tabs at once, so for
:data:`GRACE` seconds the one before still answers, with the same successor.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from flask import has_request_context, request
from sqlalchemy import update
from sqlalchemy.orm import Session

from ramal.accounts import tokens
from ramal.accounts.models import AuthSession, Membership, Organization, User
from ramal.config import current_settings
from ramal.database.base import utcnow
from ramal.database.session import system_transaction
from ramal.errors import Forbidden, Unauthorized
from ramal.events.signals import recheck
from ramal.http.limits import client_ip
from ramal.i18n import gettext as _

#: Seconds during which the refresh token before the present one still answers.
GRACE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a login or a refresh hands out."""

    access: str
    refresh: str
    session_id: uuid.UUID
    user_id: uuid.UUID
    organization_id: uuid.UUID | None


def start_session(session: Session, user: User, organization_id: uuid.UUID | None) -> TokenPair:
    """Open a session for a user whose password was right. ``session`` is a system transaction."""
    first = secrets.token_hex(32)
    now = utcnow()
    row = AuthSession(
        user_id=user.id,
        organization_id=organization_id,
        refresh_hash=tokens.hashed(first),
        expires_at=now + timedelta(seconds=current_settings().refresh_token_ttl),
        ip=client_ip() if has_request_context() else None,
        user_agent=(request.user_agent.string[:300] or None) if has_request_context() else None,
    )
    user.last_login_at = now
    session.add(row)
    session.flush()
    return _pair(row, first)


def refresh_session(token: str) -> TokenPair:
    """Exchange a refresh token for a new pair. Unauthorized if it is expired, revoked or used before."""
    claims = tokens.read_refresh_token(token)
    with system_transaction() as session:
        # The lock puts two refreshes of one session in a row.
        row = session.get(AuthSession, claims.session_id, with_for_update=True)
        if row is None or row.revoked_at is not None or row.expires_at < utcnow():
            raise Unauthorized(_("Your login has expired."))
        stolen = not _rotate(row, claims.token_id)
        if stolen:
            _revoke(row, "reuse")
        else:
            _check_user(session, row)
    if stolen:
        raise Unauthorized(_("This login was used from two places and is closed. Log in again."))
    return _pair(row, tokens.next_token_id(row.id, claims.token_id))


def check_refresh(token: str) -> AuthSession:
    """The live session of a refresh token, which stays unused (a socket can't receive cookies)."""
    claims = tokens.read_refresh_token(token)
    shown = tokens.hashed(claims.token_id)
    with system_transaction() as session:
        row = session.get(AuthSession, claims.session_id)
        live = row is not None and row.revoked_at is None and row.expires_at > utcnow()
        if row is None or not live or shown not in (row.refresh_hash, row.previous_hash):
            raise Unauthorized(_("Your login has expired."))
    return row


def switch_session(session_id: uuid.UUID, user_id: uuid.UUID, organization_id: uuid.UUID) -> str:
    """Make another organization of the user the active one; a new access token. Forbidden if not theirs."""
    with system_transaction() as session:
        row = session.get(AuthSession, session_id, with_for_update=True)
        if row is None or row.user_id != user_id:
            raise Unauthorized(_("Your login has expired."))
        if not is_active_member(session, user_id, organization_id):
            raise Forbidden(_("You are not a member of this organization."))
        row.organization_id = organization_id
    return tokens.access_token(user_id, session_id, organization_id)


def end_session(session_id: uuid.UUID) -> None:
    """Log out: neither token of the session works any more."""
    with system_transaction() as session:
        row = session.get(AuthSession, session_id)
        if row is not None and row.revoked_at is None:
            _revoke(row, "logout")
    if row is not None:
        recheck(row.user_id)


def revoke_sessions(
    session: Session,
    user_id: uuid.UUID,
    reason: str,
    *,
    organization_id: uuid.UUID | None = None,
    keep: uuid.UUID | None = None,
) -> None:
    """End a user's sessions (in one organization, or all), except ``keep``. In a system transaction."""
    query = update(AuthSession).where(AuthSession.user_id == user_id, AuthSession.revoked_at.is_(None))
    if organization_id is not None:
        query = query.where(AuthSession.organization_id == organization_id)
    if keep is not None:
        query = query.where(AuthSession.id != keep)
    session.execute(query.values(revoked_at=utcnow(), revoked_reason=reason))


def is_active_member(session: Session, user_id: uuid.UUID, organization_id: uuid.UUID) -> bool:
    """Whether the user works in that organization now. In a system transaction."""
    return (
        session.query(Membership.id)
        .join(Organization, Organization.id == Membership.organization_id)
        .filter(
            Membership.user_id == user_id,
            Membership.organization_id == organization_id,
            Membership.active,
            Organization.archived_at.is_(None),
        )
        .first()
        is not None
    )


def _rotate(row: AuthSession, token_id: str) -> bool:
    """Take the next step if the token is the present one; False for a token that was used before."""
    shown, now = tokens.hashed(token_id), utcnow()
    if shown == row.refresh_hash:
        row.previous_hash = shown
        row.refresh_hash = tokens.hashed(tokens.next_token_id(row.id, token_id))
        row.rotated_at = row.last_used_at = now
        return True
    return shown == row.previous_hash and row.rotated_at is not None and now - row.rotated_at <= GRACE


def _check_user(session: Session, row: AuthSession) -> None:
    user = session.get(User, row.user_id)
    if user is None or not user.active:
        raise Unauthorized(_("This account is closed."))
    if row.organization_id is not None and not is_active_member(session, row.user_id, row.organization_id):
        raise Unauthorized(_("You are no longer a member of this organization."))


def _revoke(row: AuthSession, reason: str) -> None:
    row.revoked_at, row.revoked_reason = utcnow(), reason


def _pair(row: AuthSession, token_id: str) -> TokenPair:
    return TokenPair(
        access=tokens.access_token(row.user_id, row.id, row.organization_id),
        refresh=tokens.refresh_token(row.id, token_id, row.expires_at.timestamp()),
        session_id=row.id,
        user_id=row.user_id,
        organization_id=row.organization_id,
    )
