"""Leads: strangers who wrote, until somebody says whether they may buy."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_crm.models.base import Model

LEAD_STATES = ("open", "qualified", "discarded")


class Lead(TenantMixin, Model):
    """A contact who might buy. One open lead a contact, whatever writes at once."""

    __tablename__ = "lead"
    __table_args__ = tenant_args(
        CheckConstraint(f"state in {LEAD_STATES}", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at"),
        Index(
            "uq_lead_open",
            "organization_id",
            "contact_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "organization_id", "state", "id"),
        refs={
            "contact_id": "contact",
            "conversation_id": "conversation:SET NULL",
            "channel_id": "channel:SET NULL",
            "customer_id": "plugin_crm.customer:SET NULL",
            "deal_id": "plugin_crm.deal:SET NULL",
        },
    )

    contact_id: Mapped[uuid.UUID]
    conversation_id: Mapped[uuid.UUID | None]
    #: The conversation was reopened since the lead was closed: what is written there now may be another lead.
    conversation_over: Mapped[bool] = mapped_column(default=False)
    channel_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(String(9), default="open")
    #: What the rule of its channel says, or who made it by hand: "whatsapp", "site", "indicação"…
    source: Mapped[str] = mapped_column(String(60), default="")
    #: Of an advertisement that led here: source id and URL, headline, click id, as the channel gave them.
    campaign: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_message: Mapped[str] = mapped_column(String(500), default="")
    owner_id: Mapped[uuid.UUID | None]
    customer_id: Mapped[uuid.UUID | None]
    deal_id: Mapped[uuid.UUID | None]
    reason: Mapped[str] = mapped_column(String(500), default="")
    closed_at: Mapped[datetime | None]
    created_by: Mapped[uuid.UUID | None]


class LeadRule(TenantMixin, Model):
    """Whether first messages of a channel make leads, and of which source; without a channel, for all others."""

    __tablename__ = "lead_rule"
    __table_args__ = tenant_args(
        Index("uq_lead_rule_channel", "organization_id", "channel_id", unique=True, postgresql_nulls_not_distinct=True),
        refs={"channel_id": "channel", "pipeline_id": "plugin_crm.pipeline:SET NULL"},
    )

    channel_id: Mapped[uuid.UUID | None]
    active: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(String(60), default="")
    #: Contacts who are customers already make a lead, too.
    with_customers: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[uuid.UUID | None]
    pipeline_id: Mapped[uuid.UUID | None]
