"""Contacts as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ramal.contacts.models import ChannelParty, Contact, PartyAlias


def contact_json(contact: Contact) -> dict[str, Any]:
    """A contact inside a conversation item or an event."""
    return {
        "id": str(contact.id),
        "name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
        "avatar_url": None,
    }


def contact_detail_json(
    contact: Contact, parties: Sequence[tuple[ChannelParty, Sequence[PartyAlias]]] = ()
) -> dict[str, Any]:
    """A contact by itself, with the channels it is known on."""
    return {
        **contact_json(contact),
        "name_is_manual": contact.name_is_manual,
        "created_at": _time(contact.created_at),
        "updated_at": _time(contact.updated_at),
        "parties": [_party_json(party, aliases) for party, aliases in parties],
    }


def _party_json(party: ChannelParty, aliases: Sequence[PartyAlias]) -> dict[str, Any]:
    return {
        "id": str(party.id),
        "channel_id": str(party.channel_id),
        "name": party.name,
        "username": party.username,
        "last_inbound_at": _time(party.last_inbound_at),
        "aliases": [{"kind": alias.kind, "value": alias.value} for alias in aliases],
    }


def _time(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
