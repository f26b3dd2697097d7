"""Who wrote: providers' names for people resolved to channel parties, many at once.

The strongest alias that is known decides; the others are learned. Two known parties are never
merged here: a human gets a suggestion. The caller holds the channel's lock, so that two batches
can't create the same person.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from ramal.contacts import identity
from ramal.contacts.models import ChannelParty, Contact, MergeSuggestion, PartyAlias, bucket_of
from ramal.database.base import new_id, utcnow
from ramal.database.bulk import among, insert_rows, load_plain, plain, update_rows
from ramal.database.session import current_organization_id, db

if TYPE_CHECKING:
    from ramal.channels.types import Alias, PartyRef

_NAME, _USERNAME, _ADDRESS = 200, 100, 200
Key = tuple[str, str]


@dataclass(slots=True)
class Resolved:
    """A party with its contact, as they will be stored; plain rows, of no session.

    ``is_new``: made by this resolution; ``contact_is_new``: its contact too, and not known by its
    phone from another channel or by hand.
    """

    party: ChannelParty
    contact: Contact
    is_new: bool = False
    contact_is_new: bool = False
    changed: bool = False
    contact_changed: bool = False


@dataclass(slots=True)
class _Book:
    """What is known of the channel's people while a batch is resolved."""

    channel_id: uuid.UUID
    organization_id: uuid.UUID
    by_alias: dict[Key, uuid.UUID] = field(default_factory=dict)
    parties: dict[uuid.UUID, Resolved] = field(default_factory=dict)
    #: Contacts of the organization that alone have a phone which a newcomer writes from.
    by_phone: dict[str, Contact] = field(default_factory=dict)
    new_aliases: list[dict[str, Any]] = field(default_factory=list)
    suggestions: dict[tuple[uuid.UUID, uuid.UUID], str] = field(default_factory=dict)


def alias_key(alias: Alias) -> Key:
    """The unique key of an alias: its kind and canonical value."""
    return _keys(alias.kind, alias.value)[0]


def aliases_of(ref: PartyRef) -> tuple[Alias, ...]:
    """The names a reference carries; the address itself where a channel gave none."""
    return ref.aliases or (identity.classify(ref.address),)


def resolve_parties(channel_id: uuid.UUID, refs: Sequence[PartyRef]) -> list[Resolved]:
    """The party of each reference, in order; unknown people are created with their contact.

    Writes contacts, parties, aliases and merge suggestions in the caller's transaction.
    """
    session = db.session()
    book = _load(session, channel_id, {key for ref in refs for key in _spellings(aliases_of(ref))})
    _load_namesakes(session, book, refs)
    answer = [_resolve(book, ref) for ref in refs]
    _write(session, book)
    return answer


def find_party(channel_id: uuid.UUID, aliases: Iterable[Alias]) -> Resolved | None:
    """The party that one of these aliases names, strongest first; None if nobody is known by them."""
    names = tuple(aliases)
    book = _load(db.session(), channel_id, set(_spellings(names)))
    owners = _owners(book, names)
    return book.parties[owners[0]] if owners else None


def learn(party_id: uuid.UUID, aliases: Sequence[Alias], address: str | None) -> None:
    """What a provider told about a known party: more names, and the address it prefers."""
    session = db.session()
    found = load_plain(session, ChannelParty, ChannelParty.id == party_id)
    if not found or not (aliases or address):
        return
    party = found[0]
    book = _load(session, party.channel_id, set(_spellings(aliases)))
    contact = load_plain(session, Contact, Contact.id == party.contact_id)[0]
    person = book.parties.setdefault(party.id, Resolved(party, contact))
    for other in _owners(book, aliases):
        if other != party.id:
            _suggest(book, person, book.parties[other], "shared_alias")
    _learn(book, person, aliases)
    if address:
        _update_address(person, address)
    _write(session, book)


def move_aliases(
    channel_id: uuid.UUID, old: Sequence[Alias], new: Sequence[Alias], address: str | None
) -> Resolved | None:
    """A person's names changed from ``old`` to ``new``; None if nobody was known by the old ones.

    Where a new name already belongs to someone else, the person only loses the old ones and a
    merge is suggested: numbers are handed on to strangers, so we never merge by ourselves.
    """
    session = db.session()
    book = _load(session, channel_id, {*_spellings(old), *_spellings(new)})
    owners = _owners(book, old)
    if not owners:
        return None
    person = book.parties[owners[0]]
    others = [owner for owner in _owners(book, new) if owner != person.party.id]
    for other in others:
        _suggest(book, person, book.parties[other], "number_changed")
    gone = [alias_key(alias) for alias in old if alias_key(alias) not in {alias_key(a) for a in new}]
    _forget(session, book, person, gone)
    if not others:
        _learn(book, person, new)
        _update_address(person, address or person.party.address)
    _restate_phone(person, old, () if others else new)
    _write(session, book)
    return person


# --- reading ------------------------------------------------------------------------------------


def _spellings(aliases: Iterable[Alias]) -> Iterable[Key]:
    for alias in aliases:
        yield from _keys(alias.kind, alias.value)


@functools.lru_cache(maxsize=50_000)
def _keys(kind: str, value: str) -> tuple[Key, ...]:
    return tuple((kind, spelling[:_ADDRESS]) for spelling in identity.variants(kind, value))


def _load(session: Session, channel_id: uuid.UUID, keys: set[Key]) -> _Book:
    book = _Book(channel_id, current_organization_id())
    if not keys:
        return book
    for kind in {kind for kind, _value in keys}:
        known = select(PartyAlias.value, PartyAlias.party_id).where(
            PartyAlias.channel_id == channel_id,
            PartyAlias.kind == kind,
            among(PartyAlias.value, [value for each, value in keys if each == kind]),
        )
        for value, party_id in session.execute(known):
            book.by_alias[kind, value] = party_id
    parties = load_plain(session, ChannelParty, among(ChannelParty.id, set(book.by_alias.values())))
    contacts = {
        contact.id: contact
        for contact in load_plain(session, Contact, among(Contact.id, {party.contact_id for party in parties}))
    }
    book.parties = {party.id: Resolved(party, contacts[party.contact_id]) for party in parties}
    return book


def _load_namesakes(session: Session, book: _Book, refs: Iterable[PartyRef]) -> None:
    """Find the contacts that strangers to this channel may be: the only ones with their phones."""
    strangers = (aliases for aliases in map(aliases_of, refs) if not _owners(book, aliases))
    phones = {phone for aliases in strangers if (phone := _phone(aliases))}
    if not phones:
        return
    found = load_plain(session, Contact, among(Contact.phone, phones), Contact.merged_into_id.is_(None))
    for contact in found:
        assert contact.phone is not None
        if contact.phone in book.by_phone:
            phones.discard(contact.phone)
        book.by_phone[contact.phone] = contact
    book.by_phone = {phone: contact for phone, contact in book.by_phone.items() if phone in phones}


def _owners(book: _Book, aliases: Sequence[Alias]) -> list[uuid.UUID]:
    """The parties these aliases name, by strength, each once."""
    found = (book.by_alias.get(key) for alias in aliases for key in _spellings((alias,)))
    return list(dict.fromkeys(owner for owner in found if owner is not None))


# --- deciding -----------------------------------------------------------------------------------


def _resolve(book: _Book, ref: PartyRef) -> Resolved:
    aliases = aliases_of(ref)
    owners = _owners(book, aliases)
    person = book.parties[owners[0]] if owners else _create(book, ref, aliases)
    for other in owners[1:]:
        _suggest(book, person, book.parties[other], "shared_alias")
    _learn(book, person, aliases)
    _update_address(person, ref.address)
    _update_names(person, ref)
    return person


def _create(book: _Book, ref: PartyRef, aliases: Sequence[Alias]) -> Resolved:
    now = utcnow()
    phone = _phone(aliases)
    known = book.by_phone.get(phone) if phone else None
    contact = known or _new_contact(book, ref, phone, now)
    party_id = new_id()
    party = plain(
        ChannelParty,
        id=party_id,
        organization_id=book.organization_id,
        created_at=now,
        channel_id=book.channel_id,
        contact_id=contact.id,
        address=ref.address[:_ADDRESS],
        name=None,
        username=None,
        bucket=bucket_of(party_id),
        last_inbound_at=None,
        window_opened_at=None,
    )
    person = Resolved(party, contact, is_new=True, contact_is_new=known is None)
    book.parties[party_id] = person
    return person


def _new_contact(book: _Book, ref: PartyRef, phone: str | None, now: datetime) -> Contact:
    name = ref.name or phone or ref.username or ref.address
    return plain(
        Contact,
        id=new_id(),
        organization_id=book.organization_id,
        created_at=now,
        updated_at=now,
        name=name[:_NAME],
        phone=phone,
        email=None,
        name_is_manual=False,
        custom={},
    )


def _learn(book: _Book, person: Resolved, aliases: Iterable[Alias]) -> None:
    for alias in aliases:
        key = alias_key(alias)
        if any(spelling in book.by_alias for spelling in _spellings((alias,))):
            continue
        book.by_alias[key] = person.party.id
        book.new_aliases.append(
            {
                "id": new_id(),
                "organization_id": book.organization_id,
                "channel_id": book.channel_id,
                "party_id": person.party.id,
                "kind": key[0],
                "value": key[1],
                "raw": alias.value[:_ADDRESS],
            }
        )
        if person.contact.phone is None and (phone := _phone((alias,))):
            person.contact.phone = phone
            person.contact_changed = True


def _update_address(person: Resolved, address: str) -> None:
    if person.party.address != address[:_ADDRESS]:
        person.party.address = address[:_ADDRESS]
        person.changed = True


def _update_names(person: Resolved, ref: PartyRef) -> None:
    party, contact = person.party, person.contact
    if ref.username and party.username != ref.username[:_USERNAME]:
        party.username = ref.username[:_USERNAME]
        person.changed = True
    if not ref.name or party.name == ref.name[:_NAME]:
        return
    if not contact.name_is_manual and contact.name != ref.name[:_NAME]:
        contact.name = ref.name[:_NAME]
        person.contact_changed = True
    party.name = ref.name[:_NAME]
    person.changed = True


def _restate_phone(person: Resolved, old: Iterable[Alias], new: Iterable[Alias]) -> None:
    """The contact's phone follows when it was the one that changed; cleared if the new one is another's."""
    if person.contact.phone is not None and person.contact.phone == _phone(old):
        person.contact.phone = _phone(new)
        person.contact_changed = True


def _phone(aliases: Iterable[Alias]) -> str | None:
    found = next((alias.value for alias in aliases if alias.kind == identity.PHONE), None)
    phone = identity.display_phone(found) if found else None
    return phone if phone is None or len(phone) <= 20 else None


def _suggest(book: _Book, person: Resolved, other: Resolved, reason: str) -> None:
    pair = sorted((person.contact.id, other.contact.id))
    if pair[0] != pair[1]:
        book.suggestions[pair[0], pair[1]] = reason


# --- writing ------------------------------------------------------------------------------------


def _forget(session: Session, book: _Book, person: Resolved, keys: Sequence[Key]) -> None:
    if not keys:
        return
    session.execute(
        PartyAlias.__table__.delete().where(  # type: ignore[attr-defined]
            PartyAlias.channel_id == book.channel_id,
            PartyAlias.party_id == person.party.id,
            tuple_(PartyAlias.kind, PartyAlias.value).in_(keys),
        )
    )
    for key in keys:
        book.by_alias.pop(key, None)


def _write(session: Session, book: _Book) -> None:
    people = list(book.parties.values())
    fresh = [person for person in people if person.is_new]
    insert_rows(session, Contact, [_contact_row(person.contact) for person in fresh if person.contact_is_new])
    insert_rows(session, ChannelParty, [_party_row(person.party) for person in fresh])
    insert_rows(session, PartyAlias, book.new_aliases)
    known = [person for person in people if not person.is_new]
    update_rows(
        session,
        ChannelParty,
        [
            {"id": p.party.id, "address": p.party.address, "name": p.party.name, "username": p.party.username}
            for p in known
            if p.changed
        ],
    )
    now = utcnow()
    update_rows(
        session,
        Contact,
        [
            {"id": p.contact.id, "name": p.contact.name, "phone": p.contact.phone, "updated_at": now}
            for p in people
            if p.contact_changed and not p.contact_is_new
        ],
    )
    insert_rows(session, MergeSuggestion, list(_suggestion_rows(book)), skip_conflicts=True)


def _contact_row(contact: Contact) -> dict[str, Any]:
    names = ("id", "organization_id", "created_at", "updated_at", "name", "phone", "name_is_manual", "custom")
    return {name: getattr(contact, name) for name in names}


def _party_row(party: ChannelParty) -> dict[str, Any]:
    names = ("id", "organization_id", "created_at", "channel_id", "contact_id", "address", "name", "username", "bucket")
    return {name: getattr(party, name) for name in names}


def _suggestion_rows(book: _Book) -> Iterable[dict[str, Any]]:
    for (contact_id, other_id), reason in book.suggestions.items():
        yield {
            "id": new_id(),
            "organization_id": book.organization_id,
            "contact_id": contact_id,
            "other_id": other_id,
            "reason": reason,
        }
