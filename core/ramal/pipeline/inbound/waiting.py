"""Items that could not be applied at once: tried again with backoff, then parked for a human.

Later items of the same person wait behind one that fails, and only until it is parked; other
people's items go on.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from ramal.channels.models import InboundDelivery, InboundItem
from ramal.channels.types import Delivery
from ramal.database.base import new_id
from ramal.database.bulk import insert_rows
from ramal.pipeline.inbound.apply import apply_items
from ramal.pipeline.inbound.batch import InboundBatch
from ramal.pipeline.inbound.items import PendingItem, Unreadable, read_delivery, summary

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 6
#: Items tried again in one batch.
_ROUND = 100
_FIRST_DELAY = 2.0  # seconds, doubled with each attempt
_ERROR = 2_000


def lines(batch: InboundBatch) -> dict[str, bool]:
    """The people of the channel with items that wait → whether one of these is due now."""
    due = func.coalesce(func.bool_or(InboundItem.next_at <= batch.now), False)
    query = (
        select(InboundItem.party_key, due)
        .where(InboundItem.channel_id == batch.channel.id, InboundItem.status == "waiting")
        .group_by(InboundItem.party_key)
    )
    return dict(batch.session.execute(query).all())


def queue_behind(batch: InboundBatch, items: Sequence[PendingItem], blocked: Collection[str]) -> list[PendingItem]:
    """Put items whose person has an item waiting behind it; the rest may be applied now."""
    if not blocked:
        return list(items)
    _store(batch, [pending for pending in items if pending.party_key in blocked])
    return [pending for pending in items if pending.party_key not in blocked]


def apply_carefully(batch: InboundBatch, items: Sequence[PendingItem]) -> None:
    """Apply what can be applied: by halves, each in a savepoint, down to the item that fails."""
    blocked: set[str] = set()
    _halve(batch, items, blocked)


def _halve(batch: InboundBatch, items: Sequence[PendingItem], blocked: set[str]) -> None:
    behind = [pending for pending in items if pending.party_key in blocked]
    _store(batch, behind)
    free = [pending for pending in items if pending.party_key not in blocked]
    if not free:
        return
    try:
        _in_savepoint(batch, free)
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        if len(free) > 1:
            middle = len(free) // 2
            _halve(batch, free[:middle], blocked)
            _halve(batch, free[middle:], blocked)
            return
        log.warning("inbound.item_failed", item=summary(free[0].item), error=repr(error))
        blocked.add(free[0].party_key)
        _store(batch, free, error)


def _in_savepoint(batch: InboundBatch, items: Sequence[PendingItem]) -> None:
    noted = list(batch.events)
    try:
        with batch.session.begin_nested():
            apply_items(batch, items)
    except Exception:
        batch.events = noted
        raise


def _store(batch: InboundBatch, items: Sequence[PendingItem], error: Exception | None = None) -> None:
    rows = [
        {
            "id": new_id(),
            "organization_id": batch.organization_id,
            "channel_id": batch.channel.id,
            "delivery_id": pending.delivery_id,
            "position": pending.position,
            "party_key": pending.party_key,
            "summary": summary(pending.item),
            "attempts": 0 if error is None else 1,
            # Behind another item: its turn comes with that one's.
            "next_at": None if error is None else batch.now + _delay(1),
            "error": None if error is None else _sentence(error),
        }
        for pending in items
    ]
    insert_rows(batch.session, InboundItem, rows, skip_conflicts=True)


def retry(batch: InboundBatch, waiting: Mapping[str, bool]) -> int:
    """Try the items again whose time has come, and those behind them. How many were handled."""
    handled, again = 0, _Again(batch)
    for party_key in [key for key, due in waiting.items() if due]:
        handled += _retry_line(again, party_key, _ROUND - handled)
        if handled >= _ROUND:
            break
    return handled


def _retry_line(again: _Again, party_key: str, room: int) -> int:
    """One person's waiting items in order, until one fails again or the room is used up."""
    batch = again.batch
    line = batch.session.scalars(
        select(InboundItem)
        .join(InboundDelivery, InboundDelivery.id == InboundItem.delivery_id)
        .where(
            InboundItem.channel_id == batch.channel.id,
            InboundItem.status == "waiting",
            InboundItem.party_key == party_key,
        )
        .order_by(InboundDelivery.seq, InboundItem.position)
        .limit(room + 1)
    ).all()
    handled = 0
    for row in line:
        if handled == room:
            row.next_at = batch.now
            break
        handled += 1
        if not _try_again(again, row):
            break
    batch.session.flush()
    return handled


def _try_again(again: _Again, row: InboundItem) -> bool:
    """Apply a waiting item; True if the ones behind it may go on (it is done, or parked)."""
    batch = again.batch
    try:
        _in_savepoint(batch, [again.read(row.delivery_id, row.position)])
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        row.attempts += 1
        row.error = _sentence(error)
        row.next_at = batch.now + _delay(row.attempts)
        if row.attempts >= MAX_ATTEMPTS:
            row.status, row.next_at = "parked", None
        return row.status == "parked"
    row.status, row.error, row.next_at = "done", None, None
    return True


class _Again:
    """Reads deliveries again, the last one once only: thousands of items may wait from a single one."""

    def __init__(self, batch: InboundBatch) -> None:
        self.batch = batch
        self._delivery_id: uuid.UUID | None = None
        self._items: list[PendingItem] = []

    def read(self, delivery_id: uuid.UUID, position: int) -> PendingItem:
        """An item of a delivery; Unreadable if it can't be read any more."""
        if delivery_id != self._delivery_id:
            row = self.batch.session.get_one(InboundDelivery, delivery_id)
            delivery = Delivery(row.id, bytes(row.raw), row.created_at, row.headers)
            self._items = read_delivery(self.batch.code, delivery, self.batch.context)
            self._delivery_id = delivery_id
        if position >= len(self._items):
            raise Unreadable(f"the delivery has no item {position + 1} any more")
        return self._items[position]


def _delay(attempt: int) -> timedelta:
    """2, 4, 8 … seconds, give or take a quarter."""
    return timedelta(seconds=_FIRST_DELAY * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))  # noqa: S311


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_ERROR]
