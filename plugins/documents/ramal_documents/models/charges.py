"""Boletos, and what happened to each."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model

#: Up to 99,999,999.99 in cents; two digits more for room.
MONEY = Numeric(12, 2)


class Booklet(TenantMixin, Model):
    """A carnê: one sum in instalments, each a boleto, printed three to a page."""

    __tablename__ = "booklet"
    __table_args__ = tenant_args(
        refs={
            "account_id": "plugin_documents.issuing_account:NO ACTION",
            "contact_id": "contact:SET NULL",
            "file_id": "stored_file:SET NULL",
        },
    )

    account_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID | None]
    total: Mapped[Decimal] = mapped_column(MONEY)
    count: Mapped[int]
    payer_name: Mapped[str] = mapped_column(String(120))
    document_number: Mapped[str] = mapped_column(String(15), default="")
    file_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]


class Charge(TenantMixin, Model):
    """One boleto: a draft without a number, or issued with one that nobody else ever gets.

    ``issuer`` is a copy of the account's numbers and beneficiary as they were at that moment, because what is printed
    must equal what the bank registered.
    """

    __tablename__ = "charge"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "account_id", "number"),
        # Two accounts may share a bank's numbers: whatever was typed, no barcode field is given out twice.
        UniqueConstraint("organization_id", "bank", "free_field"),
        CheckConstraint("(state = 'draft') = (number IS NULL)", name="number"),
        CheckConstraint("(state = 'draft') = (barcode IS NULL)", name="barcode"),
        CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on"),
        CheckConstraint("amount > 0", name="amount"),
        Index(None, "organization_id", "state", "due_date"),
        refs={
            "account_id": "plugin_documents.issuing_account:NO ACTION",
            "contact_id": "contact:SET NULL",
            "file_id": "stored_file:SET NULL",
            "booklet_id": "plugin_documents.booklet:NO ACTION",
        },
    )

    account_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(String(12), default="draft")
    bank: Mapped[str] = mapped_column(String(3))
    issuer: Mapped[dict[str, Any]]
    number: Mapped[int | None] = mapped_column(BigInteger)
    our_number: Mapped[str | None] = mapped_column(String(20))
    our_number_printed: Mapped[str | None] = mapped_column(String(30))
    barcode: Mapped[str | None] = mapped_column(String(44))
    digitable_line: Mapped[str | None] = mapped_column(String(47))
    free_field: Mapped[str | None] = mapped_column(String(25))
    amount: Mapped[Decimal] = mapped_column(MONEY)
    due_date: Mapped[date]
    document_number: Mapped[str] = mapped_column(String(15), default="")
    document_date: Mapped[date]
    processing_date: Mapped[date]
    species: Mapped[str] = mapped_column(String(4))
    accepted: Mapped[bool] = mapped_column(default=False)
    payer: Mapped[dict[str, Any]]
    payer_name: Mapped[str] = mapped_column(String(120))
    guarantor: Mapped[dict[str, Any] | None]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    instructions: Mapped[list[str]] = mapped_column(default=list)
    statement: Mapped[list[str]] = mapped_column(default=list)
    pix_code: Mapped[str] = mapped_column(default="")
    booklet_id: Mapped[uuid.UUID | None]
    instalment: Mapped[int | None]
    instalments: Mapped[int | None]
    paid_on: Mapped[date | None]
    paid_amount: Mapped[Decimal | None] = mapped_column(MONEY)
    file_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]


class ChargeChange(TenantMixin, Model):
    """A step of a boleto's life: from which state to which, who did it, when, and why."""

    __tablename__ = "charge_change"
    __table_args__ = tenant_args(refs={"charge_id": "plugin_documents.charge"})

    charge_id: Mapped[uuid.UUID]
    before: Mapped[str | None] = mapped_column(String(12))
    after: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(500), default="")
