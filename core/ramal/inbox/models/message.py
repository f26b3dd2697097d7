"""Messages, their files, and everything that happens to a message after it was written."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Computed,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args


class Message(TenantMixin, Base):
    """One bubble, note or system line. Order in a conversation: (sent_at, seq).

    ``sent_at`` is the provider's time, clamped to not lie in the future. ``client_id`` is the
    sender's UUIDv7: the same id twice is the same message. ``reply_snippet`` keeps the quoted
    words even where the original is unknown. ``external``: typed on the phone, not here.
    """

    __tablename__ = "message"
    __table_args__ = tenant_args(
        Index(
            "uq_message_provider_id",
            "channel_id",
            "provider_id",
            unique=True,
            postgresql_where=text("provider_id is not null"),
        ),
        Index(
            "uq_message_client_id",
            "organization_id",
            "client_id",
            unique=True,
            postgresql_where=text("client_id is not null"),
        ),
        Index("ix_message_thread", "conversation_id", "sent_at", "seq"),
        Index(
            "ix_message_unlinked_reply",
            "channel_id",
            "reply_to_provider_id",
            postgresql_where=text("reply_to_id is null and reply_to_provider_id is not null"),
        ),
        Index("ix_message_search", "search", postgresql_using="gin"),
        refs={
            "conversation_id": "conversation",
            "channel_id": "channel",
            "author_id": "membership.user_id:SET NULL",
            "reply_to_id": "message:SET NULL",
        },
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    conversation_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID]
    direction: Mapped[str] = mapped_column(String(3))
    kind: Mapped[str] = mapped_column(String(12))
    body: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    provider_id: Mapped[str | None] = mapped_column(String(300))
    client_id: Mapped[uuid.UUID | None]
    author_id: Mapped[uuid.UUID | None]
    status: Mapped[str | None] = mapped_column(String(10))
    error: Mapped[dict[str, Any] | None]
    reply_to_id: Mapped[uuid.UUID | None]
    reply_to_provider_id: Mapped[str | None] = mapped_column(String(300))
    reply_snippet: Mapped[dict[str, Any] | None]
    sent_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    forwarded: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    external: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: ``[{emoji, by: contact|agent, actor, name}]``, folded from message_change.
    reactions: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "to_tsvector('portuguese', coalesce(body, ''))"
            " || to_tsvector('portuguese', ramal_unaccent(coalesce(body, '')))",
            persisted=True,
        ),
        deferred=True,
    )


class Attachment(TenantMixin, Base):
    """A file of a message. ``state`` pending → ready | failed; ``ref`` is the provider's handle.

    An uploaded file waits with ``message_id`` null until a message takes it.
    """

    __tablename__ = "attachment"
    __table_args__ = tenant_args(
        refs={"message_id": "message", "file_id": "stored_file:SET NULL"},
    )

    message_id: Mapped[uuid.UUID | None]
    position: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10), default="pending", server_default="pending")
    ref: Mapped[dict[str, Any] | None]
    filename: Mapped[str | None] = mapped_column(String(255))
    mime_type: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    file_id: Mapped[uuid.UUID | None]
    error: Mapped[str | None] = mapped_column(Text)
    uploaded_by: Mapped[uuid.UUID | None]


class MessageStatus(TenantMixin, Base):
    """Every status a provider reported, once. Without ``message_id`` it waits for its message."""

    __tablename__ = "message_status"
    __table_args__ = tenant_args(
        UniqueConstraint("channel_id", "provider_id", "status", "recipient", "occurred_at"),
        Index(
            "ix_message_status_parked",
            "channel_id",
            "client_ref",
            postgresql_where=text("message_id is null"),
        ),
        refs={"channel_id": "channel", "message_id": "message"},
    )

    channel_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID | None]
    provider_id: Mapped[str] = mapped_column(String(300))
    client_ref: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(10))
    recipient: Mapped[str] = mapped_column(String(200), default="", server_default="")
    occurred_at: Mapped[datetime]
    error: Mapped[dict[str, Any] | None]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))


class MessageChange(TenantMixin, Base):
    """An edit, revocation or reaction, once, in whatever order it came.

    A message's present text, ``revoked_at`` and reactions are folded from these by
    (occurred_at, key), so the final state does not depend on the order of arrival. Without
    ``message_id`` it waits for its message. An edit keeps the words it replaced in ``before``.
    """

    __tablename__ = "message_change"
    __table_args__ = tenant_args(
        UniqueConstraint("channel_id", "key"),
        Index(None, "channel_id", "target"),
        refs={"channel_id": "channel", "message_id": "message"},
    )

    channel_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID | None]
    target: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(300))
    #: edit | revoke | reaction
    kind: Mapped[str] = mapped_column(String(10))
    #: ``party:<id>`` or ``business`` or ``user:<id>``
    actor: Mapped[str] = mapped_column(String(60))
    actor_name: Mapped[str | None] = mapped_column(String(200))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    before: Mapped[dict[str, Any] | None]
    occurred_at: Mapped[datetime]
