"""Pipelines with their stages; deals, what is in them, and how they moved."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, FetchedValue, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args, utcnow
from ramal_crm.models.base import MONEY, Model

DEAL_STATES = ("open", "won", "lost")


class Pipeline(TenantMixin, Model):
    """A way of selling: its stages, in order."""

    __tablename__ = "pipeline"
    __table_args__ = tenant_args(
        Index(None, "organization_id", text("lower(name)"), unique=True),
        Index(
            "uq_pipeline_default",
            "organization_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    is_default: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None]


class Stage(TenantMixin, Model):
    """A column of the board. Won and lost are no stages: a deal keeps the stage it was in."""

    __tablename__ = "stage"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "pipeline_id", "id"),
        refs={"pipeline_id": "plugin_crm.pipeline"},
    )

    pipeline_id: Mapped[uuid.UUID]
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    #: Days after which a deal that stays is marked as stale; none: never.
    stale_after: Mapped[int | None]
    archived_at: Mapped[datetime | None]


class Product(TenantMixin, Model):
    """What is sold, with its usual price."""

    __tablename__ = "product"
    __table_args__ = tenant_args(
        Index(
            "uq_product_organization_id_code",
            "organization_id",
            "code",
            unique=True,
            postgresql_where=text("code <> ''"),
        ),
    )

    name: Mapped[str] = mapped_column(String(120))
    code: Mapped[str] = mapped_column(String(40), default="")
    price: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    unit: Mapped[str] = mapped_column(String(20), default="")
    archived_at: Mapped[datetime | None]


class LossReason(TenantMixin, Model):
    """Why deals are lost, to choose from."""

    __tablename__ = "loss_reason"
    __table_args__ = tenant_args(Index(None, "organization_id", text("lower(name)"), unique=True))

    name: Mapped[str] = mapped_column(String(80))
    archived_at: Mapped[datetime | None]


class Deal(TenantMixin, Model):
    """An opportunity: with whom, worth what, where on the board."""

    __tablename__ = "deal"
    __table_args__ = tenant_args(
        CheckConstraint(f"state in {DEAL_STATES}", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at"),
        CheckConstraint("state = 'lost' OR loss_reason_id IS NULL", name="loss_reason"),
        CheckConstraint("amount >= 0", name="amount"),
        # The board: one column's cards in order, everybody's and one owner's.
        Index(
            "ix_deal_board",
            "organization_id",
            "pipeline_id",
            "stage_id",
            "rank",
            "id",
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_deal_board_owner",
            "organization_id",
            "owner_id",
            "stage_id",
            "rank",
            "id",
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "organization_id", "state", "id"),
        Index(None, "organization_id", "owner_id", "state", "id"),
        Index("ix_deal_search", "search", postgresql_using="gin"),
        Index("ix_deal_tags", "tags", postgresql_using="gin"),
        refs={
            "pipeline_id": "plugin_crm.pipeline:NO ACTION",
            "stage_id": "plugin_crm.stage:NO ACTION",
            "customer_id": "plugin_crm.customer:SET NULL",
            "contact_id": "contact:SET NULL",
            "loss_reason_id": "plugin_crm.loss_reason:NO ACTION",
        },
    )

    pipeline_id: Mapped[uuid.UUID]
    stage_id: Mapped[uuid.UUID]
    title: Mapped[str] = mapped_column(String(160))
    customer_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(String(4), default="open")
    #: The sum of its items where it has any, else as typed.
    amount: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))
    #: Place in its column: a card between two gets the mean of theirs.
    rank: Mapped[Decimal] = mapped_column(Numeric(40, 20))
    expected_on: Mapped[date | None]
    owner_id: Mapped[uuid.UUID | None]
    tags: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    #: Counts changes: of two who move one card, the second hears of the first.
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    stage_since: Mapped[datetime] = mapped_column(default=utcnow)
    closed_at: Mapped[datetime | None]
    loss_reason_id: Mapped[uuid.UUID | None]
    loss_note: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[uuid.UUID | None]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    #: Who changed it last: whoever comes second is told.
    updated_by: Mapped[uuid.UUID | None]
    updated_by_name: Mapped[str] = mapped_column(String(120), default="")
    #: Words of the title and all of the customer's; a trigger of each table writes it.
    search: Mapped[str] = mapped_column(TSVECTOR, FetchedValue(), deferred=True)


class DealSum(TenantMixin, Model):
    """How open deals add up: the sum of a column's rows is how many it has, and their worth. Triggers write it.

    Every statement that changes deals adds what it changed as rows of its own, in its transaction. Nobody waits for
    anybody and no two can block each other, as they would if all movers of cards wrote one row a column; whoever reads
    sees the deals and their sums as of the same commit. Now and then a writer adds the rows up.
    """

    __tablename__ = "deal_sum"
    __table_args__ = tenant_args(
        Index(None, "organization_id", "pipeline_id", "tag"),
        Index("ix_deal_sum_fresh", "organization_id", postgresql_where=text("NOT added_up")),
    )

    pipeline_id: Mapped[uuid.UUID]
    stage_id: Mapped[uuid.UUID]
    owner_id: Mapped[uuid.UUID | None]
    #: Of the deals that have it; of all, if empty.
    tag: Mapped[str] = mapped_column(Text)
    deals: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    added_up: Mapped[bool] = mapped_column(default=False)


class DealItem(TenantMixin, Model):
    """A line of what a deal is about; name and price are copies, so that a later price list changes nothing."""

    __tablename__ = "deal_item"
    __table_args__ = tenant_args(
        CheckConstraint("quantity > 0", name="quantity"),
        refs={"deal_id": "plugin_crm.deal", "product_id": "plugin_crm.product:SET NULL"},
    )

    deal_id: Mapped[uuid.UUID]
    product_id: Mapped[uuid.UUID | None]
    name: Mapped[str] = mapped_column(String(120))
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3), default=Decimal(1))
    price: Mapped[Decimal] = mapped_column(MONEY)
    #: Percent off the line.
    discount: Mapped[Decimal] = mapped_column(Numeric(5, 2), default=Decimal(0))
    position: Mapped[int] = mapped_column(default=0)


class DealChange(TenantMixin, Model):
    """A deal's way through stages and states, one row a step."""

    __tablename__ = "deal_change"
    __table_args__ = tenant_args(
        refs={"deal_id": "plugin_crm.deal"},
    )

    deal_id: Mapped[uuid.UUID]
    from_stage_id: Mapped[uuid.UUID | None]
    to_stage_id: Mapped[uuid.UUID]
    from_state: Mapped[str | None] = mapped_column(String(4))
    to_state: Mapped[str] = mapped_column(String(4))
    amount: Mapped[Decimal] = mapped_column(MONEY)
    reason: Mapped[str] = mapped_column(String(500), default="")
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(120), default="")


class DealConversation(TenantMixin, Model):
    """A conversation that a deal is talked about in; many to many."""

    __tablename__ = "deal_conversation"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "deal_id", "conversation_id"),
        refs={"deal_id": "plugin_crm.deal", "conversation_id": "conversation"},
    )

    deal_id: Mapped[uuid.UUID]
    conversation_id: Mapped[uuid.UUID]
