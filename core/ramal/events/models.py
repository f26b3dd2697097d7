"""The event log, what plugins still owe it, and background jobs."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Sequence, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, metadata, tenant_args

#: Positions are handed out by one sequencer at a time, after commit (design.md section 8).
event_position = Sequence("event_position", metadata=metadata)


class Event(TenantMixin, Base):
    """What happened, written in the transaction that made it happen.

    ``seq`` is the order of insertion; ``position`` the order of reading, given after commit by the
    sequencer, so that a reader who resumes by it misses nothing. ``bucket`` is the party's
    (0..63), or that of the organization for events without a conversation.
    """

    __tablename__ = "event"
    __table_args__ = tenant_args(
        Index("ix_event_unsequenced", "seq", postgresql_where=text("position is null")),
        Index(
            "ix_event_position",
            "position",
            unique=True,
            postgresql_where=text("position is not null"),
        ),
        Index(
            "ix_event_undelivered",
            "organization_id",
            "bucket",
            "position",
            postgresql_where=text("delivered_at is null"),
        ),
        Index(None, "organization_id", "conversation_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    position: Mapped[int | None] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(60))
    conversation_id: Mapped[uuid.UUID | None]
    bucket: Mapped[int]
    actor_id: Mapped[uuid.UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    delivered_at: Mapped[datetime | None]


class PluginDelivery(TenantMixin, Base):
    """An event that a plugin has not taken yet: it failed, or waits behind one that did.

    status: waiting → (row deleted when delivered), or dead after the last attempt.
    """

    __tablename__ = "plugin_delivery"
    __table_args__ = tenant_args(
        UniqueConstraint("event_id", "plugin"),
        Index(
            "ix_plugin_delivery_waiting",
            "next_at",
            postgresql_where=text("status = 'waiting'"),
        ),
        refs={"event_id": "event"},
    )

    event_id: Mapped[uuid.UUID]
    plugin: Mapped[str] = mapped_column(String(60))
    conversation_id: Mapped[uuid.UUID | None]
    bucket: Mapped[int]
    position: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: When it is tried again; null while it waits behind an earlier event of its conversation.
    next_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    failed_at: Mapped[datetime | None]
    timed_out: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class Job(TenantMixin, Base):
    """Background work, written in the caller's transaction; RQ only carries its id.

    status: queued → running → done, or failed after the last attempt.
    """

    __tablename__ = "job"
    __table_args__ = tenant_args(
        Index("ix_job_ready", "run_at", postgresql_where=text("status in ('queued', 'running')")),
        Index(
            "uq_job_key",
            "organization_id",
            "key",
            unique=True,
            postgresql_where=text("key is not null and status in ('queued', 'running')"),
        ),
    )

    #: ``plugin`` or ``core``: an inactive plugin's jobs wait.
    plugin: Mapped[str] = mapped_column(String(60), default="core")
    #: The name given to ``register_jobs``, or by the core.
    name: Mapped[str] = mapped_column(String(120))
    key: Mapped[str | None] = mapped_column(String(200))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(10), default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    max_attempts: Mapped[int] = mapped_column(default=6, server_default=text("6"))
    run_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None]
