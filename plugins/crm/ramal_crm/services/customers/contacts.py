"""Who writes for whom: contacts linked to customers, many to many, one main contact a customer."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ramal.api import (
    ContactInfo,
    NotFound,
    current_organization,
    get_contact,
    new_id,
    session,
    transaction,
)
from ramal.api import gettext as _
from ramal_crm.models import CustomerContact, TimelineEntry
from ramal_crm.services import timeline
from ramal_crm.services.customers.reading import get_customer

Link = CustomerContact


def contacts_of(customer_id: uuid.UUID) -> list[tuple[Link, Any]]:
    """(link, contact), the main one first, then as they were linked."""
    query = select(Link).where(Link.customer_id == customer_id).order_by(Link.is_main.desc(), Link.id)
    return [(link, get_contact(link.contact_id)) for link in session.execute(query).scalars()]


def link_contact(customer_id: uuid.UUID, contact_id: uuid.UUID, role: str = "", is_main: bool = False) -> Link:
    """Say that a contact writes for a customer, or as what; linking twice changes role and place. NotFound for either.

    The first contact is the main one.
    """
    with transaction() as open_session:
        customer, contact = get_customer(customer_id, locked=True), get_contact(contact_id)
        links = select(Link).where(Link.customer_id == customer.id)
        known = session.execute(links).scalars().all()
        is_main = is_main or not known
        if is_main:
            open_session.execute(update(Link).where(Link.customer_id == customer.id).values(is_main=False))
        link = next((link for link in known if link.contact_id == contact.id), None)
        if link is None:
            link = Link(id=new_id(), customer_id=customer.id, contact_id=contact.id, role=role[:60], is_main=is_main)
            open_session.add(link)
            key = f"contact.linked:{link.id}"
            data = {"name": contact.name, "contact_id": str(contact.id)}
            timeline.note_entry("contact.linked", key, data, customer_id=customer.id)
        else:
            link.role, link.is_main = role[:60] or link.role, is_main or link.is_main
        open_session.flush()
    return link


def unlink_contact(customer_id: uuid.UUID, contact_id: uuid.UUID) -> None:
    """They write for this customer no more; another one becomes the main contact. NotFound if they didn't."""
    with transaction():
        customer = get_customer(customer_id, locked=True)
        query = select(Link).where(Link.customer_id == customer.id, Link.contact_id == contact_id)
        link = session.execute(query).scalar_one_or_none()
        if link is None:
            raise NotFound(_("This contact is not linked to the customer."))
        _remove(link)
        data = {"name": get_contact(contact_id).name, "contact_id": str(contact_id)}
        timeline.note_entry("contact.unlinked", f"contact.unlinked:{link.id}", data, customer_id=customer.id)


def forget_contact(contact_id: uuid.UUID) -> None:
    """Unlink a contact everywhere, and have no customer's timeline name it."""
    for link in session.execute(select(Link).where(Link.contact_id == contact_id).order_by(Link.id)).scalars().all():
        _remove(link)
    named = TimelineEntry.data["contact_id"].astext == str(contact_id)
    kinds = TimelineEntry.kind.in_(("contact.linked", "contact.unlinked"))
    session.execute(delete(TimelineEntry).where(kinds, named))


def _remove(link: Link) -> None:
    session.delete(link)
    session.flush()
    if link.is_main:
        following = select(Link).where(Link.customer_id == link.customer_id).order_by(Link.id).limit(1)
        for other in session.execute(following).scalars():
            other.is_main = True


def move_links(into: ContactInfo, absorbed: ContactInfo) -> None:
    """Two contacts became one: the links of the absorbed one are the other's now, each customer's once."""
    moved = session.execute(select(Link).where(Link.contact_id == absorbed.id)).scalars().all()
    for link in moved:
        session.delete(link)
    session.flush()
    for link in moved:
        copy = insert(Link).values(
            id=new_id(),
            organization_id=current_organization(),
            customer_id=link.customer_id,
            contact_id=into.id,
            role=link.role,
            is_main=link.is_main,
        )
        keep = {"is_main": Link.is_main | link.is_main}
        session.execute(
            copy.on_conflict_do_update(index_elements=["organization_id", "customer_id", "contact_id"], set_=keep)
        )
