"""What somebody has to do, by when."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_crm.models.base import Model

ACTIVITY_TYPES = ("task", "call", "meeting", "message", "email", "visit")


class Activity(TenantMixin, Model):
    """A thing to do: with whom, about which deal, from which message it came."""

    __tablename__ = "activity"
    __table_args__ = tenant_args(
        CheckConstraint(f"type in {ACTIVITY_TYPES}", name="type"),
        # The overdue list, and what the reminder looks for.
        Index(
            "ix_activity_due",
            "organization_id",
            "assignee_id",
            "due_at",
            postgresql_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_activity_remind",
            "organization_id",
            "remind_at",
            postgresql_where=text("done_at IS NULL AND reminded_at IS NULL"),
        ),
        refs={
            "customer_id": "plugin_crm.customer",
            "deal_id": "plugin_crm.deal",
            "contact_id": "contact:SET NULL",
            "conversation_id": "conversation:SET NULL",
            "message_id": "message:SET NULL",
        },
    )

    type: Mapped[str] = mapped_column(String(7), default="task")
    title: Mapped[str] = mapped_column(String(160))
    note: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    #: When the reminder went out: once for each time that is set.
    reminded_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[uuid.UUID | None]
    assignee_id: Mapped[uuid.UUID | None]
    customer_id: Mapped[uuid.UUID | None]
    deal_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[uuid.UUID | None]
    conversation_id: Mapped[uuid.UUID | None]
    message_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]
