"""Contracts, what happened to each, and the boletos of their instalments."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model


class Contract(TenantMixin, Model):
    """A template's version with somebody's values: a draft, or issued with a number and a PDF that stays.

    A draft keeps the values as they were typed; what is issued keeps what the template got, the filled HTML and the
    SHA-256 of its PDF.
    """

    __tablename__ = "contract"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "year", "number"),
        # A form or a call that is sent twice makes one contract.
        UniqueConstraint("organization_id", "client_id"),
        CheckConstraint("(state = 'draft') = (number IS NULL)", name="number"),
        CheckConstraint("(state = 'draft') = (sha256 IS NULL)", name="sha256"),
        Index(None, "organization_id", "state"),
        refs={
            "version_id": "plugin_documents.template_version:NO ACTION",
            "account_id": "plugin_documents.issuing_account:NO ACTION",
            "contact_id": "contact:SET NULL",
            "conversation_id": "conversation:SET NULL",
            "file_id": "stored_file:SET NULL",
        },
    )

    version_id: Mapped[uuid.UUID]
    #: Which account the boletos of its instalments are issued from; None for none.
    account_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[uuid.UUID | None]
    conversation_id: Mapped[uuid.UUID | None]
    client_id: Mapped[uuid.UUID | None]
    #: draft, issued, sent, cancelled
    state: Mapped[str] = mapped_column(String(12), default="draft")
    year: Mapped[int | None]
    number: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(160))
    party_name: Mapped[str] = mapped_column(String(120), default="")
    values: Mapped[dict[str, Any]]
    html: Mapped[str | None]
    file_id: Mapped[uuid.UUID | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    pages: Mapped[int | None]
    issued_at: Mapped[datetime | None]
    created_by: Mapped[uuid.UUID | None]


class ContractNumber(TenantMixin, Model):
    """The last number of a year; it only ever grows (``services.contract_numbers``)."""

    __tablename__ = "contract_number"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "year"))

    year: Mapped[int]
    last: Mapped[int]


class ContractCharge(TenantMixin, Model):
    """An instalment of a contract, and the boleto that was issued for it."""

    __tablename__ = "contract_charge"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "contract_id", "instalment"),
        UniqueConstraint("organization_id", "charge_id"),
        refs={"contract_id": "plugin_documents.contract", "charge_id": "plugin_documents.charge:NO ACTION"},
    )

    contract_id: Mapped[uuid.UUID]
    charge_id: Mapped[uuid.UUID]
    instalment: Mapped[int]


class ContractChange(TenantMixin, Model):
    """A step of a contract's life: from which state to which, who did it, when, and why."""

    __tablename__ = "contract_change"
    __table_args__ = tenant_args(refs={"contract_id": "plugin_documents.contract"})

    contract_id: Mapped[uuid.UUID]
    before: Mapped[str | None] = mapped_column(String(12))
    after: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(500), default="")
