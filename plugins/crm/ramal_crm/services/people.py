"""Contacts seen from here: followed when two become one, described to other plugins, told and erased by law (LGPD)."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import delete, or_, select, update

from ramal.api import ContactInfo, CustomerInfo, session, utcnow
from ramal_crm.models import (
    Activity,
    Customer,
    CustomerAddress,
    CustomerContact,
    CustomerFile,
    Deal,
    Lead,
    Note,
    TimelineEntry,
)
from ramal_crm.services import customers
from ramal_crm.services.customers.writing import forget_later

#: What a person's customer is called once it is erased; the same for all, in all languages.
ANONYMOUS = "—"
_FOLLOWING: tuple[Any, ...] = (TimelineEntry, Note, Deal, Activity)


def follow_merge(contact: ContactInfo, absorbed: ContactInfo) -> None:
    """Two contacts became one: links, timeline, notes, deals, activities and leads go over."""
    customers.move_links(contact, absorbed)
    for table in _FOLLOWING:
        session.execute(update(table).where(table.contact_id == absorbed.id).values(contact_id=contact.id))
    is_open = Lead.state == "open"
    if session.execute(select(Lead.id).where(Lead.contact_id == contact.id, is_open)).first() is not None:
        # One open lead a contact: the other's is the same stranger.
        ended = {"state": "discarded", "closed_at": utcnow(), "reason": contact.name[:500]}
        session.execute(update(Lead).where(Lead.contact_id == absorbed.id, is_open).values(**ended))
    session.execute(update(Lead).where(Lead.contact_id == absorbed.id).values(contact_id=contact.id))


def describe(contact_id: uuid.UUID) -> CustomerInfo | None:
    """The customer for whom a contact writes, as other plugins want it: the first of ``customers_of_contact``."""
    customer = next(iter(customers.customers_of_contact(contact_id)), None)
    if customer is None:
        return None
    address = customers.main_address(customer.id)
    return CustomerInfo(
        id=customer.id,
        kind=customer.kind,
        name=customer.name,
        legal_name=customer.legal_name,
        document=customer.document or "",
        email=customer.email or "",
        phone=customer.phone or "",
        street=customers.line_of(address),
        district=address.district if address else "",
        city=address.city if address else "",
        state=address.state if address else "",
        postal_code=address.postal_code if address else "",
        url=f"/p/crm/customers/{customer.id}",
    )


def export(contact_id: uuid.UUID) -> dict[str, Any]:
    """All that is kept about a contact, as JSON data: of companies only that they write for them."""
    return {
        "customers": [_told(customer, link) for customer, link in _linked(contact_id)],
        "leads": [_facts(lead, "state", "source", "campaign", "first_message") for lead in _of(Lead, contact_id)],
        "deals": [_facts(deal, "title", "state", "amount") for deal in _of(Deal, contact_id)],
        "activities": [
            _facts(each, "type", "title", "note", "due_at", "done_at") for each in _of(Activity, contact_id)
        ],
        "notes": [_facts(note, "body", "author_name") for note in _of(Note, contact_id)],
        "timeline": [_facts(entry, "kind", "at", "data") for entry in _of(TimelineEntry, contact_id)],
    }


def erase(contact_id: uuid.UUID) -> dict[str, Any]:
    """Anonymise the persons behind the contact, unlink the companies, and delete what was written about them.

    Deals stay as the bookkeeping they are, without the contact.
    """
    linked = _linked(contact_id)
    persons = [customer for customer, _link in linked if customer.kind == "person"]
    for customer in persons:
        _anonymise(customer)
    ids = [customer.id for customer in persons]
    done = {"persons_anonymised": len(persons), "companies_unlinked": len(linked) - len(persons)}
    session.execute(delete(CustomerContact).where(CustomerContact.contact_id == contact_id))
    for table in (Note, TimelineEntry, Activity):
        theirs: Any = or_(table.contact_id == contact_id, table.customer_id.in_(ids))
        session.execute(delete(table).where(theirs))
    for lead in session.execute(select(Lead).where(Lead.contact_id == contact_id)).scalars():
        session.delete(lead)
    session.execute(update(Deal).where(Deal.contact_id == contact_id).values(contact_id=None))
    session.flush()
    return done


def _linked(contact_id: uuid.UUID) -> list[tuple[Customer, CustomerContact]]:
    query = select(Customer, CustomerContact).join(CustomerContact, CustomerContact.customer_id == Customer.id)
    rows = session.execute(query.where(CustomerContact.contact_id == contact_id).order_by(CustomerContact.id))
    return [(customer, link) for customer, link in rows]


def _of(table: Any, contact_id: uuid.UUID) -> list[Any]:
    return list(session.execute(select(table).where(table.contact_id == contact_id).order_by(table.id)).scalars())


def _told(customer: Customer, link: CustomerContact) -> dict[str, Any]:
    if customer.kind == "company":
        return {"kind": "company", "name": customer.name, "role": link.role}
    names = ("kind", "name", "document", "email", "phone", "birth_date", "website", "tags", "custom")
    places = [
        _facts(each, "label", "postal_code", "street", "number", "complement", "district", "city", "state")
        for each in customers.addresses_of(customer.id)
    ]
    notes = session.execute(select(Note.body).where(Note.customer_id == customer.id).order_by(Note.id)).scalars()
    files = select(CustomerFile.filename).where(CustomerFile.customer_id == customer.id).order_by(CustomerFile.id)
    return {
        **_facts(customer, *names),
        "role": link.role,
        "addresses": places,
        "notes": list(notes),
        "files": list(session.execute(files).scalars()),
    }


def _facts(row: Any, *names: str) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in names}
    plain = (str, int, bool, list, dict, type(None))
    return {name: value if isinstance(value, plain) else str(value) for name, value in found.items()}


def _anonymise(customer: Customer) -> None:
    blank = {"legal_name": "", "document": None, "state_registration": "", "email": None, "phone": None}
    rest: dict[str, Any] = {"birth_date": None, "website": "", "tags": [], "custom": {}, "archived_at": utcnow()}
    for name, value in {**blank, **rest, "name": ANONYMOUS, "version": customer.version + 1}.items():
        setattr(customer, name, value)
    files = session.execute(select(CustomerFile).where(CustomerFile.customer_id == customer.id)).scalars().all()
    forget_later([row.file_id for row in files])
    for table in (CustomerAddress, CustomerFile):
        session.execute(delete(table).where(table.customer_id == customer.id))
