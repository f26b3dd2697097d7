"""Notifications and what members chose about them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args, utcnow


class Notification(TenantMixin, Base):
    """Something one member is told. It goes with the member, and with the conversation or contact it is about.

    ``title`` and ``body`` are kept as ``ramal.i18n.kept_text`` makes them, so each reader has them in
    their own language. ``key`` tells it once: for good, or, where it ``coalesces``, while it is
    unread: then ``count`` says how often it happened and ``at`` when last.
    """

    __tablename__ = "notification"
    __table_args__ = tenant_args(
        Index(
            "uq_notification_once",
            "organization_id",
            "user_id",
            "code",
            "key",
            unique=True,
            postgresql_where=text("not coalesces"),
        ),
        Index(
            "uq_notification_unread",
            "organization_id",
            "user_id",
            "code",
            "key",
            unique=True,
            postgresql_where=text("coalesces and read_at is null"),
        ),
        Index(None, "organization_id", "user_id", "at", "id"),
        Index(
            "ix_notification_new",
            "organization_id",
            "user_id",
            "at",
            "id",
            postgresql_where=text("read_at is null"),
        ),
        Index("ix_notification_read", "read_at", postgresql_where=text("read_at is not null")),
        refs={"user_id": "membership.user_id", "conversation_id": "conversation", "contact_id": "contact"},
    )

    user_id: Mapped[uuid.UUID]
    code: Mapped[str] = mapped_column(String(100))
    key: Mapped[str | None] = mapped_column(String(200))
    coalesces: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    title: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any] | None]
    #: A path of this site.
    url: Mapped[str | None] = mapped_column(String(500))
    subject_kind: Mapped[str | None] = mapped_column(String(60))
    subject_id: Mapped[uuid.UUID | None]
    #: The subject, where it is one of these: deleted with it.
    conversation_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[uuid.UUID | None]
    count: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    at: Mapped[datetime] = mapped_column(default=utcnow)
    read_at: Mapped[datetime | None]


class NotificationPreference(TenantMixin, Base):
    """What a member chose for one kind and one medium; without a row the kind's default holds."""

    __tablename__ = "notification_preference"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "user_id", "code", "medium"),
        refs={"user_id": "membership.user_id"},
    )

    user_id: Mapped[uuid.UUID]
    code: Mapped[str] = mapped_column(String(100))
    medium: Mapped[str] = mapped_column(String(20))
    enabled: Mapped[bool]
