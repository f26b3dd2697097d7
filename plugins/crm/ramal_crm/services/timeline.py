"""The one timeline: what happened with a customer, a contact of theirs, or a deal, whoever made it happen.

Services write a line where something happens, hooks where another tells of it; the key makes a repeated telling one
line. How a line reads, in which language, is for ``services.sentences`` to say when it is shown.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from ramal.api import (
    Page,
    current_organization,
    decode_cursor,
    encode_cursor,
    new_id,
    session,
    transaction,
    utcnow,
)
from ramal_crm.models import CustomerContact, TimelineEntry
from ramal_crm.services.actors import actor


def note_entry(
    kind: str,
    key: str,
    data: Mapping[str, Any] | None = None,
    *,
    customer_id: uuid.UUID | None = None,
    contact_id: uuid.UUID | None = None,
    deal_id: uuid.UUID | None = None,
    at: datetime | None = None,
    by: tuple[uuid.UUID | None, str] | None = None,
) -> None:
    """Write one line, once for each ``key``. ``at``: when it happened (now); ``by``: who did it (the caller)."""
    actor_id, actor_name = by or actor()
    values = {
        "id": new_id(),
        "organization_id": current_organization(),
        "kind": kind,
        "key": key,
        "data": dict(data or {}),
        "customer_id": customer_id,
        "contact_id": contact_id,
        "deal_id": deal_id,
        "at": at or utcnow(),
        "actor_id": actor_id,
        "actor_name": actor_name[:120],
    }
    with transaction() as open_session:
        # What the line names may be new in this very transaction.
        open_session.flush()
        line = insert(TimelineEntry).values(values)
        open_session.execute(line.on_conflict_do_nothing(index_elements=["organization_id", "key"]))


def timeline_of(
    customer_id: uuid.UUID | None = None,
    *,
    deal_id: uuid.UUID | None = None,
    contact_id: uuid.UUID | None = None,
    kinds: tuple[str, ...] = (),
    cursor: str | None = None,
    page_size: int = 20,
) -> Page:
    """Newest first, by key: of a customer (and of its contacts, as far as no other customer is named), of a deal, or
    of a contact. ``kinds`` are beginnings, such as ``conversation``.
    """
    conditions: list[ColumnElement[bool]] = []
    if customer_id is not None:
        contacts = select(CustomerContact.contact_id).where(CustomerContact.customer_id == customer_id)
        known = session.execute(contacts).scalars().all()
        conditions.append(TimelineEntry.customer_id == customer_id)
        if known:
            conditions.append(TimelineEntry.contact_id.in_(known) & TimelineEntry.customer_id.is_(None))
    if deal_id is not None:
        conditions.append(TimelineEntry.deal_id == deal_id)
    if contact_id is not None:
        conditions.append(TimelineEntry.contact_id == contact_id)
    # Each source by its own index, then merged: one condition with "or" would sort all that there is.
    sources = [_newest(condition, kinds, cursor, page_size + 1) for condition in conditions]
    merged = list(heapq.merge(*sources, key=lambda entry: (entry.at, entry.id), reverse=True))
    rows = list({entry.id: entry for entry in merged}.values())
    more, rows = len(rows) > page_size, rows[:page_size]
    return Page(rows, encode_cursor(rows[-1].at, rows[-1].id) if more else None)


def forget_entry(key: str) -> None:
    """Take a line away whose story is gone: a note that was deleted."""
    with transaction() as open_session:
        found = open_session.execute(select(TimelineEntry).where(TimelineEntry.key == key)).scalar_one_or_none()
        if found is not None:
            open_session.delete(found)


def _newest(
    condition: ColumnElement[bool], kinds: tuple[str, ...], cursor: str | None, count: int
) -> list[TimelineEntry]:
    query = select(TimelineEntry).where(condition)
    if kinds:
        query = query.where(or_(*(TimelineEntry.kind.startswith(kind, autoescape=True) for kind in kinds)))
    keys = (TimelineEntry.at, TimelineEntry.id)
    if cursor is not None:
        query = query.where(tuple_(*keys) < tuple_(*decode_cursor(cursor, datetime, uuid.UUID)))
    return list(session.execute(query.order_by(*(key.desc() for key in keys)).limit(count)).scalars())
