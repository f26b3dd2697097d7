"""Sessions: one for each connected number, and every state it has been in."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, new_id, tenant_args, utcnow
from ramal_whatsapp_web.models.base import Model


class Session(TenantMixin, Model):
    """A number's session, as we last knew it. ``state`` and ``reason``: :mod:`ramal_whatsapp_web.drivers.base`.

    Only the holder of the lease (``lease_owner`` until ``lease_until``) speaks for the session to its provider.
    """

    __tablename__ = "session"
    __table_args__ = tenant_args(
        UniqueConstraint("channel_id"),
        Index("ix_session_due", "next_at", postgresql_where=text("next_at is not null")),
        refs={"channel_id": "channel"},
    )

    channel_id: Mapped[uuid.UUID]
    #: The pairing with a phone, the same in every copy that was handed over; another one with each new QR code.
    pairing_id: Mapped[uuid.UUID] = mapped_column(default=new_id)
    state: Mapped[str] = mapped_column(String(20), default="disconnected")
    reason: Mapped[str | None] = mapped_column(String(60))
    #: A sentence for people, in the organization's language.
    detail: Mapped[str | None] = mapped_column(Text)
    state_at: Mapped[datetime] = mapped_column(default=utcnow)

    me_number: Mapped[str | None] = mapped_column(String(40))
    me_name: Mapped[str | None] = mapped_column(String(200))
    me_lid: Mapped[str | None] = mapped_column(String(60))

    #: Whether it should be running: the supervisor keeps it so, or leaves it alone.
    wanted: Mapped[bool] = mapped_column(default=False)
    #: What is to be done next, instead of a look: start, restart, stop, logout.
    wish: Mapped[str | None] = mapped_column(String(10))
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    #: Tries to get it running since it last was.
    attempts: Mapped[int] = mapped_column(default=0)
    #: Whether a failure had its one restart.
    restarted: Mapped[bool] = mapped_column(default=False)
    #: When the supervisor looks next; null: not before somebody asks.
    next_at: Mapped[datetime | None]

    #: Which QR code is shown: its hash, never the code, which pairs whoever has it.
    qr_hash: Mapped[str | None] = mapped_column(String(64))
    qr_expires_at: Mapped[datetime | None]
    qr_left: Mapped[int | None]

    #: The newest message the provider spoke of, when we first heard of it, and the look before that.
    activity_at: Mapped[datetime | None]
    activity_noticed_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]
    last_probe_at: Mapped[datetime | None]
    #: The newest news that the provider sent of the session, by its clock, and what it said.
    news_at: Mapped[datetime | None]
    news_state: Mapped[str | None] = mapped_column(String(20))
    news_reason: Mapped[str | None] = mapped_column(String(60))
    last_ack_at: Mapped[datetime | None]
    #: Since when acknowledgements are missing, and the alarm was raised.
    alarm_at: Mapped[datetime | None]
    #: The provider's history was read up to here: a gap is filled from a little before.
    seen_until: Mapped[datetime | None]
    #: The next filling is due at once (it is running again), not when its time comes.
    gap_open: Mapped[bool] = mapped_column(default=False)

    first_ready_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    #: It was taken to another installation: it starts here only when somebody says that it ended there.
    exported_at: Mapped[datetime | None]


class SessionChange(TenantMixin, Model):
    """A state the session went into, and why."""

    __tablename__ = "session_change"
    __table_args__ = tenant_args(
        Index(None, "organization_id", "session_id", "occurred_at", "id"),
        refs={"session_id": "plugin_whatsapp_web.session"},
    )

    session_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(60))
    detail: Mapped[str | None] = mapped_column(Text)
    #: supervisor, provider, person
    source: Mapped[str] = mapped_column(String(10))
    actor_name: Mapped[str | None] = mapped_column(String(200))
    occurred_at: Mapped[datetime] = mapped_column(default=utcnow)
