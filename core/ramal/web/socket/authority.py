"""Whether the logins behind open sockets still count: asked for all of them at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, or_, select, true

from ramal.accounts.models import ApiToken, AuthSession, Membership, Organization, User
from ramal.accounts.permissions import permissions_of
from ramal.database.base import utcnow
from ramal.database.session import system_transaction
from ramal.events.subscriber import Subscriber
from ramal.http.principal import Principal


def still_valid(subscribers: Sequence[Subscriber]) -> dict[str, Principal]:
    """Subscriber's id → its principal as it is now. Who is missing must go."""
    with system_transaction() as session:
        sessions = {
            (row.id, row.organization_id): row
            for row in session.execute(
                _members(AuthSession.id, AuthSession, AuthSession.user_id).where(
                    AuthSession.id.in_([one.principal.session_id for one in subscribers if one.principal.session_id]),
                    AuthSession.revoked_at.is_(None),
                    AuthSession.expires_at > utcnow(),
                )
            )
        }
        tokens = {
            (row.id, row.organization_id): row
            for row in session.execute(
                _members(ApiToken.token_hash.label("id"), ApiToken, ApiToken.user_id).where(
                    ApiToken.token_hash.in_([one.token_hash for one in subscribers if one.token_hash]),
                    ApiToken.organization_id == Membership.organization_id,
                    ApiToken.revoked_at.is_(None),
                    or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > utcnow()),
                )
            )
        }
    found = {}
    for one in subscribers:
        key: tuple[Any, uuid.UUID | None] = (one.token_hash or one.principal.session_id, one.principal.organization_id)
        row = tokens.get(key) if one.token_hash else sessions.get(key)
        if row is not None and _after_reset(row.tokens_valid_from, one.since):
            found[one.id] = _now(one, row.role)
    return found


def _members(key: Any, login: Any, user_id: Any) -> Any:
    """Logins with each membership of their user that works now."""
    return (
        select(key, Membership.organization_id, Membership.role, User.tokens_valid_from)
        .join_from(login, User, User.id == user_id)
        .join(Membership, and_(Membership.user_id == User.id, Membership.active))
        .join(Organization, and_(Organization.id == Membership.organization_id, Organization.archived_at.is_(None)))
        .where(User.active == true())
    )


def _after_reset(valid_from: datetime | None, since: float) -> bool:
    """Whether the socket was opened after all older logins were refused."""
    return valid_from is None or datetime.fromtimestamp(since, UTC) >= valid_from


def _now(subscriber: Subscriber, role: str) -> Principal:
    permissions = permissions_of(role)
    if subscriber.token_hash:  # a token's scopes may be narrower than its owner's role
        permissions &= subscriber.principal.permissions
    return replace(subscriber.principal, role=role, permissions=permissions)
