"""Messages in: stored once, in their conversation, with their files, and told to everyone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ramal.channels.types import MEDIA_KINDS, InboundMessage, MediaRef
from ramal.contacts.models import ChannelParty
from ramal.contacts.parties import Resolved, resolve_parties
from ramal.database.base import new_id
from ramal.database.bulk import among, insert_rows, plain, update_rows
from ramal.events.services import enqueue
from ramal.inbox.models import Attachment, Conversation, Message
from ramal.inbox.serialize import contact_json, message_json, timestamp
from ramal.inbox.services.lines import line_payload
from ramal.pipeline.inbound import changes, replies, routing, statuses
from ramal.pipeline.inbound.batch import Batch, Surroundings, surroundings
from ramal.pipeline.inbound.echoes import settle_own_sends
from ramal.pipeline.inbound.threads import Thread, Threads, take_message

_FILENAME, _MIME, _SHA256 = 255, 120, 64
_UNSET = dict.fromkeys((
    "body", "provider_id", "client_id", "author_id", "status", "error", "reply_to_id", "reply_to_provider_id",
    "reply_snippet", "edited_at", "revoked_at",
))  # fmt: skip


class Overtaken(Exception):
    """A message of the batch was stored by someone else meanwhile: do the batch again."""


@dataclass(slots=True)
class Incoming:
    """A new message with its rows, and its conversation as it was right after it."""

    item: InboundMessage
    person: Resolved
    thread: Thread
    message: Message
    attachments: list[Attachment] = field(default_factory=list)
    #: The line above the message, where it reopened its conversation.
    line: Message | None = None
    snapshot: Mapping[str, Any] = field(default_factory=dict)


def take_messages(batch: Batch, items: Sequence[InboundMessage], people: Sequence[Resolved] | None = None) -> None:
    """Store the messages that are new and everything that follows from them.

    ``people`` saves resolving them again where the caller knows whose the items are.
    """
    fresh = _only_new(batch, items)
    if people is None:
        fresh = settle_own_sends(batch, fresh)
    if not fresh:
        return
    if people is None:
        people = resolve_parties(batch.channel.id, [item.party for item in fresh])
    threads = Threads(batch, people)
    incoming = [_assign(batch, threads, item, person) for item, person in zip(fresh, people, strict=True)]
    _note_reopenings(batch, incoming)
    replies.quote(batch, [one.message for one in incoming])
    for one in incoming:
        take_message(one.thread, one.message, batch.now, filed=not one.item.opens_conversation)
        _open_window(one)
        one.snapshot = _state(one.thread.conversation)
    threads.write()
    _write_parties(batch, people)
    _write_messages(batch, incoming)
    _write_attachments(batch, incoming)
    around = surroundings(batch.session, [thread.conversation for thread in threads.all()])
    _route(batch, incoming, around)
    _tell(batch, incoming, around)
    _settle_what_waited(batch, incoming)


def _only_new(batch: Batch, items: Sequence[InboundMessage]) -> list[InboundMessage]:
    """The items whose message is not stored yet, each once."""
    ids = {item.provider_id for item in items}
    here = Message.channel_id == batch.channel.id
    seen: set[object] = set(
        batch.session.scalars(select(Message.provider_id).where(here, among(Message.provider_id, ids)))
    )
    taken = _client_ids(batch, {item.client_id for item in items if item.client_id})
    fresh = []
    for item in items:
        if item.provider_id in seen or taken.get(item.client_id) == batch.channel.id:
            continue
        seen.add(item.provider_id)
        if item.client_id in taken:
            item = replace(item, client_id=None)  # noqa: PLW2901 - someone else's id: not this message's
        if item.client_id:
            taken[item.client_id] = batch.channel.id
        fresh.append(item)
    return fresh


def _client_ids(batch: Batch, ids: set[uuid.UUID]) -> dict[uuid.UUID | None, uuid.UUID]:
    """Client ids that messages of the organization have already → their channel."""
    if not ids:
        return {}
    query = select(Message.client_id, Message.channel_id).where(Message.client_id.in_(ids))
    return dict(batch.session.execute(query).all())


def _assign(batch: Batch, threads: Threads, item: InboundMessage, person: Resolved) -> Incoming:
    thread = threads.for_message(person, item)
    message = _message(
        batch,
        thread,
        direction=item.direction,
        kind=item.kind,
        body=item.body,
        payload=dict(item.payload),
        provider_id=item.provider_id,
        client_id=item.client_id,
        # An echo was sent elsewhere, so the provider has it already.
        status="sent" if item.direction == "out" and item.kind != "system" else None,
        reply_to_provider_id=item.reply_to[:300] if item.reply_to else None,
        sent_at=item.occurred_at,
        forwarded=item.forwarded,
        external=item.direction == "out",
    )
    attachments = [_attachment(message, position, ref) for position, ref in enumerate(item.attachments)]
    return Incoming(item, person, thread, message, attachments)


def _note_reopenings(batch: Batch, incoming: Iterable[Incoming]) -> None:
    """The first message of a conversation that was reopened has a line above it that says so."""
    noted = set()
    for one in incoming:
        thread = one.thread
        if thread.reopened_at is None or thread.conversation.id in noted:
            continue
        noted.add(thread.conversation.id)
        payload = line_payload("reopened_by_message")
        one.line = _message(batch, thread, direction="out", kind="system", payload=payload, sent_at=thread.reopened_at)


def _message(batch: Batch, thread: Thread, **values: Any) -> Message:
    return plain(
        Message,
        id=new_id(),
        organization_id=batch.organization_id,
        created_at=batch.now,
        conversation_id=thread.conversation.id,
        channel_id=batch.channel.id,
        **{**_UNSET, "forwarded": False, "external": False, "reactions": [], **values},
    )


def _attachment(message: Message, position: int, ref: MediaRef) -> Attachment:
    return plain(
        Attachment,
        id=new_id(),
        organization_id=message.organization_id,
        message_id=message.id,
        position=position,
        kind=message.kind if message.kind in MEDIA_KINDS else "document",
        state="pending",
        ref=dict(ref.ref),
        filename=ref.filename[:_FILENAME] if ref.filename else None,
        mime_type=ref.mime_type[:_MIME] if ref.mime_type else None,
        size=ref.size,
        sha256=ref.sha256[:_SHA256] if ref.sha256 else None,
        error=None,
    )


def _open_window(one: Incoming) -> None:
    """Note when the person last wrote; echoes and system lines open no window."""
    if one.item.direction == "out" or one.item.kind == "system":
        return
    party = one.person.party
    party.last_inbound_at = _later(party.last_inbound_at, one.message.sent_at)
    if one.item.opens_window:
        party.window_opened_at = _later(party.window_opened_at, one.message.sent_at)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _state(conversation: Conversation) -> dict[str, Any]:
    """What a message changes in its conversation's JSON."""
    return {
        "unread_count": conversation.unread_count,
        "waiting_since": timestamp(conversation.waiting_since),
        "last_message": conversation.last_message,
        "last_message_at": timestamp(conversation.last_message_at),
    }


# --- writing ------------------------------------------------------------------------------------


def _write_parties(batch: Batch, people: Iterable[Resolved]) -> None:
    parties = {person.party.id: person.party for person in people}.values()
    rows = [
        {"id": party.id, "last_inbound_at": party.last_inbound_at, "window_opened_at": party.window_opened_at}
        for party in parties
        if party.last_inbound_at is not None
    ]
    update_rows(batch.session, ChannelParty, rows)


_MESSAGE = (
    "id", "organization_id", "created_at", "conversation_id", "channel_id", "direction", "kind", "body", "payload",
    "provider_id", "client_id", "status", "reply_to_id", "reply_to_provider_id", "reply_snippet", "sent_at",
    "forwarded", "external", "reactions",
)  # fmt: skip
_ATTACHMENT = (
    "id", "organization_id", "message_id", "position", "kind", "state", "ref", "filename", "mime_type", "size",
    "sha256",
)  # fmt: skip


def _write_messages(batch: Batch, incoming: Sequence[Incoming]) -> None:
    # In this order: at the same time, a line comes before its message.
    messages = [message for one in incoming for message in (one.line, one.message) if message is not None]
    rows = [{name: getattr(message, name) for name in _MESSAGE} for message in messages]
    stored = insert_rows(batch.session, Message, rows, skip_conflicts=True, returning=("id", "seq"))
    if len(stored) != len(rows):
        raise Overtaken
    numbers = {row.id: row.seq for row in stored}
    for message in messages:
        message.seq = numbers[message.id]


def _write_attachments(batch: Batch, incoming: Sequence[Incoming]) -> None:
    attachments = [attachment for one in incoming for attachment in one.attachments]
    insert_rows(
        batch.session, Attachment, [{name: getattr(item, name) for name in _ATTACHMENT} for item in attachments]
    )
    for attachment in attachments:
        enqueue("fetch_media", attachment_id=str(attachment.id))


def _route(batch: Batch, incoming: Sequence[Incoming], around: Surroundings) -> None:
    opened: dict[uuid.UUID, Incoming] = {}
    for one in incoming:
        if one.thread.is_new and one.thread.conversation.status == "open":
            opened.setdefault(one.thread.conversation.id, one)
    for one in opened.values():
        conversation = around.json(one.thread.conversation, one.person.contact, batch.channel)
        routing.route(batch, one.thread.conversation, conversation, message_json(one.message, one.attachments), around)


def _tell(batch: Batch, incoming: Sequence[Incoming], around: Surroundings) -> None:
    """Write the events; each carries its conversation as it was right after that message."""
    latest: dict[uuid.UUID, dict[str, Any]] = {}
    for one in incoming:
        conversation = one.thread.conversation
        first = conversation.id not in latest
        if first:
            latest[conversation.id] = around.json(conversation, one.person.contact, batch.channel)
        data = {**latest[conversation.id], **one.snapshot}
        if first:
            _tell_beginning(batch, one, data)
        message = message_json(one.message, one.attachments)
        _emit(batch, one, "message.created", {"message": message, "conversation": data})


def _tell_beginning(batch: Batch, one: Incoming, conversation: Mapping[str, Any]) -> None:
    if one.person.contact_is_new:
        one.person.contact_is_new = False  # a contact with two conversations in one batch is told once
        _emit(batch, one, "contact.created", {"contact": contact_json(one.person.contact)})
    if one.thread.is_new:
        _emit(batch, one, "conversation.created", {"conversation": conversation})
    elif one.line is not None:
        _emit(batch, one, "conversation.reopened", {"conversation": conversation})
        _emit(batch, one, "message.created", {"message": message_json(one.line), "conversation": conversation})


def _emit(batch: Batch, one: Incoming, type_: str, data: Mapping[str, Any]) -> None:
    batch.emit(type_, data, bucket=one.person.party.bucket, conversation_id=one.thread.conversation.id)


def _settle_what_waited(batch: Batch, incoming: Sequence[Incoming]) -> None:
    """Statuses, edits, reactions and replies that came before the message they speak of."""
    messages = [one.message for one in incoming]
    replies.link_earlier(batch, messages)
    statuses.apply_parked(batch, [message for message in messages if message.direction == "out"])
    changes.apply_parked(batch, messages)
