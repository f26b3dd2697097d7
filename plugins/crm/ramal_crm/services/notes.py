"""Notes on customers and deals; each is a line of the timeline, too."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from ramal.api import NotFound, Page, get_contact, page_by_key, session, transaction
from ramal.api import gettext as _
from ramal_crm.models import Deal, Note
from ramal_crm.services import customers, timeline
from ramal_crm.services.actors import actor
from ramal_crm.services.problems import refuse

#: Characters.
LONGEST = 5000


def add_note(
    body: str,
    *,
    customer_id: uuid.UUID | None = None,
    deal_id: uuid.UUID | None = None,
    contact_id: uuid.UUID | None = None,
) -> Note:
    """Write one down, about at least one of the three. NotFound for what it is about, InvalidPayload by field."""
    with transaction() as open_session:
        if customer_id is None and deal_id is None and contact_id is None:
            raise refuse("customer_id", _("Say what the note is about."))
        if customer_id is not None:
            customers.get_customer(customer_id)
        if deal_id is not None:
            _demand_deal(deal_id)
        if contact_id is not None:
            contact_id = get_contact(contact_id).id
        author_id, author_name = actor()
        about: dict[str, Any] = {"customer_id": customer_id, "deal_id": deal_id, "contact_id": contact_id}
        note = Note(body=_body(body), author_id=author_id, author_name=author_name, **about)
        open_session.add(note)
        open_session.flush()
        timeline.note_entry("note.added", _key(note.id), {"note_id": str(note.id), "body": note.body}, **about)
    return note


def get_note(note_id: uuid.UUID) -> Note:
    """One. NotFound."""
    query = select(Note).where(Note.id == note_id).execution_options(populate_existing=True)
    found: Note | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such note."))
    return found


def list_notes(
    *,
    customer_id: uuid.UUID | None = None,
    deal_id: uuid.UUID | None = None,
    cursor: str | None = None,
    page_size: int = 20,
) -> Page:
    """Of a customer or a deal, newest first, by key."""
    query = select(Note)
    if customer_id is not None:
        query = query.where(Note.customer_id == customer_id)
    if deal_id is not None:
        query = query.where(Note.deal_id == deal_id)
    return page_by_key(query, ((Note.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def delete_note(note_id: uuid.UUID) -> None:
    """Delete one, and its line."""
    with transaction() as open_session:
        note = get_note(note_id)
        timeline.forget_entry(_key(note.id))
        open_session.delete(note)


def _key(note_id: uuid.UUID) -> str:
    return f"note:{note_id}"


def _body(typed: str) -> str:
    body = typed.strip()
    if not body or len(body) > LONGEST:
        raise refuse("body", _("Write something, of at most %(most)s characters.", most=LONGEST))
    return body


def _demand_deal(deal_id: uuid.UUID) -> None:
    if session.execute(select(Deal.id).where(Deal.id == deal_id)).first() is None:
        raise NotFound(_("There is no such deal."))
