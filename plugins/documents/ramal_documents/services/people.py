"""What the plugin holds about a contact: followed when two become one, shown and unlinked when the law wants it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, update

from ramal.api import describe_customer, session
from ramal_documents.models import Booklet, Charge, Contract, KeptDocument, KeptVersion, PixCode
from ramal_documents.services import repository
from ramal_documents.services.contract_numbers import printed

_TABLES = (Booklet, Charge, Contract, KeptDocument, PixCode)


def payer_of(contact_id: uuid.UUID) -> dict[str, str] | None:
    """The customer for whom a contact writes, as a boleto names its payer; None where no plugin knows one."""
    customer = describe_customer(contact_id)
    if customer is None:
        return None
    address = {part: getattr(customer, part) for part in ("street", "district", "city", "state", "postal_code")}
    return {"name": (customer.legal_name or customer.name)[:120], "document": customer.document, **address}


def contract_party(contact_id: uuid.UUID) -> dict[str, Any]:
    """The same by the names that contracts have for it (``contato.…``); empty where no plugin knows a customer."""
    customer = describe_customer(contact_id)
    if customer is None:
        return {}
    address = {part: getattr(customer, part) for part in ("street", "district", "city", "state", "postal_code")}
    known = {
        "nome": customer.legal_name or customer.name,
        "documento": customer.document,
        "telefone": customer.phone,
        "email": customer.email,
        "endereco": address if any(address.values()) else None,
    }
    return {name: value for name, value in known.items() if value}


def follow_merge(contact_id: uuid.UUID, absorbed_id: uuid.UUID) -> None:
    """What was the absorbed contact's is the other's now."""
    for table in _TABLES:
        session.execute(update(table).where(table.contact_id == absorbed_id).values(contact_id=contact_id))


def export(contact_id: uuid.UUID) -> dict[str, Any]:
    """All charges, codes and contracts of a contact, as JSON data."""
    charges = session.execute(select(Charge).where(Charge.contact_id == contact_id).order_by(Charge.id)).scalars()
    codes = session.execute(select(PixCode).where(PixCode.contact_id == contact_id).order_by(PixCode.id)).scalars()
    agreements = session.execute(select(Contract).where(Contract.contact_id == contact_id).order_by(Contract.id))
    documents = select(KeptDocument.title, KeptDocument.tags, KeptVersion.filename, KeptVersion.sha256)
    documents = documents.join(KeptVersion, KeptVersion.document_id == KeptDocument.id)
    documents = documents.where(KeptDocument.contact_id == contact_id).order_by(KeptVersion.id)
    return {
        "boletos": [
            {
                "number": charge.our_number_printed,
                "state": charge.state,
                "amount": str(charge.amount),
                "due_date": str(charge.due_date),
                "payer": charge.payer,
            }
            for charge in charges
        ],
        "pix": [{"text": code.text, "description": code.description} for code in codes],
        "contracts": [
            {
                "number": printed(contract.number, contract.year) or None,
                "state": contract.state,
                "title": contract.title,
                "values": contract.values,
                "sha256": contract.sha256,
            }
            for contract in agreements.scalars()
        ],
        "documents": [
            {"title": title, "tags": tags, "filename": filename, "sha256": sha256}
            for title, tags, filename, sha256 in session.execute(documents)
        ],
    }


def erase(contact_id: uuid.UUID) -> dict[str, Any]:
    """Take the contact off what was issued, which stays as the bookkeeping it is: boletos, contracts. Drafts go.

    What was kept in the repository goes, with every version.
    """
    kept_documents = session.execute(select(KeptDocument.id).where(KeptDocument.contact_id == contact_id)).scalars()
    removed = repository.remove(kept_documents.all())
    gone = 0
    for kind in (Charge, Contract):
        drafts = select(kind).where(kind.contact_id == contact_id, kind.state == "draft")
        for draft in session.execute(drafts).scalars().all():
            session.delete(draft)
            gone += 1
    session.flush()
    kept = 0
    for table in _TABLES:
        unlink = update(table).where(table.contact_id == contact_id).values(contact_id=None).returning(table.id)
        kept += len(session.execute(unlink).all())
    return {"drafts_deleted": gone, "documents_deleted": removed, "unlinked": kept}
