"""One number for each conversation."""

from __future__ import annotations

import uuid

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import PluginModel, TenantMixin, tenant_args


class Model(PluginModel, plugin="tally"):
    """Tables of the tally."""

    __abstract__ = True


class Count(TenantMixin, Model):
    """How many messages a conversation has received."""

    __tablename__ = "count"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "conversation_id"), schema="plugin_tally")

    conversation_id: Mapped[uuid.UUID]
    messages: Mapped[int] = mapped_column(default=0)
