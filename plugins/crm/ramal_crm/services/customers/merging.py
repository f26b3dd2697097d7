"""Two customers that are one."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, update

from ramal.api import Conflict, audit, session, transaction
from ramal.api import gettext as _
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
from ramal_crm.services import tags, timeline
from ramal_crm.services.customers.contacts import link_contact
from ramal_crm.services.customers.reading import get_customer
from ramal_crm.services.problems import refuse

#: What follows the absorbed customer as it is.
_FOLLOWING: tuple[Any, ...] = (Activity, CustomerFile, Deal, Lead, Note, TimelineEntry)
#: What the survivor takes over where it knows nothing.
_FILLED = (
    "legal_name",
    "document",
    "state_registration",
    "email",
    "phone",
    "birth_date",
    "website",
    "group_id",
    "owner_id",
)


def merge_customers(survivor_id: uuid.UUID, absorbed_id: uuid.UUID) -> Customer:
    """Give the survivor all that the absorbed one has, and delete that one. What the survivor knows stays.

    Conflict where both have a document: two CPFs are two people. NotFound, InvalidPayload for one and the same.
    """
    if survivor_id == absorbed_id:
        raise refuse("absorbed_customer_id", _("Choose another customer."))
    with transaction() as open_session:
        # Always in the same order, so that two merges at once wait rather than block one another.
        held = {id_: get_customer(id_, locked=True) for id_ in sorted((survivor_id, absorbed_id))}
        survivor, absorbed = held[survivor_id], held[absorbed_id]
        if survivor.document and absorbed.document:
            raise Conflict(_("Both have a CPF or CNPJ, so they are two customers."))
        if survivor.kind != absorbed.kind and (survivor.document or absorbed.document):
            raise Conflict(_("One is a person, the other a company."))
        name, gained = absorbed.name, _gained(survivor, absorbed)
        _move(survivor.id, absorbed.id)
        audit(
            "crm.customer.merged",
            target=("customer", survivor.id, survivor.name),
            before={"absorbed": {"id": str(absorbed.id), "name": name, "document": absorbed.document}},
        )
        open_session.delete(absorbed)
        # Its document must be free before the survivor gets it.
        open_session.flush()
        for column, value in gained.items():
            setattr(survivor, column, value)
        survivor.version += 1
        timeline.note_entry(
            "customer.merged", f"customer.merged:{absorbed_id}", {"name": name}, customer_id=survivor.id
        )
    return survivor


def _gained(survivor: Customer, absorbed: Customer) -> dict[str, Any]:
    found = {
        name: getattr(absorbed, name) for name in _FILLED if not getattr(survivor, name) and getattr(absorbed, name)
    }
    found["tags"] = sorted({*survivor.tags, *absorbed.tags})[: tags.MOST]
    found["custom"] = {**absorbed.custom, **survivor.custom}
    return found


def _move(survivor_id: uuid.UUID, absorbed_id: uuid.UUID) -> None:
    for table in _FOLLOWING:
        session.execute(update(table).where(table.customer_id == absorbed_id).values(customer_id=survivor_id))
    has_main = select(CustomerAddress.id).where(CustomerAddress.customer_id == survivor_id, CustomerAddress.is_main)
    moved: dict[str, Any] = {"customer_id": survivor_id}
    if session.execute(has_main).first() is not None:
        moved["is_main"] = False
    session.execute(update(CustomerAddress).where(CustomerAddress.customer_id == absorbed_id).values(**moved))
    links = select(CustomerContact.contact_id, CustomerContact.role, CustomerContact.customer_id)
    links = links.where(CustomerContact.customer_id.in_((survivor_id, absorbed_id)))
    # The absorbed one's main contact first: it stays the main one where the survivor has nobody.
    found = session.execute(links.order_by(CustomerContact.is_main.desc(), CustomerContact.id)).all()
    known = {contact_id: role for contact_id, role, customer_id in found if customer_id == survivor_id}
    for contact_id, role, customer_id in found:
        if customer_id == absorbed_id:
            link_contact(survivor_id, contact_id, known.get(contact_id) or role)
