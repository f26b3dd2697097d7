"""Contacts seen from here: followed when two become one, described to other plugins, told and erased by law (LGPD)."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
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
from ramal_crm.services import customers, erasing, leads
from ramal_crm.services.customers.writing import forget_later

_FOLLOWING: tuple[Any, ...] = (TimelineEntry, Note, Deal, Activity)


def follow_merge(contact: ContactInfo, absorbed: ContactInfo) -> None:
    """Two contacts became one: links, timeline, notes, deals, activities and leads go over."""
    customers.move_links(contact, absorbed)
    for table in _FOLLOWING:
        session.execute(update(table).where(table.contact_id == absorbed.id).values(contact_id=contact.id))
    leads.follow_merge(contact.id, absorbed.id)


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
    """All that is kept about a contact, as JSON data: of those they only write for, no more than that they do."""
    linked = _linked(contact_id)
    own = {customer.id for customer, _link in linked if _is_the_person(customer, contact_id)}
    persons = sorted(own)
    return {
        "customers": [
            _told(customer, link) if customer.id in own else _named(customer, link) for customer, link in linked
        ],
        "leads": [_facts(lead, "state", "source", "campaign", "first_message") for lead in _of(Lead, contact_id)],
        "deals": [_facts(deal, "title", "state", "amount") for deal in _of(Deal, contact_id, persons)],
        "activities": [
            _facts(each, "type", "title", "note", "due_at", "done_at") for each in _of(Activity, contact_id, persons)
        ],
        "notes": [_facts(note, "body", "author_name") for note in _of(Note, contact_id)],
        "timeline": [_facts(entry, "kind", "at", "data") for entry in _of(TimelineEntry, contact_id, persons)],
    }


def erase(contact: ContactInfo) -> dict[str, Any]:
    """Anonymise the persons the contact is, unlink those it only writes for, and delete what was written about them.

    Deals stay as the bookkeeping they are, without the contact and without the names (``erasing``).
    """
    linked = _linked(contact.id)
    persons = [customer for customer, _link in linked if _is_the_person(customer, contact.id)]
    others = [customer.kind for customer, _link in linked if customer not in persons]
    ids = [customer.id for customer in persons]
    erasing.forget_copies(contact, persons)
    erasing.clean_deals(contact.id, {contact.name, *(customer.name for customer in persons)}, ids)
    for customer in persons:
        _anonymise(customer)
    done = {
        "persons_anonymised": len(persons),
        "persons_unlinked": others.count("person"),
        "companies_unlinked": others.count("company"),
    }
    customers.forget_contact(contact.id)
    for table in (Note, TimelineEntry, Activity):
        theirs: Any = or_(table.contact_id == contact.id, table.customer_id.in_(ids))
        session.execute(delete(table).where(theirs))
    for lead in session.execute(select(Lead).where(Lead.contact_id == contact.id)).scalars():
        session.delete(lead)
    session.flush()
    return done


def _linked(contact_id: uuid.UUID) -> list[tuple[Customer, CustomerContact]]:
    query = select(Customer, CustomerContact).join(CustomerContact, CustomerContact.customer_id == Customer.id)
    rows = session.execute(query.where(CustomerContact.contact_id == contact_id).order_by(CustomerContact.id))
    return [(customer, link) for customer, link in rows]


def _is_the_person(customer: Customer, contact_id: uuid.UUID) -> bool:
    """Whether the contact is this person, rather than somebody who writes for them.

    A company is nobody, and whoever has a role writes for the person. Of the others it is those with the person's own
    name, phone or e-mail; where none has, the main contact.
    """
    if customer.kind != "person":
        return False
    without_role = [(link, contact) for link, contact in customers.contacts_of(customer.id) if not link.role.strip()]
    same = [link for link, contact in without_role if _is_same(customer, contact)]
    own = same or [link for link, _contact in without_role if link.is_main]
    return contact_id in {link.contact_id for link in own}


def _is_same(customer: Customer, contact: Any) -> bool:
    phone, email = contact.phone or None, (contact.email or "").lower() or None
    return (
        _plain(contact.name) == _plain(customer.name)
        or (phone is not None and phone == customer.phone)
        or (email is not None and email == (customer.email or "").lower())
    )


def _plain(name: str) -> str:
    """A name without accents, capitals and double spaces."""
    marks = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(char for char in marks if not unicodedata.combining(char)).split())


def _of(table: Any, contact_id: uuid.UUID, persons: Sequence[uuid.UUID] = ()) -> list[Any]:
    """Rows about the contact, or about the persons they are."""
    theirs = table.contact_id == contact_id
    if persons:
        theirs = theirs | table.customer_id.in_(persons)
    return list(session.execute(select(table).where(theirs).order_by(table.id)).scalars())


def _named(customer: Customer, link: CustomerContact) -> dict[str, Any]:
    return {"kind": customer.kind, "name": customer.name, "role": link.role}


def _told(customer: Customer, link: CustomerContact) -> dict[str, Any]:
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
    for name, value in {**blank, **rest, "name": erasing.ANONYMOUS, "version": customer.version + 1}.items():
        setattr(customer, name, value)
    files = session.execute(select(CustomerFile).where(CustomerFile.customer_id == customer.id)).scalars().all()
    forget_later([row.file_id for row in files])
    for table in (CustomerAddress, CustomerFile):
        session.execute(delete(table).where(table.customer_id == customer.id))
