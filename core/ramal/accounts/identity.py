"""From a token to the caller, in one query: the only one that authentication costs a request.

It runs as the system role, because the organization is what it finds out.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, select, update

from ramal.accounts import tokens
from ramal.accounts.models import ApiToken, AuthSession, Membership, Organization, User
from ramal.accounts.permissions import permissions_of
from ramal.database.base import utcnow
from ramal.database.session import db
from ramal.errors import Unauthorized
from ramal.http.principal import Principal
from ramal.i18n import gettext as _

#: An API token's last use is written at most this often.
_NOTE_USE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ActiveOrganization:
    """What screens and formats need of the caller's organization."""

    id: uuid.UUID
    name: str
    slug: str
    color: str | None
    locale: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller, and the organization they act for (None: a super_admin without one)."""

    principal: Principal
    organization: ActiveOrganization | None


_USER = (
    User.id.label("user_id"),
    User.name.label("user_name"),
    User.email,
    User.is_super_admin,
    User.active.label("user_active"),
    User.locale.label("user_locale"),
    User.theme,
    User.tokens_valid_from,
    Membership.role,
    Membership.active.label("member_active"),
    Organization.id.label("organization_id"),
    Organization.name.label("organization_name"),
    Organization.slug,
    Organization.color,
    Organization.locale.label("organization_locale"),
    Organization.timezone,
    Organization.archived_at,
)


def from_access_token(token: str) -> Identity:
    """The caller of an access token; Unauthorized if it, its session or its user no longer counts."""
    claims = tokens.read_access_token(token)
    return from_session(claims.session_id, claims.user_id, claims.organization_id, claims.issued_at)


def from_session(
    session_id: uuid.UUID, user_id: uuid.UUID, organization_id: uuid.UUID | None, issued_at: float
) -> Identity:
    """The caller of a session; Unauthorized if it, or its user, no longer counts."""
    member = and_(Membership.user_id == User.id, Membership.organization_id == organization_id)
    query = (
        select(*_USER, AuthSession.revoked_at, AuthSession.expires_at)
        .join_from(AuthSession, User, User.id == AuthSession.user_id)
        .outerjoin(Membership, member)
        .outerjoin(Organization, Organization.id == Membership.organization_id)
        .where(AuthSession.id == session_id, AuthSession.user_id == user_id)
    )
    row = _one(query)
    if row is None or row.revoked_at is not None or row.expires_at < utcnow():
        raise Unauthorized(_("Your login has expired."))
    if row.tokens_valid_from is not None and issued_at < row.tokens_valid_from.timestamp():
        raise Unauthorized(_("Your login has expired."))
    if organization_id is not None and row.organization_id is None:
        raise Unauthorized(_("You are no longer a member of this organization."))
    return _identity(row, kind="user", permissions=permissions_of(row.role), session_id=session_id)


def from_api_token(token: str) -> Identity:
    """The caller of an API token: its owner, held to the token's scopes."""
    query = (
        select(
            *_USER,
            ApiToken.id.label("token_id"),
            ApiToken.scopes,
            ApiToken.expires_at,
            ApiToken.revoked_at,
            ApiToken.last_used_at,
        )
        .join_from(ApiToken, User, User.id == ApiToken.user_id)
        .join(
            Membership,
            and_(Membership.user_id == User.id, Membership.organization_id == ApiToken.organization_id),
        )
        .join(Organization, Organization.id == Membership.organization_id)
        .where(ApiToken.token_hash == tokens.hashed(token))
    )
    row = _one(query)
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at < utcnow()):
        raise Unauthorized(_("This token is not valid."))
    _note_use(row.token_id, row.last_used_at)
    permissions = permissions_of(row.role) & frozenset(row.scopes)
    return _identity(row, kind="token", permissions=permissions, session_id=None)


def language_of(organization_id: uuid.UUID) -> tuple[str, str] | None:
    """An organization's language and time zone."""
    row = _one(select(Organization.locale, Organization.timezone).where(Organization.id == organization_id))
    return None if row is None else (row.locale, row.timezone)


def _one(query: Any) -> Row[Any] | None:
    # Autocommit: one round trip, not the three of BEGIN, SELECT, COMMIT.
    with db.engines["system"].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.execute(query).one_or_none()


def _note_use(token_id: uuid.UUID, last_used_at: datetime | None) -> None:
    now = utcnow()
    if last_used_at is None or now - last_used_at > _NOTE_USE:
        with db.engines["system"].begin() as connection:
            connection.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))


def _identity(row: Row[Any], *, kind: str, permissions: frozenset[str], session_id: uuid.UUID | None) -> Identity:
    if not row.user_active:
        raise Unauthorized(_("This account is closed."))
    if row.organization_id is not None and not (row.member_active and row.archived_at is None):
        raise Unauthorized(_("You are no longer a member of this organization."))
    principal = Principal(
        kind=kind,
        user_id=row.user_id,
        organization_id=row.organization_id,
        name=row.user_name,
        email=row.email,
        role=row.role,
        permissions=permissions,
        # A token's scopes are permissions of one organization: the platform is not among them.
        is_super_admin=row.is_super_admin and kind == "user",
        session_id=session_id,
        locale=row.user_locale,
        theme=row.theme,
    )
    return Identity(principal, _organization(row))


def _organization(row: Row[Any]) -> ActiveOrganization | None:
    if row.organization_id is None:
        return None
    return ActiveOrganization(
        id=row.organization_id,
        name=row.organization_name,
        slug=row.slug,
        color=row.color,
        locale=row.organization_locale,
        timezone=row.timezone,
    )
