"""What the plugin holds about a contact: followed when two become one, shown and unlinked when the law wants it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, update

from ramal.api import session
from ramal_documents.models import Booklet, Charge, KeptDocument, KeptVersion, PixCode
from ramal_documents.services import repository

_TABLES = (Booklet, Charge, KeptDocument, PixCode)


def follow_merge(contact_id: uuid.UUID, absorbed_id: uuid.UUID) -> None:
    """What was the absorbed contact's is the other's now."""
    for table in _TABLES:
        session.execute(update(table).where(table.contact_id == absorbed_id).values(contact_id=contact_id))


def export(contact_id: uuid.UUID) -> dict[str, Any]:
    """All charges and codes of a contact, as JSON data."""
    charges = session.execute(select(Charge).where(Charge.contact_id == contact_id).order_by(Charge.id)).scalars()
    codes = session.execute(select(PixCode).where(PixCode.contact_id == contact_id).order_by(PixCode.id)).scalars()
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
        "documents": [
            {"title": title, "tags": tags, "filename": filename, "sha256": sha256}
            for title, tags, filename, sha256 in session.execute(documents)
        ],
    }


def erase(contact_id: uuid.UUID) -> dict[str, Any]:
    """Take the contact's name off what was charged: drafts go, issued boletos stay as the bookkeeping they are.

    What was kept in the repository goes, with every version.
    """
    kept_documents = session.execute(select(KeptDocument.id).where(KeptDocument.contact_id == contact_id)).scalars()
    removed = repository.remove(kept_documents.all())
    drafts = session.execute(select(Charge).where(Charge.contact_id == contact_id, Charge.state == "draft")).scalars()
    gone = 0
    for draft in drafts.all():
        session.delete(draft)
        gone += 1
    session.flush()
    kept = 0
    for table in _TABLES:
        unlink = update(table).where(table.contact_id == contact_id).values(contact_id=None).returning(table.id)
        kept += len(session.execute(unlink).all())
    return {"drafts_deleted": gone, "documents_deleted": removed, "unlinked": kept}
