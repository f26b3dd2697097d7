"""What it saw, in order. Nothing here forbids a second row: that must not happen, and would be seen."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, Identity, String
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import PluginModel, TenantMixin, tenant_args


class Model(PluginModel, plugin="witness"):
    """Tables of the witness."""

    __abstract__ = True


class Sighting(TenantMixin, Model):
    """One call of a hook."""

    __tablename__ = "sighting"
    __table_args__ = tenant_args(schema="plugin_witness")

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    hook: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID]
