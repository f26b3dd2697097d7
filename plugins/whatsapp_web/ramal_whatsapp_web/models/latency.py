"""When each outgoing message was queued, handed over, sent, delivered and read."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from ramal.api import TenantMixin, tenant_args
from ramal_whatsapp_web.models.base import Model


class MessageTimes(TenantMixin, Model):
    """One outgoing message: queued and accepted by our clock, the rest as WhatsApp says; no step ends early."""

    __tablename__ = "message_times"
    __table_args__ = tenant_args(
        UniqueConstraint("message_id"),
        Index(None, "channel_id", "queued_at"),
        Index(
            "ix_message_times_silent",
            "channel_id",
            "accepted_at",
            postgresql_where=text("accepted_at is not null and sent_at is null and failed_at is null"),
        ),
        refs={"channel_id": "channel", "message_id": "message"},
    )

    channel_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID]
    queued_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
