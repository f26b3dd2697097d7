"""Use cases about people: make, change, find, and decide about suggested merges."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import aliased

from ramal.accounts.audit import audit
from ramal.contacts.identity import parse_phone
from ramal.contacts.models import ChannelParty, Contact, MergeSuggestion, PartyAlias
from ramal.contacts.search import contact_hits
from ramal.contacts.serialize import contact_json
from ramal.database.base import utcnow
from ramal.database.bulk import among
from ramal.database.session import current_organization_id, db, transaction
from ramal.errors import Conflict, InvalidPayload, NotFound
from ramal.events.services import emit_event
from ramal.http.pagination import Page, decode_cursor, encode_cursor, page_by_key
from ramal.i18n import gettext as _

_FACTS = ("name", "phone", "email")


def find_contacts(text: str | None = None, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """People, newest first; with ``text`` those whose name or phone matches, by name."""
    query = select(Contact).where(Contact.merged_into_id.is_(None))
    if not text:
        return page_by_key(query, ((Contact.id, uuid.UUID),), cursor=cursor, page_size=page_size)
    query = query.where(Contact.id.in_(contact_hits(text)))
    if cursor is not None:
        query = query.where(tuple_(Contact.name, Contact.id) > tuple_(*decode_cursor(cursor, str, uuid.UUID)))
    rows = list(db.session.execute(query.order_by(Contact.name, Contact.id).limit(page_size + 1)).scalars())
    more, rows = len(rows) > page_size, rows[:page_size]
    return Page(rows, encode_cursor(rows[-1].name, rows[-1].id) if more else None)


def get_contact(contact_id: uuid.UUID) -> Contact:
    """One person; the one they were merged into, and those again, if they were. NotFound."""
    found = _contact(contact_id)
    while found.merged_into_id:
        found = _contact(found.merged_into_id)
    return found


def contact_names(contact_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of many people in one query; who does not exist is left out."""
    query = select(Contact.id, Contact.name).where(among(Contact.id, contact_ids))
    return {row.id: row.name for row in db.session.execute(query)} if contact_ids else {}


def parties_of(contact_id: uuid.UUID) -> list[tuple[ChannelParty, list[PartyAlias]]]:
    """The channels on which a person is known, each with the names used there."""
    query = (
        select(ChannelParty, PartyAlias)
        .outerjoin(PartyAlias, PartyAlias.party_id == ChannelParty.id)
        .where(ChannelParty.contact_id == contact_id)
        .order_by(ChannelParty.id, PartyAlias.id)
    )
    found: dict[uuid.UUID, tuple[ChannelParty, list[PartyAlias]]] = {}
    for party, alias in db.session.execute(query):
        names = found.setdefault(party.id, (party, []))[1]
        if alias is not None:
            names.append(alias)
    return list(found.values())


def create_contact(name: str, phone: str | None = None, email: str | None = None) -> Contact:
    """Add a person by hand. InvalidPayload for a phone that is none, Conflict if it is somebody's already."""
    with transaction() as session:
        contact = Contact(name=name, phone=_phone(phone), email=email or None, name_is_manual=True)
        _refuse_known_phone(contact.phone, None)
        session.add(contact)
        session.flush()
        emit_event("contact.created", {"contact": contact_json(contact)})
    return contact


def update_contact(contact_id: uuid.UUID, changes: Mapping[str, Any]) -> Contact:
    """Change name, phone or e-mail. A name typed by a person is not overwritten by a provider's."""
    with transaction():
        contact = get_contact(contact_id)
        before = {name: getattr(contact, name) for name in _FACTS}
        if "name" in changes:
            contact.name, contact.name_is_manual = changes["name"], True
        if "phone" in changes:
            contact.phone = _phone(changes["phone"])
            _refuse_known_phone(contact.phone, contact.id)
        if "email" in changes:
            contact.email = changes["email"] or None
        after = {name: getattr(contact, name) for name in _FACTS}
        if after != before:
            audit("contact.updated", target=("contact", contact.id, contact.name), before=before, after=after)
    return contact


def list_merge_suggestions() -> list[tuple[MergeSuggestion, Contact, Contact]]:
    """Pairs of contacts that look like one person and that nobody decided about, newest first."""
    first, second = aliased(Contact), aliased(Contact)
    query = (
        select(MergeSuggestion, first, second)
        .join(first, first.id == MergeSuggestion.contact_id)
        .join(second, second.id == MergeSuggestion.other_id)
        .where(MergeSuggestion.decided_at.is_(None), first.merged_into_id.is_(None), second.merged_into_id.is_(None))
        .order_by(MergeSuggestion.id.desc())
        .limit(200)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def dismiss_merge_suggestion(suggestion_id: uuid.UUID) -> None:
    """They are two people: don't suggest it again. NotFound."""
    with transaction():
        query = select(MergeSuggestion).where(MergeSuggestion.id == suggestion_id)
        found = db.session.execute(query).scalar_one_or_none()
        if found is None:
            raise NotFound(_("There is no such suggestion."))
        found.decided_at = found.decided_at or utcnow()


def _contact(contact_id: uuid.UUID) -> Contact:
    found: Contact | None = db.session.execute(select(Contact).where(Contact.id == contact_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such contact."))
    return found


def _phone(typed: str | None) -> str | None:
    if not typed:
        return None
    try:
        return parse_phone(typed)
    except ValueError:
        message = _("This is not a phone number. Write it with area code, such as 11 98765-4321.")
        raise InvalidPayload(message, {"phone": [message]}) from None


def _refuse_known_phone(phone: str | None, own_id: uuid.UUID | None) -> None:
    if phone is None:
        return
    query = select(Contact).where(Contact.phone == phone, Contact.merged_into_id.is_(None))
    if own_id is not None:
        query = query.where(Contact.id != own_id)
    with db.session.no_autoflush:
        # Two people who write down one caller at the same moment would both find nobody.
        lock = func.hashtext(f"contact:{current_organization_id()}:{phone}")
        db.session.execute(select(func.pg_advisory_xact_lock(lock)))
        found = db.session.execute(query.limit(1)).scalar_one_or_none()
    if found is not None:
        message = _("%(name)s has this phone already.", name=found.name)
        raise Conflict(message, {"phone": [message]}, contact_id=str(found.id))
