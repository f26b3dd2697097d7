"""What somebody wrote down about a customer or a deal."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from ramal.api import session, transaction
from ramal_crm.models import Note
from ramal_crm.services.actors import actor


def add_note(
    body: str,
    *,
    customer_id: uuid.UUID | None = None,
    deal_id: uuid.UUID | None = None,
    contact_id: uuid.UUID | None = None,
) -> Note:
    """Write something down."""
    author_id, author_name = actor()
    with transaction() as open_session:
        note = Note(
            body=body,
            customer_id=customer_id,
            deal_id=deal_id,
            contact_id=contact_id,
            author_id=author_id,
            author_name=author_name[:120],
        )
        open_session.add(note)
    return note


def notes_of_deal(deal_id: uuid.UUID) -> Sequence[Note]:
    """What was written about a deal, newest first."""
    query = select(Note).where(Note.deal_id == deal_id).order_by(Note.id.desc()).limit(100)
    found: Sequence[Note] = session.execute(query).scalars().all()
    return found
