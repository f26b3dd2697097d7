"""Files kept with customers and their deals."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import IO

from sqlalchemy import select

from ramal.api import NotFound, Page, delete_file, file_url, find_file, page_by_key, session, store_file, transaction
from ramal.api import gettext as _
from ramal_crm.models import CustomerFile, Deal
from ramal_crm.services import customers, timeline
from ramal_crm.services.actors import actor
from ramal_crm.services.customers.writing import forget_later

#: Bytes of one.
LARGEST = 25 * 1024 * 1024


def add_file(
    customer_id: uuid.UUID, file: IO[bytes], filename: str | None, *, deal_id: uuid.UUID | None = None
) -> CustomerFile:
    """Keep one. NotFound for customer and deal; FileTooLarge and FileRefused say what is wrong with it."""
    customer = customers.get_customer(customer_id)
    deal = select(Deal.id).where(Deal.id == deal_id, Deal.customer_id == customer.id)
    if deal_id is not None and session.execute(deal).first() is None:
        raise NotFound(_("There is no such deal."))
    author_id, author_name = actor()
    kept = store_file(file, filename, limit=LARGEST, strict=True, uploaded_by=author_id)
    try:
        with transaction() as open_session:
            row = CustomerFile(
                customer_id=customer.id,
                deal_id=deal_id,
                file_id=kept.id,
                filename=kept.filename,
                mime_type=kept.mime_type,
                size=kept.size,
                author_id=author_id,
                author_name=author_name,
            )
            open_session.add(row)
            open_session.flush()
            data = {"file_id": str(row.id), "filename": row.filename}
            timeline.note_entry("file.added", _key(row.id), data, customer_id=customer.id, deal_id=deal_id)
    except BaseException:
        delete_file(kept)
        raise
    return row


def get_kept_file(file_id: uuid.UUID) -> CustomerFile:
    """One. NotFound."""
    found: CustomerFile | None = session.execute(
        select(CustomerFile).where(CustomerFile.id == file_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such file."))
    return found


def list_files(customer_id: uuid.UUID, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """A customer's, newest first, by key."""
    query = select(CustomerFile).where(CustomerFile.customer_id == customer_id)
    return page_by_key(query, ((CustomerFile.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def link_of(file_id: uuid.UUID, *, absolute: bool = False) -> str:
    """A signed address of its bytes, good for an hour. NotFound."""
    return file_url(find_file(get_kept_file(file_id).file_id), absolute=absolute)


def remove_file(file_id: uuid.UUID) -> None:
    """Delete one; its bytes go once that is certain."""
    with transaction() as open_session:
        row = get_kept_file(file_id)
        timeline.forget_entry(_key(row.id))
        open_session.delete(row)
        open_session.flush()
        forget_later([row.file_id])


def forget_files(file_ids: Sequence[str]) -> None:
    """Job. End the bytes of files that are gone; those that are gone already are passed over."""
    for file_id in file_ids:
        try:
            file = find_file(uuid.UUID(file_id))
        except NotFound:
            continue
        delete_file(file)


def _key(file_id: uuid.UUID) -> str:
    return f"file:{file_id}"
