"""The thread: pages by key in both directions, and around a message."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_

from ramal.database.bulk import among
from ramal.database.session import current_organization_id, db
from ramal.errors import NotFound
from ramal.http.pagination import decode_cursor, encode_cursor
from ramal.i18n import gettext as _
from ramal.inbox.items import message_items
from ramal.inbox.models import Conversation, Message, MessageStatus
from ramal.inbox.visibility import visible

_PLACE = (Message.sent_at, Message.seq)


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Items in the order of the thread; ``next_cursor`` leads to older ones, ``prev_cursor`` to newer."""

    items: Sequence[dict[str, Any]]
    next_cursor: str | None
    prev_cursor: str | None


def list_messages(
    conversation_id: uuid.UUID,
    *,
    before: str | None = None,
    after: str | None = None,
    around: uuid.UUID | None = None,
    page_size: int = 50,
) -> ThreadPage:
    """The newest messages, or those before or after a cursor, or around a message. At most five queries."""
    _require_visible(conversation_id)
    thread = select(Message).where(Message.conversation_id == conversation_id)
    if around is not None:
        return _around(thread, around, page_size)
    if after is not None:
        newer, more = _newer(thread, decode_cursor(after, datetime, int), page_size)
        return _page(newer, older=bool(newer), newer=more)
    place = decode_cursor(before, datetime, int) if before is not None else None
    older, more = _older(thread, place, page_size)
    return _page(older, older=more, newer=before is not None and bool(older))


def get_message(message_id: uuid.UUID) -> dict[str, Any]:
    """One message of a conversation the caller can see. NotFound."""
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id == message_id, visible())
    )
    found = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such message."))
    return message_items([found])[0]


def known_messages(channel_id: uuid.UUID, provider_ids: Collection[str]) -> set[str]:
    """Those of a provider's ids whose message is stored. For channels that read their provider's history."""
    query = select(Message.provider_id).where(
        Message.organization_id == current_organization_id(),
        Message.channel_id == channel_id,
        among(Message.provider_id, provider_ids),
    )
    return set(db.session.scalars(query))


def status_times(message_id: uuid.UUID) -> dict[str, datetime]:
    """When the provider says that each status of a message came about, first word of each."""
    query = (
        select(MessageStatus.status, func.min(MessageStatus.occurred_at).label("first"))
        .where(MessageStatus.message_id == message_id)
        .group_by(MessageStatus.status)
    )
    return {row.status: row.first for row in db.session.execute(query)}


def _require_visible(conversation_id: uuid.UUID) -> None:
    query = select(Conversation.id).where(Conversation.id == conversation_id, visible())
    if db.session.execute(query).first() is None:
        raise NotFound(_("There is no such conversation."))


def _around(thread: Select[Any], message_id: uuid.UUID, page_size: int) -> ThreadPage:
    middle = db.session.execute(thread.where(Message.id == message_id)).scalar_one_or_none()
    if middle is None:
        raise NotFound(_("There is no such message."))
    place = (middle.sent_at, middle.seq)
    half = page_size // 2
    newer, more_newer = _newer(thread, place, half)
    older, more_older = _older(thread, place, page_size - 1 - len(newer))
    return _page([*older, middle, *newer], older=more_older, newer=more_newer)


def _older(thread: Select[Any], place: tuple[Any, ...] | None, count: int) -> tuple[list[Message], bool]:
    if place is not None:
        thread = thread.where(tuple_(*_PLACE) < tuple_(*place))
    query = thread.order_by(Message.sent_at.desc(), Message.seq.desc()).limit(count + 1)
    rows = list(db.session.execute(query).scalars())
    return rows[:count][::-1], len(rows) > count


def _newer(thread: Select[Any], place: tuple[Any, ...], count: int) -> tuple[list[Message], bool]:
    query = thread.where(tuple_(*_PLACE) > tuple_(*place)).order_by(*_PLACE).limit(count + 1)
    rows = list(db.session.execute(query).scalars())
    return rows[:count], len(rows) > count


def _page(rows: list[Message], *, older: bool, newer: bool) -> ThreadPage:
    return ThreadPage(
        message_items(rows),
        next_cursor=encode_cursor(rows[0].sent_at, rows[0].seq) if older and rows else None,
        prev_cursor=encode_cursor(rows[-1].sent_at, rows[-1].seq) if newer and rows else None,
    )
