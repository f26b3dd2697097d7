"""Contacts, and the channel parties and aliases by which providers know them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Computed, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args, utcnow

#: Work on one party is done in order; parties are spread over this many buckets.
BUCKETS = 64


def bucket_of(party_id: uuid.UUID) -> int:
    """The work bucket of a party: 0..63, from the random tail of its UUIDv7."""
    return party_id.int % BUCKETS


class Contact(TenantMixin, Base):
    """A person as the organization knows them; may have no phone at all."""

    __tablename__ = "contact"
    __table_args__ = tenant_args(
        Index(None, "organization_id", "phone"),
        Index("ix_contact_search", "search", postgresql_using="gin"),
        Index(
            "ix_contact_name_prefix",
            "organization_id",
            text("ramal_unaccent(name) text_pattern_ops"),
        ),
    )

    name: Mapped[str] = mapped_column(String(200))
    #: E.164 with "+", for people; look-ups go through the aliases' variants.
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    #: Whether a person typed the name; a provider's profile name never overwrites it.
    name_is_manual: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    blocked_at: Mapped[datetime | None]
    merged_into_id: Mapped[uuid.UUID | None]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "to_tsvector('simple', ramal_unaccent(name || ' ' || coalesce(email, '')))",
            persisted=True,
        ),
        deferred=True,
    )


class ChannelParty(TenantMixin, Base):
    """One person on one connected channel: what a conversation belongs to.

    ``address`` is what the provider last used for them and what a send goes to.
    """

    __tablename__ = "channel_party"
    __table_args__ = tenant_args(refs={"channel_id": "channel", "contact_id": "contact"})

    channel_id: Mapped[uuid.UUID]
    contact_id: Mapped[uuid.UUID]
    address: Mapped[str] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(200))
    username: Mapped[str | None] = mapped_column(String(100))
    bucket: Mapped[int]
    last_inbound_at: Mapped[datetime | None]
    #: When the reply window was last (re)started by the person.
    window_opened_at: Mapped[datetime | None]


class PartyAlias(TenantMixin, Base):
    """One name of a party: phone (every Brazilian variant stands for the same), bsuid, lid, visitor…

    ``value`` is the canonical form (``contacts.identity``), ``raw`` what the provider wrote.
    """

    __tablename__ = "party_alias"
    __table_args__ = tenant_args(
        UniqueConstraint("channel_id", "kind", "value"),
        refs={"channel_id": "channel", "party_id": "channel_party"},
    )

    channel_id: Mapped[uuid.UUID]
    party_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(200))
    raw: Mapped[str] = mapped_column(String(200))


class MergeSuggestion(TenantMixin, Base):
    """Two contacts that look like one person: a human decides, we never merge by ourselves."""

    __tablename__ = "merge_suggestion"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "contact_id", "other_id"),
        refs={"contact_id": "contact", "other_id": "contact"},
    )

    contact_id: Mapped[uuid.UUID]
    other_id: Mapped[uuid.UUID]
    reason: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
