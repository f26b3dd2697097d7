"""What must leave the house."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args

#: Kinds of items that change a message which is there already.
CHANGE_KINDS = ("reaction", "edit", "revoke")
#: Statuses of items that have not left, as far as we know.
UNSENT = ("queued", "sending")


class OutboxItem(TenantMixin, Base):
    """One effect on a provider; its id is the idempotency key (``Outbound.client_ref``).

    ``kind`` message | read | reaction | edit | revoke; the last three change ``message_id``, and their payload is
    ``{emoji | body, author_id, author}``. ``status`` queued → sending → done | failed | unknown | cancelled.
    ``written_at`` is set just before the request is handed to the channel: an item whose lease ran
    out after it is *unknown*, one without it can safely be tried again. ``held_until`` keeps the
    party's later items back (an unknown holds them for 60 s).
    """

    __tablename__ = "outbox"
    __table_args__ = tenant_args(
        Index(
            "ix_outbox_ready",
            "organization_id",
            "party_id",
            "seq",
            postgresql_where=text("status in ('queued', 'sending')"),
        ),
        refs={
            "channel_id": "channel",
            "party_id": "channel_party",
            "conversation_id": "conversation",
            "message_id": "message",
        },
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    channel_id: Mapped[uuid.UUID]
    party_id: Mapped[uuid.UUID]
    conversation_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID | None]
    kind: Mapped[str] = mapped_column(String(10), default="message", server_default="message")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    bucket: Mapped[int]
    status: Mapped[str] = mapped_column(String(10), default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    next_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    written_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]
