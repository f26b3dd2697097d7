"""Customers, persons and companies: who they are, where, in which group, and whom of theirs we talk to."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args, utcnow
from ramal_crm.models.base import Model

KINDS = ("person", "company")


class CompanyGroup(TenantMixin, Model):
    """Companies that belong together (grupo empresarial): billed and looked at as one."""

    __tablename__ = "company_group"
    __table_args__ = tenant_args(Index(None, "organization_id", text("lower(name)"), unique=True))

    name: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(500), default="")


class Customer(TenantMixin, Model):
    """A person or a company that buys, or may; the people who write for it are contacts (``CustomerContact``)."""

    __tablename__ = "customer"
    __table_args__ = tenant_args(
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        # One customer a CPF or CNPJ, whoever makes it: two people, an import, a lead.
        Index(
            "uq_customer_organization_id_document",
            "organization_id",
            "document",
            unique=True,
            postgresql_where=text("document IS NOT NULL"),
        ),
        # The list's order: of all, of a kind, of one owner, of a group, of those put away.
        Index(None, "organization_id", "sort_name", "id"),
        Index(None, "organization_id", "kind", "sort_name", "id"),
        Index(None, "organization_id", "owner_id", "sort_name", "id"),
        Index(None, "organization_id", "group_id", "sort_name", "id"),
        Index(
            "ix_customer_archived",
            "organization_id",
            "sort_name",
            "id",
            postgresql_where=text("archived_at IS NOT NULL"),
        ),
        Index(None, "organization_id", "phone"),
        Index(None, "organization_id", "email"),
        Index("ix_customer_search", "search", postgresql_using="gin"),
        Index("ix_customer_tags", "tags", postgresql_using="gin"),
        refs={"group_id": "plugin_crm.company_group:SET NULL"},
    )

    kind: Mapped[str] = mapped_column(String(7))
    #: How we call it: a person's name, a company's trade name.
    name: Mapped[str] = mapped_column(String(160))
    #: A company's registered name (razão social).
    legal_name: Mapped[str] = mapped_column(String(160), default="")
    #: CPF or CNPJ, tidy: digits, and letters in a CNPJ of the new kind.
    document: Mapped[str | None] = mapped_column(String(14))
    #: Inscrição estadual, as typed.
    state_registration: Mapped[str] = mapped_column(String(20), default="")
    email: Mapped[str | None] = mapped_column(String(254))
    #: E.164 with "+".
    phone: Mapped[str | None] = mapped_column(String(20))
    birth_date: Mapped[date | None]
    website: Mapped[str] = mapped_column(String(200), default="")
    group_id: Mapped[uuid.UUID | None]
    owner_id: Mapped[uuid.UUID | None]
    #: Small letters, once each, in order.
    tags: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    #: By the key of a ``CustomField``, as that field's type writes JSON.
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    #: Counts changes: whoever writes says which one they saw, so that nobody overwrites unseen.
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    archived_at: Mapped[datetime | None]
    created_by: Mapped[uuid.UUID | None]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    #: What lists are sorted by: Águia before Zebra, capitals or not, whatever the database's collation.
    sort_name: Mapped[str] = mapped_column(Text, Computed("ramal_unaccent(name)", persisted=True))
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "to_tsvector('simple', ramal_unaccent(name || ' ' || legal_name || ' ' || coalesce(document, '') || ' ' "
            "|| coalesce(email, '') || ' ' || coalesce(phone, '')))",
            persisted=True,
        ),
        deferred=True,
    )


class CustomerAddress(TenantMixin, Model):
    """One of a customer's addresses; one at most is the main one."""

    __tablename__ = "customer_address"
    __table_args__ = tenant_args(
        Index(
            "uq_customer_address_main",
            "organization_id",
            "customer_id",
            unique=True,
            postgresql_where=text("is_main"),
        ),
        refs={"customer_id": "plugin_crm.customer"},
    )

    customer_id: Mapped[uuid.UUID]
    #: Sede, entrega, cobrança…
    label: Mapped[str] = mapped_column(String(40), default="")
    #: CEP, eight digits.
    postal_code: Mapped[str] = mapped_column(String(8), default="")
    street: Mapped[str] = mapped_column(String(120), default="")
    number: Mapped[str] = mapped_column(String(20), default="")
    complement: Mapped[str] = mapped_column(String(60), default="")
    district: Mapped[str] = mapped_column(String(60), default="")
    city: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(2), default="")
    is_main: Mapped[bool] = mapped_column(default=False)


class CustomerContact(TenantMixin, Model):
    """A contact who writes for a customer; many to many."""

    __tablename__ = "customer_contact"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "customer_id", "contact_id"),
        refs={"customer_id": "plugin_crm.customer", "contact_id": "contact"},
    )

    customer_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID]
    #: Sócia, financeiro…
    role: Mapped[str] = mapped_column(String(60), default="")
    is_main: Mapped[bool] = mapped_column(default=False)


class CepEntry(TenantMixin, Model):
    """What a public service said about a CEP, kept for 90 days."""

    __tablename__ = "cep_entry"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "postal_code"))

    postal_code: Mapped[str] = mapped_column(String(8))
    street: Mapped[str] = mapped_column(String(120), default="")
    district: Mapped[str] = mapped_column(String(60), default="")
    city: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(String(20))
    fetched_at: Mapped[datetime]


class CustomField(TenantMixin, Model):
    """A field of the organization's own on customers or deals; what a key holds is checked by its type."""

    __tablename__ = "custom_field"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "entity", "key"),
        CheckConstraint("entity in ('customer', 'deal')", name="entity"),
    )

    entity: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    #: text, number, date, choice, yes_no, cpf_cnpj, url.
    type: Mapped[str] = mapped_column(String(10))
    options: Mapped[list[str]] = mapped_column(default=list)
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]


class Note(TenantMixin, Model):
    """What somebody wrote down about a customer or a deal."""

    __tablename__ = "note"
    __table_args__ = tenant_args(
        refs={"customer_id": "plugin_crm.customer", "deal_id": "plugin_crm.deal", "contact_id": "contact:SET NULL"},
    )

    customer_id: Mapped[uuid.UUID | None]
    deal_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[uuid.UUID | None]
    body: Mapped[str] = mapped_column(Text)
    author_id: Mapped[uuid.UUID | None]
    author_name: Mapped[str] = mapped_column(String(120), default="")


class CustomerFile(TenantMixin, Model):
    """A file kept with a customer or a deal."""

    __tablename__ = "customer_file"
    __table_args__ = tenant_args(
        refs={
            "customer_id": "plugin_crm.customer",
            "deal_id": "plugin_crm.deal:SET NULL",
            "file_id": "stored_file",
        },
    )

    customer_id: Mapped[uuid.UUID]
    deal_id: Mapped[uuid.UUID | None]
    file_id: Mapped[uuid.UUID]
    filename: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    author_id: Mapped[uuid.UUID | None]
    author_name: Mapped[str] = mapped_column(String(120), default="")


class TimelineEntry(TenantMixin, Model):
    """One line of the one timeline: what happened with a customer, a contact of theirs, or a deal.

    Written where it happens, or by the hook that tells of it; ``key`` makes a repeated telling one line. A customer's
    timeline is what names it and what names one of its contacts, so that linking a contact brings its past along.
    """

    __tablename__ = "timeline_entry"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "key"),
        Index(None, "organization_id", "customer_id", "at", "id"),
        Index(None, "organization_id", "contact_id", "at", "id"),
        Index(None, "organization_id", "deal_id", "at", "id"),
        refs={"customer_id": "plugin_crm.customer", "deal_id": "plugin_crm.deal", "contact_id": "contact"},
    )

    customer_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[uuid.UUID | None]
    deal_id: Mapped[uuid.UUID | None]
    #: `conversation.opened`, `deal.moved`, `activity.done`, `document.issued`…
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120))
    #: What the sentence is made from when it is shown, in the reader's language.
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime]
