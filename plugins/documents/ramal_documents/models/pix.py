"""PIX keys of an organization, and the codes made with them."""

from __future__ import annotations

import uuid
from decimal import Decimal

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model
from ramal_documents.models.charges import MONEY


class PixKey(TenantMixin, Model):
    """A key as the DICT keeps it, with the name and city that go into its codes."""

    __tablename__ = "pix_key"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "key"))

    type: Mapped[str] = mapped_column(String(5))
    key: Mapped[str] = mapped_column(String(77))
    name: Mapped[str] = mapped_column(String(25))
    city: Mapped[str] = mapped_column(String(15))
    postal_code: Mapped[str] = mapped_column(String(8), default="")
    active: Mapped[bool] = mapped_column(default=True)


class PixCode(TenantMixin, Model):
    """A code that was made: by a key (static), or by the address that a bank gave (dynamic)."""

    __tablename__ = "pix_code"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "txid"),
        refs={"key_id": "plugin_documents.pix_key:NO ACTION", "contact_id": "contact:SET NULL"},
    )

    kind: Mapped[str] = mapped_column(String(7))
    key_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[uuid.UUID | None]
    amount: Mapped[Decimal | None] = mapped_column(MONEY)
    #: Comes back with the payment where the bank reports it; a dynamic code's is the bank's.
    txid: Mapped[str | None] = mapped_column(String(25))
    description: Mapped[str] = mapped_column(String(120), default="")
    text: Mapped[str]
    created_by: Mapped[uuid.UUID | None]
