"""Echoes of our own sends: a message whose answer was lost, or is still on its way, is the one echoed.

A provider that echoes what we sent but carries no reference of ours leaves only the words to go by.
Of several with the same words, the one in flight is meant, else the oldest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import and_, or_, select

from ramal.channels.types import InboundMessage, Status, StatusUpdate
from ramal.contacts.parties import aliases_of, find_party
from ramal.database.bulk import load_plain, update_rows
from ramal.inbox.models import Message, OutboxItem
from ramal.pipeline.inbound import changes, statuses
from ramal.pipeline.inbound.batch import Batch

#: The provider's clock may be behind ours by this much, and some cut off the fraction of a second.
_SKEW = timedelta(minutes=2)
#: Kinds that a provider may report as another than we sent.
_ALIKE = {"voice": "audio", "sticker": "image"}


def settle_own_sends(batch: Batch, items: Sequence[InboundMessage]) -> list[InboundMessage]:
    """The items that are none of our messages; those that are have given them their provider id."""
    others, settled = [], []
    for item in items:
        message = _sent(batch, item) if item.own_send and item.direction == "out" else None
        if message is None:
            others.append(item)
            continue
        message.provider_id = item.provider_id
        update_rows(batch.session, Message, [{"id": message.id, "provider_id": message.provider_id}])
        statuses.take_statuses(batch, [StatusUpdate(item.provider_id, Status.SENT, item.occurred_at)])
        settled.append(message)
    statuses.apply_parked(batch, settled)
    changes.apply_parked(batch, settled)
    return others


def _sent(batch: Batch, item: InboundMessage) -> Message | None:
    """Our message that this echo is of: handed over, without an id of the provider's, saying the same."""
    person = find_party(batch.channel.id, aliases_of(item.party))
    if person is None:
        return None
    handed_over = or_(
        OutboxItem.status == "unknown",
        and_(OutboxItem.status == "sending", OutboxItem.written_at.is_not(None)),
    )
    ids = batch.session.scalars(
        select(OutboxItem.message_id)
        .where(
            OutboxItem.channel_id == batch.channel.id,
            OutboxItem.party_id == person.party.id,
            OutboxItem.kind == "message",
            OutboxItem.written_at <= item.occurred_at + _SKEW,
            handed_over,
        )
        .order_by((OutboxItem.status == "sending").desc(), OutboxItem.seq)
    ).all()
    if not ids:
        return None
    rows = load_plain(batch.session, Message, Message.id.in_(ids), Message.provider_id.is_(None), lock=True)
    waiting = {row.id: row for row in rows}
    same = (waiting[id_] for id_ in ids if id_ in waiting and _says(waiting[id_], item))
    return next(same, None)


def _says(message: Message, item: InboundMessage) -> bool:
    kinds = {_ALIKE.get(kind, kind) for kind in (message.kind, item.kind)}
    return len(kinds) == 1 and (message.body or "").strip() == (item.body or "").strip()
