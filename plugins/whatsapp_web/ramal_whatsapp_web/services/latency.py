"""How long messages take: noted as they go, and summed up by number and hour."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Float, delete, extract, func, or_, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert

from ramal.api import (
    ConversationInfo,
    InvalidPayload,
    MessageInfo,
    current_organization,
    new_id,
    session,
    status_times,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_whatsapp_web.models import MessageTimes, Session
from ramal_whatsapp_web.names import KIND

#: Figures are kept as long.
KEEP = timedelta(days=90)
#: At most so much in one question.
LONGEST = timedelta(days=31)
#: The ticks that WhatsApp gives, in order; "played" is a read voice note.
_COLUMN = {"sent": "sent_at", "delivered": "delivered_at", "read": "read_at", "played": "read_at"}
#: How exactly the note of the last tick is kept: it is one row for all ticks of a number.
_ACK_STEP = timedelta(seconds=5)
PERCENTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds within which half, 95 % and 99 % of the messages took a step; ``count`` of them did."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Hour:
    """What a number sent in an hour (by when it was queued)."""

    channel_id: uuid.UUID
    hour: datetime
    count: int
    queued_to_sent: Spread
    sent_to_delivered: Spread
    delivered_to_read: Spread


# --- as it happens ------------------------------------------------------------------------------


def note_queued(message: MessageInfo, conversation: ConversationInfo) -> None:
    """Hook. A message of ours was written; what was typed on the phone is not ours to time."""
    if conversation.channel_kind != KIND or message.data.get("external"):
        return
    values = {
        "id": new_id(),
        "organization_id": current_organization(),
        "channel_id": conversation.channel_id,
        "message_id": message.id,
        "queued_at": datetime.fromisoformat(str(message.data["created_at"])),
    }
    session.execute(insert(MessageTimes).values(values).on_conflict_do_nothing())


def note_status(message: MessageInfo, status: str) -> None:
    """Hook. A tick moved: WhatsApp's times where it gave any, else ours; no step ends before it began."""
    query = select(MessageTimes).where(MessageTimes.message_id == message.id).with_for_update()
    row: MessageTimes | None = session.scalars(query).one_or_none()
    if row is None:
        return
    now = utcnow()
    if status == "failed":
        row.failed_at = row.failed_at or now
        return
    if status not in ("accepted", *_COLUMN):
        return
    row.accepted_at = row.accepted_at or now
    if status in _COLUMN:
        _note_ticks(row, status, now)
        _note_ack(row.channel_id, now)


def _note_ticks(row: MessageTimes, status: str, now: datetime) -> None:
    """Everything up to ``status``: a step that was never reported took no time of its own."""
    given = status_times(row.message_id)
    reached = _COLUMN[status]
    latest = row.queued_at
    for column in ("sent_at", "delivered_at", "read_at"):
        said = [given[name] for name, its in _COLUMN.items() if its == column and name in given]
        if getattr(row, column) is None:
            at = min(said) if said else (now if column == reached else None)
            if at is not None:
                setattr(row, column, max(at, latest))
        latest = getattr(row, column) or latest
        if column == reached:
            break
    row.sent_at = row.sent_at or row.delivered_at or row.read_at


def _note_ack(channel_id: uuid.UUID, now: datetime) -> None:
    stale = or_(Session.last_ack_at.is_(None), Session.last_ack_at < now - _ACK_STEP)
    session.execute(
        update(Session)
        .where(Session.channel_id == channel_id, stale)
        .values(last_ack_at=now)
        .execution_options(synchronize_session=False)
    )


# --- summed up ----------------------------------------------------------------------------------


def by_hour(channel_id: uuid.UUID | None, begin: datetime, end: datetime) -> Sequence[Hour]:
    """For each number and hour between the two, the oldest first. InvalidPayload for a range that makes no sense."""
    _check(begin, end)
    hour = func.date_trunc("hour", MessageTimes.queued_at, "UTC").label("hour")
    query = (
        select(MessageTimes.channel_id, hour, *_figures())
        .where(MessageTimes.queued_at >= begin, MessageTimes.queued_at < end)
        .group_by(MessageTimes.channel_id, hour)
        .order_by(hour, MessageTimes.channel_id)
    )
    if channel_id is not None:
        query = query.where(MessageTimes.channel_id == channel_id)
    return [Hour(row[0], row[1], row[2], *_spreads(row[3:])) for row in session.execute(query)]


def overall(channel_id: uuid.UUID, begin: datetime, end: datetime) -> Hour:
    """The same for a number's whole range at once; ``hour`` is its beginning."""
    _check(begin, end)
    row = session.execute(
        select(*_figures()).where(
            MessageTimes.channel_id == channel_id, MessageTimes.queued_at >= begin, MessageTimes.queued_at < end
        )
    ).one()
    return Hour(channel_id, begin, row[0], *_spreads(row[1:]))


def _check(begin: datetime, end: datetime) -> None:
    if begin >= end:
        raise InvalidPayload(_("The range is empty."), {"from": [_("It must be before the end.")]})
    if end - begin > LONGEST:
        text = _("Ask for at most %(days)s days at once.", days=LONGEST.days)
        raise InvalidPayload(text, {"from": [text]})


def _figures() -> tuple[Any, ...]:
    steps = (
        (MessageTimes.queued_at, MessageTimes.sent_at),
        (MessageTimes.sent_at, MessageTimes.delivered_at),
        (MessageTimes.delivered_at, MessageTimes.read_at),
    )
    return (func.count(), *(column for step in steps for column in _spread(*step)))


def _spread(begin: Any, end: Any) -> tuple[Any, Any]:
    took = sql_cast(extract("epoch", end - begin), Float) * 1000
    return func.count(took), func.percentile_cont(list(PERCENTILES)).within_group(took)


def _spreads(figures: Sequence[Any]) -> list[Spread]:
    return [
        Spread(count, *(None if value is None else round(value, 1) for value in found or (None, None, None)))
        for count, found in zip(figures[::2], figures[1::2], strict=True)
    ]


def forget_old() -> int:
    """Drop figures older than they are kept. How many."""
    with transaction():
        old = delete(MessageTimes).where(MessageTimes.queued_at < utcnow() - KEEP)
        gone: int = session.execute(old.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
    return gone
