"""From the journal to the inbox: finding channels with work and handling a batch of each.

A batch is one transaction: parsed, applied in bulk, deliveries marked done. Where anything raises,
it is rolled back and done again carefully, by halves, until the item that fails stands alone; that
one waits in ``inbound_item`` and is tried again, with later items of its person behind it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import structlog
from flask import current_app
from sqlalchemy import Table, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel, InboundDelivery
from ramal.channels.registry import registry
from ramal.channels.state import need_attention
from ramal.channels.types import Delivery
from ramal.database.bulk import among
from ramal.database.session import system_transaction, transaction, use_organization
from ramal.errors import RamalError
from ramal.http.locale import speak_for
from ramal.pipeline.inbound import waiting
from ramal.pipeline.inbound.apply import apply_items
from ramal.pipeline.inbound.batch import InboundBatch
from ramal.pipeline.inbound.items import PendingItem, Unreadable, read_delivery
from ramal.pipeline.locks import try_lock_drain
from ramal.plugins.gate import plugin_active

log = structlog.get_logger(__name__)

#: Deliveries, items and bytes of raw bodies in one transaction.
MAX_DELIVERIES, MAX_ITEMS, MAX_BYTES = 200, 500, 8 * 1024 * 1024
#: A busy channel's "last received" is no more exact than this: each batch would write it otherwise.
_HEARD = timedelta(seconds=1)
#: PostgreSQL gave up on one of two transactions that waited for each other.
_DEADLOCK = "40P01"

# One index probe for each channel that has pending deliveries, however many there are.
_CHANNELS_WITH_WORK = text(
    """
    WITH RECURSIVE pending AS (
        (SELECT channel_id, organization_id FROM inbound_delivery
          WHERE status = 'pending' ORDER BY channel_id LIMIT 1)
        UNION ALL
        SELECT next.channel_id, next.organization_id
          FROM pending, LATERAL (
            SELECT channel_id, organization_id FROM inbound_delivery
             WHERE status = 'pending' AND channel_id > pending.channel_id
             ORDER BY channel_id LIMIT 1
          ) AS next
    )
    SELECT organization_id, channel_id FROM pending
    UNION
    SELECT organization_id, channel_id FROM inbound_item WHERE status = 'waiting' AND next_at <= now()
    """
)


def drain_once() -> int:
    """Handle one batch of every channel that has work. The number of deliveries and items handled.

    A channel whose plugin is not loaded or not enabled keeps its deliveries until it is.
    """
    with system_transaction() as session:
        work = session.execute(_CHANNELS_WITH_WORK).all()
    handled = 0
    for organization_id, channel_id in work:
        try:
            handled += _drain(organization_id, channel_id)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            log.exception("inbound.drain_failed", channel=str(channel_id))
        except Exception:
            log.exception("inbound.drain_failed", channel=str(channel_id))
    return handled


def _drain(organization_id: uuid.UUID, channel_id: uuid.UUID) -> int:
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way
    with app.app_context():
        use_organization(organization_id)
        speak_for(organization_id)
        try:
            return _drain_channel(channel_id, careful=False)
        except Exception as error:
            if _connection_lost(error):
                raise
            if not _is_deadlock(error):
                log.warning("inbound.batch_failed", channel=str(channel_id), error=repr(error))
        return _drain_channel(channel_id, careful=True)


def _connection_lost(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _is_deadlock(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == _DEADLOCK


def _drain_channel(channel_id: uuid.UUID, *, careful: bool) -> int:
    with transaction() as session:
        if not try_lock_drain(session, channel_id):
            return 0
        batch = open_batch(session, channel_id)
        if batch is None:
            return 0
        lines = waiting.lines(batch)
        retried = waiting.retry(batch, lines)
        load = _load(batch)
        items = waiting.queue_behind(batch, load.items, waiting.lines(batch) if retried else lines)
        if careful:
            waiting.apply_carefully(batch, items)
        else:
            apply_items(batch, items)
        _finish(batch, load)
        return retried + len(load.done) + len(load.partial)


def open_batch(session: Session, channel_id: uuid.UUID) -> InboundBatch | None:
    """The channel ready to be worked on; None while its plugin is not active."""
    channel = session.get(ConnectedChannel, channel_id)
    entry = registry().kinds.get(channel.kind) if channel else None
    if channel is None or entry is None or not plugin_active(channel.organization_id, channel.plugin):
        return None
    session.expunge(channel)
    try:
        context = context_for(channel)
    except RamalError as error:
        # What came in waits; the channel's page says why.
        need_attention(channel.id, error.message)
        return None
    return InboundBatch(session=session, channel=channel, code=entry[0], context=context)


@dataclass(slots=True)
class _Load:
    """A batch's items; ``partial`` says how far into a delivery it got that is too long for one."""

    items: list[PendingItem] = field(default_factory=list)
    done: list[uuid.UUID] = field(default_factory=list)
    parked: dict[uuid.UUID, str] = field(default_factory=dict)
    partial: dict[uuid.UUID, int] = field(default_factory=dict)


def _load(batch: InboundBatch) -> _Load:
    load = _Load()
    for row in _pending(batch.session, batch.channel.id):
        delivery = Delivery(row.id, bytes(row.raw), row.created_at, row.headers)
        try:
            items = read_delivery(batch.code, delivery, batch.context)[row.position :]
        except Unreadable as error:
            load.parked[row.id] = str(error)
            continue
        room = MAX_ITEMS - len(load.items)
        load.items += items[:room]
        if len(items) > room:
            load.partial[row.id] = row.position + room
            break
        load.done.append(row.id)
    return load


def _pending(session: Session, channel_id: uuid.UUID) -> Sequence[Any]:
    """The channel's oldest pending deliveries, as many as fit in a batch."""
    here = (InboundDelivery.channel_id == channel_id, InboundDelivery.status == "pending")
    sizes = (
        select(
            InboundDelivery.id,
            func.sum(func.octet_length(InboundDelivery.raw)).over(order_by=InboundDelivery.seq).label("total"),
            func.octet_length(InboundDelivery.raw).label("size"),
        )
        .where(*here)
        .order_by(InboundDelivery.seq)
        .limit(MAX_DELIVERIES)
        .subquery()
    )
    fitting = select(sizes.c.id).where(sizes.c.total - sizes.c.size < MAX_BYTES)
    table = InboundDelivery.__table__.c
    return session.execute(
        select(table.id, table.raw, table.headers, table.created_at, table.position)
        .where(table.id.in_(fitting))
        .order_by(table.seq)
    ).all()


def _finish(batch: InboundBatch, load: _Load) -> None:
    session = batch.session
    if load.done:
        session.execute(
            update(InboundDelivery)
            .where(among(InboundDelivery.id, load.done))
            .values(status="done", done_at=batch.now, error=None)
        )
    for delivery_id, position in load.partial.items():
        session.execute(update(InboundDelivery).where(InboundDelivery.id == delivery_id).values(position=position))
    for delivery_id, sentence in load.parked.items():
        session.execute(
            update(InboundDelivery)
            .where(InboundDelivery.id == delivery_id)
            .values(status="parked", error=sentence, attempts=InboundDelivery.attempts + 1)
        )
    _note_on_channel(batch, load)


def _note_on_channel(batch: InboundBatch, load: _Load) -> None:
    """Settings show whether a channel is receiving, and what went wrong last."""
    values: dict[str, Any] = {}
    heard = batch.channel.last_delivery_at
    if (load.done or load.partial or load.parked) and (heard is None or batch.now - heard > _HEARD):
        values["last_delivery_at"] = batch.now
    if load.parked:
        values |= {"last_error": next(reversed(load.parked.values())), "last_error_at": batch.now}
    if values:
        # Core, not ORM: this is no change of the channel's settings, so updated_at stays.
        table = cast(Table, ConnectedChannel.__table__)
        batch.session.execute(update(table).where(table.c.id == batch.channel.id).values(**values))
