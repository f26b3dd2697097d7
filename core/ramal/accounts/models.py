"""Organizations, people, memberships, sessions and the audit trail."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, IdMixin, TenantMixin, tenant_args, utcnow


class Organization(IdMixin, Base):
    """A business. Its own row is its tenant: row-level security compares ``id``."""

    __tablename__ = "organization"

    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    locale: Mapped[str] = mapped_column(String(10), default="pt_BR", server_default="pt_BR")
    timezone: Mapped[str] = mapped_column(String(60), default="America/Sao_Paulo", server_default="America/Sao_Paulo")
    color: Mapped[str | None] = mapped_column(String(7))
    archived_at: Mapped[datetime | None]


class User(IdMixin, Base):
    """A person who logs in. Global: the membership carries the role."""

    __tablename__ = "user"
    __table_args__ = (Index("uq_user_email_lower", func.lower(text("email")), unique=True),)

    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_super_admin: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    locale: Mapped[str | None] = mapped_column(String(10))
    theme: Mapped[str] = mapped_column(String(10), default="system", server_default="system")
    last_login_at: Mapped[datetime | None]
    #: Tokens made before this moment are refused (password changed, forced logout).
    tokens_valid_from: Mapped[datetime | None]


class Membership(TenantMixin, Base):
    """A user's place in an organization: role ``org_admin, supervisor, agent`` or ``viewer``."""

    __tablename__ = "membership"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "user_id"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))


class AuthSession(IdMixin, Base):
    """One login on one device; every refresh rotates ``refresh_hash`` (SHA-256 of the token's id).

    The hash of the one before is kept: seeing it again means that a token was stolen, and the
    session is revoked.
    """

    __tablename__ = "auth_session"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    refresh_hash: Mapped[str] = mapped_column(String(64), index=True)
    previous_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    rotated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(40))
    ip: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(300))
    last_used_at: Mapped[datetime] = mapped_column(default=utcnow)


class LoginThrottle(Base):
    """Failed logins of an address, or of an address and an e-mail (``key`` is a hash of them)."""

    __tablename__ = "login_throttle"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    blocked_until: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)


class ApiToken(TenantMixin, Base):
    """A token for programs: only its hash is kept; ``scopes`` are permission names."""

    __tablename__ = "api_token"
    __table_args__ = tenant_args(refs={"user_id": "membership.user_id"})

    user_id: Mapped[uuid.UUID]
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(default=list)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class IdempotencyKey(TenantMixin, Base):
    """The answer to a POST that carried ``Idempotency-Key``, kept for 24 h."""

    __tablename__ = "idempotency_key"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "user_id", "key"))

    user_id: Mapped[uuid.UUID]
    key: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    response: Mapped[dict[str, Any] | None]


class AuditEvent(TenantMixin, Base):
    """Who did what, when, from where. Append-only: the app role may not update or delete it."""

    __tablename__ = "audit_event"
    __table_args__ = tenant_args(Index(None, "organization_id", "created_at"))

    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(80))
    target_type: Mapped[str | None] = mapped_column(String(60))
    target_id: Mapped[str | None] = mapped_column(String(80))
    target_name: Mapped[str | None] = mapped_column(String(200))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    ip: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(64))


class Setting(TenantMixin, Base):
    """A value an organization set for the core, by key."""

    __tablename__ = "setting"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "key"))

    key: Mapped[str] = mapped_column(String(100))
    value: Mapped[dict[str, Any]]
