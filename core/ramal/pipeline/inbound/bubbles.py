"""Stored messages as JSON, with their files and authors: three queries for any number."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ramal.database.bulk import among
from ramal.inbox.models import Attachment, Message
from ramal.inbox.serialize import message_json
from ramal.pipeline.inbound.batch import user_names


def bubble_jsons(session: Session, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The message items of the API, in the order given."""
    attachments: dict[uuid.UUID | None, list[Attachment]] = {}
    rows = session.scalars(
        select(Attachment)
        .where(among(Attachment.message_id, [message.id for message in messages]))
        .order_by(Attachment.position)
    )
    for row in rows:
        attachments.setdefault(row.message_id, []).append(row)
    names = user_names(session, [message.author_id for message in messages if message.author_id])
    return [
        message_json(message, attachments.get(message.id, ()), _author(message, names)) for message in messages
    ]


def _author(message: Message, names: dict[uuid.UUID, str]) -> tuple[uuid.UUID, str] | None:
    if message.author_id is None or message.author_id not in names:
        return None
    return message.author_id, names[message.author_id]
