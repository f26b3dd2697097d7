"""Quotes: which message a message answers, and the words it showed, known or not yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ramal.database.bulk import among, load_plain, update_rows
from ramal.inbox.models import Message
from ramal.pipeline.inbound.batch import Batch

_SNIPPET = 200


def snippet(message: Message) -> dict[str, Any]:
    """What a quote shows of a message."""
    body = (message.body or "")[:_SNIPPET] or None
    return {"kind": message.kind, "body": body, "direction": message.direction}


def quote(batch: Batch, messages: Sequence[Message]) -> None:
    """Point new messages at the ones they answer, stored before or in the same batch."""
    wanted = {message.reply_to_provider_id for message in messages if message.reply_to_provider_id}
    if not wanted:
        return
    known: dict[str | None, Message] = {m.provider_id: m for m in messages if m.provider_id in wanted}
    missing = [provider_id for provider_id in wanted if provider_id not in known]
    here = (Message.channel_id == batch.channel.id, among(Message.provider_id, missing))
    stored = load_plain(batch.session, Message, *here)
    known |= {message.provider_id: message for message in stored}
    for message in messages:
        target = known.get(message.reply_to_provider_id) if message.reply_to_provider_id else None
        if target is not None and target is not message:
            message.reply_to_id, message.reply_snippet = target.id, snippet(target)


def link_earlier(batch: Batch, messages: Sequence[Message]) -> None:
    """Answers that came before the message they answer are pointed at it now."""
    by_id: Mapping[str | None, Message] = {message.provider_id: message for message in messages if message.provider_id}
    waiting = batch.session.execute(
        select(Message.id, Message.reply_to_provider_id).where(
            Message.channel_id == batch.channel.id,
            among(Message.reply_to_provider_id, by_id),
            Message.reply_to_id.is_(None),
        )
    ).all()
    update_rows(
        batch.session,
        Message,
        [
            {"id": row.id, "reply_to_id": target.id, "reply_snippet": snippet(target)}
            for row in waiting
            if (target := by_id[row.reply_to_provider_id]).id != row.id
        ],
    )
