"""Who a message is from: phone numbers, business-scoped ids (BSUID), groups and their names.

Since April 2026 a person may come without a phone number. Ids are kept as they came; which
Brazilian spellings of a number mean the same person is the core's knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ramal.api import Alias, PartyRef
from ramal_whatsapp_cloud.schemas.envelope import ContactSchema
from ramal_whatsapp_cloud.schemas.fields import read

_CONTACT = ContactSchema()
#: ``CC.<1-128 letters and digits>``; ``CC.ENT.<...>`` is the parent, one per portfolio of portfolios.
_BSUID = re.compile(r"^[A-Z]{2}\.[A-Za-z0-9]{1,128}$")
_PARENT = re.compile(r"^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$")
#: Strongest first: the BSUID survives a change of phone spelling, the phone is shared with a SIM.
_STRENGTH = {"group": 0, "bsuid": 1, "parent_bsuid": 2, "phone": 3}


def alias_of(value: str | None) -> Alias | None:
    """Classify an id by its shape: ``from`` and ``wa_id`` hold a BSUID in some feeds."""
    value = (value or "").strip()
    if not value:
        return None
    if _PARENT.match(value):
        return Alias("parent_bsuid", value)
    if _BSUID.match(value):
        return Alias("bsuid", value)
    return Alias("phone", value)


def aliases_of(
    *phones: str | None, users: Iterable[str | None] = (), parents: Iterable[str | None] = ()
) -> tuple[Alias, ...]:
    """The distinct aliases, strongest first; only a phone field is classified by its shape."""
    found = {alias for alias in map(alias_of, phones) if alias is not None}
    found |= {Alias("bsuid", value) for value in users if value}
    found |= {Alias("parent_bsuid", value) for value in parents if value}
    return tuple(sorted(found, key=lambda alias: (_STRENGTH[alias.kind], alias.value)))


def address_of(aliases: Iterable[Alias]) -> str | None:
    """Where to send: the phone as last written by the provider, else the BSUID."""
    values = {alias.kind: alias.value for alias in aliases}
    for kind in ("group", "phone", "bsuid", "parent_bsuid"):
        if kind in values:
            return values[kind]
    return None


class People:
    """The ``contacts`` beside a batch, found by id: their order and number mean nothing."""

    def __init__(self, raw: Iterable[Any] = ()) -> None:
        self._by_id: dict[str, Mapping[str, Any]] = {}
        contacts = [contact for item in raw if (contact := read(_CONTACT, item)) is not None]
        for contact in contacts:
            for key in ("wa_id", "user_id", "parent_user_id"):
                if contact.get(key):
                    self._by_id.setdefault(contact[key], contact)
        self._only = contacts[0] if len(contacts) == 1 else None

    def find(
        self,
        *phones: str | None,
        users: Iterable[str | None] = (),
        parents: Iterable[str | None] = (),
    ) -> PartyRef | None:
        """The person known by any of these ids; None when there is nothing to know them by.

        Without any id (a system message may have none) the only contact of the batch is meant.
        """
        given = aliases_of(*phones, users=users, parents=parents)
        contact = self._contact(given)
        kinds = {alias.kind for alias in given}
        added = [alias for alias in _aliases_in(contact) if alias.kind not in kinds]
        aliases = sorted({*given, *added}, key=lambda alias: (_STRENGTH[alias.kind], alias.value))
        return party_of(tuple(aliases), contact)

    def _contact(self, given: tuple[Alias, ...]) -> Mapping[str, Any]:
        if not given:
            return self._only or {}
        values = [alias.value for alias in given]
        return next((self._by_id[value] for value in values if value in self._by_id), {})


def _aliases_in(contact: Mapping[str, Any]) -> tuple[Alias, ...]:
    users, parents = [contact.get("user_id")], [contact.get("parent_user_id")]
    return aliases_of(contact.get("wa_id"), users=users, parents=parents)


def party_of(aliases: tuple[Alias, ...], contact: Mapping[str, Any]) -> PartyRef | None:
    """A party with the name and username of ``contact``."""
    address = address_of(aliases)
    if address is None:
        return None
    profile = contact.get("profile") or {}
    return PartyRef(aliases, address, name=profile.get("name") or None, username=profile.get("username") or None)


def group_party(group_id: str) -> PartyRef:
    """A group as the other end of a conversation."""
    return PartyRef((Alias("group", group_id),), group_id)
