"""Customers made, changed, put away and deleted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ramal.api import Conflict, audit, enqueue, new_id, session, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import Customer, CustomerFile
from ramal_crm.services import timeline
from ramal_crm.services.actors import actor
from ramal_crm.services.customers import addresses, contacts
from ramal_crm.services.customers.checking import checked
from ramal_crm.services.customers.reading import find_by_document, get_customer

#: The job that ends files whose rows are gone (``services.files``).
FORGET = "forget_files"


def create_customer(values: Mapping[str, Any]) -> Customer:
    """Make one: the columns of ``checking.COLUMNS``, ``addresses`` (the first is the main one), ``contact_ids``.

    InvalidPayload by field; Conflict with ``customer_id`` where the CPF or CNPJ is somebody's already.
    """
    columns = checked(values)
    places = addresses.checked(values.get("addresses") or ())
    with transaction() as open_session:
        _refuse_known_document(columns.get("document"), None)
        customer = Customer(id=new_id(), version=1, created_by=actor()[0], **columns)
        open_session.add(customer)
        _flush()
        addresses.replace(customer.id, places)
        for place, contact_id in enumerate(values.get("contact_ids") or ()):
            contacts.link_contact(customer.id, contact_id, is_main=not place)
        timeline.note_entry("customer.created", f"customer.created:{customer.id}", customer_id=customer.id)
    return customer


def update_customer(customer_id: uuid.UUID, changes: Mapping[str, Any], version: int | None = None) -> Customer:
    """Change what ``changes`` names; ``addresses`` are replaced whole.

    ``version`` is the one the caller has seen: Conflict with the present one where somebody changed it meanwhile.
    """
    with transaction():
        customer = get_customer(customer_id, locked=True)
        demand_version(customer, version)
        columns = checked(changes, customer)
        places = addresses.checked(changes["addresses"]) if "addresses" in changes else None
        _refuse_known_document(columns.get("document"), customer.id)
        names = [name for name, value in columns.items() if getattr(customer, name) != value]
        for name in names:
            setattr(customer, name, columns[name])
        if places is not None and addresses.replace(customer.id, places):
            names.append("addresses")
        if names:
            customer.version += 1
            _flush()
            key = f"customer.changed:{customer.id}:{customer.version}"
            timeline.note_entry("customer.changed", key, {"fields": names}, customer_id=customer.id)
    return customer


def archive_customer(customer_id: uuid.UUID, archived: bool = True) -> Customer:
    """Put one away, or bring it back; nothing of it is lost."""
    with transaction():
        customer = get_customer(customer_id, locked=True)
        if (customer.archived_at is not None) != archived:
            customer.archived_at = utcnow() if archived else None
            customer.version += 1
            kind = "customer.archived" if archived else "customer.restored"
            timeline.note_entry(kind, f"{kind}:{customer.id}:{customer.version}", customer_id=customer.id)
    return customer


def delete_customer(customer_id: uuid.UUID) -> None:
    """Delete one with its addresses, notes, files and timeline; deals stay without a customer."""
    with transaction() as open_session:
        customer = get_customer(customer_id, locked=True)
        facts = {"name": customer.name, "document": customer.document}
        audit("crm.customer.deleted", target=("customer", customer.id, customer.name), before=facts)
        files = select(CustomerFile.file_id).where(CustomerFile.customer_id == customer.id)
        forget_later(session.execute(files).scalars().all())
        open_session.delete(customer)


def forget_later(file_ids: Any) -> None:
    """End files once the open transaction has committed."""
    if file_ids:
        enqueue(FORGET, plugin="crm", file_ids=[str(file_id) for file_id in file_ids])


def demand_version(customer: Customer, version: int | None) -> None:
    """Conflict where the customer is not the one that the caller has seen."""
    if version is not None and version != customer.version:
        message = _("Somebody changed this customer meanwhile. Look at it again before you save.")
        raise Conflict(message, version=customer.version)


def _refuse_known_document(document: str | None, own_id: uuid.UUID | None) -> None:
    if document is None:
        return
    with session.no_autoflush:
        known = find_by_document(document)
    if known is not None and known.id != own_id:
        message = _("%(name)s has this CPF or CNPJ already.", name=known.name)
        raise Conflict(message, {"document": [message]}, customer_id=str(known.id))


def _flush() -> None:
    try:
        session.flush()
    except IntegrityError as error:
        if "uq_customer_organization_id_document" not in str(error.orig):
            raise
        message = _("Another customer got this CPF or CNPJ at the same moment.")
        raise Conflict(message, {"document": [message]}) from None
