"""Ticks in: every report kept once, the furthest one shown (``pipeline.progress``)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, text, update

from ramal.channels.types import StatusUpdate
from ramal.database.base import new_id
from ramal.database.bulk import among, insert_rows, load_plain, update_rows
from ramal.inbox.items import message_items
from ramal.inbox.models import Conversation, Message, MessageStatus, OutboxItem
from ramal.pipeline.inbound.batch import Batch, lock_conversations
from ramal.pipeline.progress import advances

_CLIENT_REF, _RECIPIENT = 100, 200


@dataclass(frozen=True, slots=True)
class Report:
    """What a stored status says, as far as the message is concerned."""

    status: str
    error: Mapping[str, Any] | None


def take_statuses(batch: Batch, updates: Sequence[StatusUpdate]) -> None:
    """Store the reports that are new, and move on the messages they speak of."""
    messages = _find(batch, updates)
    rows = [_row(batch, item, messages) for item in updates]
    stored = insert_rows(batch.session, MessageStatus, rows, skip_conflicts=True, returning=("id",))
    new = {row.id for row in stored}
    reports: dict[uuid.UUID, list[Report]] = {}
    for row in rows:
        if row["id"] in new and row["message_id"] is not None:
            reports.setdefault(row["message_id"], []).append(Report(row["status"], row["error"]))
    spoken_of = {message.id: message for message in messages.values() if message.id in reports}
    move_on(batch, spoken_of, reports)
    _settle_outbox(batch, spoken_of)


def apply_parked(batch: Batch, messages: Sequence[Message]) -> None:
    """Reports that came before their message was known by its provider id."""
    by_provider = {message.provider_id: message for message in messages if message.provider_id}
    parked = (
        []
        if not by_provider
        else batch.session.scalars(
            select(MessageStatus).where(
                MessageStatus.channel_id == batch.channel.id,
                among(MessageStatus.provider_id, by_provider),
                MessageStatus.message_id.is_(None),
            )
        ).all()
    )
    reports: dict[uuid.UUID, list[Report]] = {}
    for status in parked:
        status.message_id = by_provider[status.provider_id].id
        reports.setdefault(status.message_id, []).append(Report(status.status, status.error))
    move_on(batch, {message.id: message for message in messages if message.id in reports}, reports)


def move_on(batch: Batch, messages: Mapping[uuid.UUID, Message], reports: Mapping[uuid.UUID, Iterable[Report]]) -> None:
    """Advance messages by their reports, and tell about the ones that moved."""
    moved = [message for key, message in messages.items() if advance(message, reports[key])]
    if not moved:
        return
    rows = [{"id": m.id, "status": m.status, "error": m.error, "provider_id": m.provider_id} for m in moved]
    update_rows(batch.session, Message, rows)
    _touch_previews(batch, moved)
    tell(batch, moved)


def advance(message: Message, reports: Iterable[Report]) -> bool:
    """Apply reports in memory; True if the status moved. The first error stays, a delivery clears it."""
    before = message.status
    for report in reports:
        if not advances(message.status, report.status):
            continue
        message.status = report.status
        if report.status != "failed":
            message.error = None
        elif message.error is None:
            message.error = dict(report.error or {})
    return message.status != before


def tell(batch: Batch, messages: Sequence[Message]) -> None:
    """Write ``message.status`` for each."""
    where = among(Conversation.id, {message.conversation_id for message in messages})
    found = batch.session.execute(select(Conversation.id, Conversation.bucket).where(where))
    buckets = dict(found.all())
    for message, data in zip(messages, message_items(messages), strict=True):
        batch.emit(
            "message.status",
            {
                "message_id": data["id"],
                "conversation_id": data["conversation_id"],
                "status": message.status,
                "error": message.error,
                "client_id": data["client_id"],
                "message": data,
            },
            bucket=buckets[message.conversation_id],
            conversation_id=message.conversation_id,
        )


def _find(batch: Batch, updates: Sequence[StatusUpdate]) -> dict[str, Message]:
    """Messages by provider id; one whose send was never answered is found by our own reference."""
    ids = {item.provider_id for item in updates}
    found = {
        message.provider_id: message
        for message in _locked(batch, Message.channel_id == batch.channel.id, among(Message.provider_id, ids))
        if message.provider_id
    }
    refs = {
        ref: item.provider_id
        for item in updates
        if item.provider_id not in found and (ref := _uuid(item.client_ref)) is not None
    }
    if refs:
        query = (
            select(OutboxItem.id, OutboxItem.message_id)
            .where(OutboxItem.channel_id == batch.channel.id, among(OutboxItem.id, refs))
            .where(OutboxItem.message_id.is_not(None), OutboxItem.kind == "message")
        )
        owners = {row.message_id: refs[row.id] for row in batch.session.execute(query)}
        for message in _locked(batch, among(Message.id, owners)):
            provider_id = owners[message.id]
            if message.provider_id is None:
                message.provider_id = provider_id
            found[provider_id] = message
    return found


def _locked(batch: Batch, *conditions: ColumnElement[bool]) -> list[Message]:
    lock_conversations(batch.session, select(Message.conversation_id).where(*conditions))
    return load_plain(batch.session, Message, *conditions, lock=True)


def _uuid(value: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


def _row(batch: Batch, item: StatusUpdate, messages: Mapping[str, Message]) -> dict[str, Any]:
    message = messages.get(item.provider_id)
    return {
        "id": new_id(),
        "organization_id": batch.organization_id,
        "channel_id": batch.channel.id,
        "message_id": message.id if message else None,
        "provider_id": item.provider_id,
        "client_ref": item.client_ref[:_CLIENT_REF] if item.client_ref else None,
        "status": item.status.value,
        "recipient": item.recipient[:_RECIPIENT],
        "occurred_at": item.occurred_at,
        "error": dict(item.error) if item.error is not None else None,
        "payload": dict(item.payload),
    }


_PREVIEW = text(
    "UPDATE conversation AS c SET last_message = jsonb_set(c.last_message, '{status}', to_jsonb(m.status))"
    " FROM message m WHERE m.id = any(:ids) AND c.id = m.conversation_id AND c.last_message->>'id' = m.id::text"
)


def _touch_previews(batch: Batch, messages: Sequence[Message]) -> None:
    batch.session.execute(_PREVIEW, {"ids": [message.id for message in messages]})


def _settle_outbox(batch: Batch, messages: Mapping[uuid.UUID, Message]) -> None:
    """What the provider speaks of has gone out, whatever became of its answer: the queue may go on."""
    batch.session.execute(
        update(OutboxItem)
        .where(
            among(OutboxItem.message_id, messages),
            OutboxItem.kind == "message",
            or_(
                OutboxItem.status == "unknown",
                and_(OutboxItem.status == "sending", OutboxItem.written_at.is_not(None)),
            ),
        )
        .values(status="done", held_until=None, locked_until=None, done_at=batch.now)
    )
