"""Connected channels, their log, and the inbound journal."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args, utcnow


class ConnectedChannel(TenantMixin, Base):
    """One number, site or session of an organization (``Channel`` is the code behind its kind)."""

    __tablename__ = "channel"
    __table_args__ = tenant_args(
        Index(
            "uq_channel_external_ref",
            "organization_id",
            "kind",
            "external_ref",
            unique=True,
            postgresql_where=text("external_ref is not null"),
        ),
        Index("ix_channel_kind_external_ref", "kind", "external_ref"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    #: The plugin that registered the kind: its being active gates the channel.
    plugin: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    #: Secret settings as one encrypted JSON object.
    secrets: Mapped[str | None] = mapped_column(Text)
    #: What its plugin keeps with it and every call sees (``ChannelContext.state``); no settings, no secrets.
    state: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    external_ref: Mapped[str | None] = mapped_column(String(120))
    #: connecting, ready, needs_attention, disconnected
    status: Mapped[str] = mapped_column(String(30), default="ready", server_default="ready")
    status_detail: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    #: F26: same | new | hours (the same conversation if resolved less than N hours ago).
    reopen_policy: Mapped[str] = mapped_column(String(10), default="same", server_default="same")
    reopen_hours: Mapped[int] = mapped_column(default=24, server_default=text("24"))
    last_delivery_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_at: Mapped[datetime | None]
    #: Sends wait until then (the provider throttled us).
    paused_until: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    deleted_at: Mapped[datetime | None]


class ChannelNotice(TenantMixin, Base):
    """News about the account or the number (quality, restriction, template): the channel's log."""

    __tablename__ = "channel_notice"
    __table_args__ = tenant_args(UniqueConstraint("channel_id", "key"), refs={"channel_id": "channel"})

    channel_id: Mapped[uuid.UUID]
    key: Mapped[str] = mapped_column(String(200))
    level: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    occurred_at: Mapped[datetime]


class InboundDelivery(TenantMixin, Base):
    """The journal: a raw webhook body, committed before it is acknowledged.

    status: pending → done, or parked (can't be parsed: shown under "unprocessed"), or discarded.
    """

    __tablename__ = "inbound_delivery"
    __table_args__ = tenant_args(
        UniqueConstraint("channel_id", "key"),
        Index(
            "ix_inbound_delivery_pending",
            "channel_id",
            "seq",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_inbound_delivery_parked",
            "organization_id",
            "seq",
            postgresql_where=text("status = 'parked'"),
        ),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    channel_id: Mapped[uuid.UUID]
    key: Mapped[str] = mapped_column(String(200))
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(10), default="pending", server_default="pending")
    #: Items applied so far: a delivery too long for one transaction is applied in several.
    position: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]


class InboundItem(TenantMixin, Base):
    """An item of a delivery that could not be applied at once, or that waits behind such a one.

    Success costs no row here. status: waiting → done, or parked after the last attempt, or discarded.
    Items of one ``party_key`` are applied in (delivery, position) order.
    """

    __tablename__ = "inbound_item"
    __table_args__ = tenant_args(
        UniqueConstraint("delivery_id", "position"),
        Index(
            "ix_inbound_item_waiting",
            "channel_id",
            "next_at",
            postgresql_where=text("status = 'waiting'"),
        ),
        refs={"channel_id": "channel", "delivery_id": "inbound_delivery"},
    )

    channel_id: Mapped[uuid.UUID]
    delivery_id: Mapped[uuid.UUID]
    position: Mapped[int]
    #: What orders it: the strongest alias of its party, or the message it speaks of.
    party_key: Mapped[str] = mapped_column(String(250))
    summary: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    next_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
