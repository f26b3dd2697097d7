"""What came in and could not be processed: seen, tried again, discarded; and replay of what was.

Everything here may be repeated: items take effect once, by their natural keys.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import String, cast, func, literal, null, select, tuple_, union_all, update

from ramal.accounts.audit import audit
from ramal.channels.models import ConnectedChannel, InboundDelivery, InboundItem
from ramal.database.base import utcnow
from ramal.database.session import after_commit, current_organization_id, db, transaction
from ramal.errors import NotFound
from ramal.events import doorbell
from ramal.http.pagination import Page, decode_cursor, encode_cursor
from ramal.i18n import gettext as _

Kind = Literal["delivery", "item"]
#: Bytes of a raw delivery that a person is shown.
RAW_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """A delivery that can't be read, or an item of one that can't be applied."""

    id: uuid.UUID
    kind: Kind
    channel_id: uuid.UUID
    channel_name: str
    delivery_id: uuid.UUID
    status: str
    summary: str | None
    error: str | None
    attempts: int
    next_at: datetime | None
    created_at: datetime


def list_unprocessed(*, channel_id: uuid.UUID | None = None, cursor: str | None = None, page_size: int = 20) -> Page:
    """Parked deliveries and items, and items still being tried; newest first."""
    rows = union_all(_parked_deliveries(), _stuck_items()).subquery()
    query = select(rows, ConnectedChannel.name.label("channel_name")).join(
        ConnectedChannel, ConnectedChannel.id == rows.c.channel_id
    )
    if channel_id is not None:
        query = query.where(rows.c.channel_id == channel_id)
    if cursor is not None:
        query = query.where(tuple_(rows.c.created_at, rows.c.id) < decode_cursor(cursor, datetime, uuid.UUID))
    query = query.order_by(rows.c.created_at.desc(), rows.c.id.desc()).limit(page_size + 1)
    found = [Unprocessed(**row) for row in db.session.execute(query).mappings()]
    shown = found[:page_size]
    more = len(found) > page_size
    return Page(shown, encode_cursor(shown[-1].created_at, shown[-1].id) if more else None)


def raw_delivery(delivery_id: uuid.UUID) -> str:
    """What the provider sent, as text, at most :data:`RAW_LIMIT` bytes of it."""
    query = select(func.substr(InboundDelivery.raw, 1, RAW_LIMIT)).where(
        InboundDelivery.id == delivery_id, InboundDelivery.organization_id == current_organization_id()
    )
    found = db.session.scalar(query)
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return bytes(found).decode(errors="replace")


def retry(kind: Kind, id_: uuid.UUID) -> None:
    """Try a delivery or an item again at once."""
    with transaction():
        if kind == "delivery":
            _change_delivery(id_, "pending")
        else:
            _change_item(id_, "waiting", attempts=0, next_at=utcnow())
        audit("inbound.retried", target=(f"inbound_{kind}", id_, None))
        after_commit(_ring)


def discard(kind: Kind, id_: uuid.UUID) -> None:
    """Take it off the list; the raw delivery stays in the journal."""
    with transaction():
        if kind == "delivery":
            _change_delivery(id_, "discarded")
        else:
            _change_item(id_, "discarded", next_at=None)
            _wake_next(id_)
        audit("inbound.discarded", target=(f"inbound_{kind}", id_, None))
        after_commit(_ring)


def replay(channel_id: uuid.UUID, *, since: datetime | None = None, until: datetime | None = None) -> int:
    """Process deliveries of a channel again, from the journal. How many; what is known is not repeated."""
    with transaction() as session:
        if session.get(ConnectedChannel, channel_id) is None:
            raise NotFound(_("There is no such channel."))
        query = update(InboundDelivery).where(
            InboundDelivery.channel_id == channel_id, InboundDelivery.status != "pending"
        )
        if since is not None:
            query = query.where(InboundDelivery.created_at >= since)
        if until is not None:
            query = query.where(InboundDelivery.created_at < until)
        changed = session.execute(
            query.values(status="pending", position=0, error=None).returning(InboundDelivery.id),
        ).all()
        details = {"deliveries": len(changed), "since": _text(since), "until": _text(until)}
        audit("inbound.replayed", target=("channel", channel_id, None), after=details)
        after_commit(_ring)
    return len(changed)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _ring() -> None:
    doorbell.ring("journal")


def _parked_deliveries() -> Any:
    return select(
        InboundDelivery.id,
        literal("delivery").label("kind"),
        InboundDelivery.channel_id,
        InboundDelivery.id.label("delivery_id"),
        InboundDelivery.status,
        cast(null(), String).label("summary"),
        InboundDelivery.error,
        InboundDelivery.attempts,
        cast(null(), InboundItem.next_at.type).label("next_at"),
        InboundDelivery.created_at,
    ).where(InboundDelivery.organization_id == current_organization_id(), InboundDelivery.status == "parked")


def _stuck_items() -> Any:
    return select(
        InboundItem.id,
        literal("item").label("kind"),
        InboundItem.channel_id,
        InboundItem.delivery_id,
        InboundItem.status,
        InboundItem.summary,
        InboundItem.error,
        InboundItem.attempts,
        InboundItem.next_at,
        InboundItem.created_at,
    ).where(InboundItem.organization_id == current_organization_id(), InboundItem.status.in_(("parked", "waiting")))


def _change_delivery(id_: uuid.UUID, status: str) -> None:
    changed = db.session.execute(
        update(InboundDelivery)
        .where(InboundDelivery.id == id_, InboundDelivery.status == "parked")
        .values(status=status, position=0)
        .returning(InboundDelivery.id)
    ).first()
    if changed is None:
        raise NotFound(_("There is no such delivery."))


def _change_item(id_: uuid.UUID, status: str, **values: object) -> None:
    changed = db.session.execute(
        update(InboundItem)
        .where(InboundItem.id == id_, InboundItem.status.in_(("parked", "waiting")))
        .values(status=status, **values)
        .returning(InboundItem.id)
    ).first()
    if changed is None:
        raise NotFound(_("There is no such item."))


def _wake_next(id_: uuid.UUID) -> None:
    """Whoever waited behind a discarded item may go on."""
    gone = db.session.get_one(InboundItem, id_)
    db.session.execute(
        update(InboundItem)
        .where(
            InboundItem.channel_id == gone.channel_id,
            InboundItem.party_key == gone.party_key,
            InboundItem.status == "waiting",
            InboundItem.next_at.is_(None),
        )
        .values(next_at=utcnow())
    )
