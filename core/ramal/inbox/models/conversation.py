"""Conversations and labels."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args, utcnow

#: A party has at most one conversation in these states.
LIVE = ("open", "pending", "snoozed")


class Conversation(TenantMixin, Base):
    """A stretch of talk with one channel party.

    ``status`` open|pending|snoozed|resolved|archived · ``control`` bot|human|none.
    ``waiting_since``: time of the oldest customer message nobody answered.
    ``last_message`` is a denormalised preview for the list: ``{id, kind, body, direction, status,
    sent_at, is_note}``.
    """

    __tablename__ = "conversation"
    __table_args__ = tenant_args(
        Index(
            "uq_conversation_live",
            "party_id",
            unique=True,
            postgresql_where=text("status in ('open', 'pending', 'snoozed')"),
        ),
        Index(None, "organization_id", "status", "last_message_at", "id"),
        Index(None, "organization_id", "assignee_id", "status", "last_message_at", "id"),
        Index(None, "organization_id", "last_message_at", "id"),
        Index(None, "organization_id", "status", "waiting_since"),
        refs={
            "channel_id": "channel",
            "party_id": "channel_party",
            "contact_id": "contact",
            "assignee_id": "membership.user_id:SET NULL",
        },
    )

    channel_id: Mapped[uuid.UUID]
    party_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID]
    bucket: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10), default="direct", server_default="direct")
    status: Mapped[str] = mapped_column(String(10), default="open", server_default="open")
    control: Mapped[str] = mapped_column(String(10), default="none", server_default="none")
    priority: Mapped[str] = mapped_column(String(10), default="none", server_default="none")
    assignee_id: Mapped[uuid.UUID | None]
    waiting_since: Mapped[datetime | None]
    unread_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    last_message: Mapped[dict[str, Any] | None]
    last_message_at: Mapped[datetime] = mapped_column(default=utcnow)
    opened_at: Mapped[datetime] = mapped_column(default=utcnow)
    resolved_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class Label(TenantMixin, Base):
    """A coloured word on conversations."""

    __tablename__ = "label"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "name"))

    name: Mapped[str] = mapped_column(String(60))
    color: Mapped[str] = mapped_column(String(7), default="#5b6b7b")
    description: Mapped[str | None] = mapped_column(String(200))


class ConversationLabel(TenantMixin, Base):
    """A label on a conversation."""

    __tablename__ = "conversation_label"
    __table_args__ = tenant_args(
        UniqueConstraint("conversation_id", "label_id"),
        refs={"conversation_id": "conversation", "label_id": "label"},
    )

    conversation_id: Mapped[uuid.UUID]
    label_id: Mapped[uuid.UUID]
