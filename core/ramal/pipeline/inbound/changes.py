"""Edits, revocations and reactions: kept once each, folded into the message they speak of.

The fold goes by (time, key), so the message ends the same whatever order they came in. One whose
message is not known yet waits for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ramal.channels.types import MessageEdit, MessageRevoke, Reaction
from ramal.contacts.parties import Resolved, resolve_parties
from ramal.database.base import new_id
from ramal.database.bulk import among, insert_rows, load_plain, update_rows
from ramal.inbox.emoji import same_emoji
from ramal.inbox.items import message_items
from ramal.inbox.models import Conversation, Message, MessageChange
from ramal.inbox.serialize import contact_json, preview_json
from ramal.pipeline.inbound.batch import Batch, lock_conversations

Change = MessageEdit | MessageRevoke | Reaction
_KEY = 300


def take_changes(batch: Batch, items: Sequence[Change]) -> None:
    """Store the changes that are new, and fold them into the messages that are known."""
    fresh = _only_new(batch, items)
    if not fresh:
        return
    people = _people(batch, fresh)
    messages = _lock(batch, {item.target for item in fresh})
    rows = [_row(batch, item, people, messages.get(item.target)) for item in fresh]
    insert_rows(batch.session, MessageChange, rows)
    touched = {row["message_id"] for row in rows}
    fold(batch, [message for message in messages.values() if message.id in touched])


def apply_parked(batch: Batch, messages: Sequence[Message]) -> None:
    """Changes that came before their message."""
    by_provider = {message.provider_id: message for message in messages if message.provider_id}
    if not by_provider:
        return
    parked = batch.session.execute(
        select(MessageChange.id, MessageChange.target).where(
            MessageChange.channel_id == batch.channel.id,
            among(MessageChange.target, by_provider),
            MessageChange.message_id.is_(None),
        )
    ).all()
    if not parked:
        return
    rows = [{"id": row.id, "message_id": by_provider[row.target].id} for row in parked]
    update_rows(batch.session, MessageChange, rows)
    touched = {row["message_id"] for row in rows}
    fold(batch, [message for message in messages if message.id in touched])


def fold(batch: Batch, messages: Sequence[Message]) -> None:
    """Make messages what all their changes together say, and tell about it."""
    if not messages:
        return
    changes: dict[uuid.UUID | None, list[MessageChange]] = {}
    stored = batch.session.scalars(
        select(MessageChange)
        .where(among(MessageChange.message_id, [message.id for message in messages]))
        .order_by(MessageChange.occurred_at, MessageChange.key)
        .execution_options(populate_existing=True)
    )
    for change in stored:
        changes.setdefault(change.message_id, []).append(change)
    for message in messages:
        apply_changes(message, changes.get(message.id, []))
    batch.session.flush()
    names = ("id", "body", "payload", "edited_at", "revoked_at", "reactions")
    update_rows(batch.session, Message, [{name: getattr(m, name) for name in names} for m in messages])
    tell(batch, messages)


def apply_changes(message: Message, changes: Sequence[MessageChange]) -> None:
    """Fold ordered changes into a message in memory; each edit keeps the words it replaced.

    An edit that says what stands there already is none: mostly it is the provider's echo of ours.
    """
    edits = [change for change in changes if change.kind == "edit"]
    if edits:
        words: dict[str, Any] = next(
            (change.before for change in edits if change.before and change.before.get("original")),
            {"body": message.body, "payload": message.payload, "original": True},
        )
        for edit in edits:
            after = {"body": edit.data.get("body"), "payload": edit.data.get("payload") or words["payload"]}
            edit.before = None
            if after != {"body": words["body"], "payload": words["payload"]}:
                edit.before, words = words, after
                message.edited_at = edit.occurred_at
        message.body, message.payload = words["body"], words["payload"]
    revokes = [change.occurred_at for change in changes if change.kind == "revoke"]
    message.revoked_at = min(revokes, default=message.revoked_at)
    message.reactions = _reactions(changes)


def _reactions(changes: Iterable[MessageChange]) -> list[dict[str, Any]]:
    latest: dict[str, MessageChange] = {}
    names: dict[str, str | None] = {}
    for change in changes:
        if change.kind != "reaction":
            continue
        before = latest.pop(change.actor, None)
        latest[change.actor] = change
        # A provider's echo of a reaction of ours does not know which of us it was.
        again = before is not None and same_emoji(before.data.get("emoji"), change.data.get("emoji"))
        names[change.actor] = change.actor_name or (names[change.actor] if again else None)
    return [
        {
            "emoji": change.data["emoji"],
            "by": "contact" if change.actor.startswith("party:") else "agent",
            "actor": change.actor,
            "name": names[change.actor],
        }
        for change in latest.values()
        if change.data.get("emoji")
    ]


# --- reading and writing --------------------------------------------------------------------------


def _only_new(batch: Batch, items: Sequence[Change]) -> list[Change]:
    keys = {item.key[:_KEY] for item in items}
    seen = set(
        batch.session.scalars(
            select(MessageChange.key).where(
                MessageChange.channel_id == batch.channel.id, among(MessageChange.key, keys)
            )
        )
    )
    fresh = []
    for item in items:
        if item.key[:_KEY] not in seen:
            seen.add(item.key[:_KEY])
            fresh.append(item)
    return fresh


def _people(batch: Batch, items: Sequence[Change]) -> dict[str, Resolved]:
    """Who made each change, by its key; new people are announced."""
    named = [(item.key, item.party) for item in items if item.party is not None]
    found = resolve_parties(batch.channel.id, [party for _key, party in named])
    people = {key: person for (key, _party), person in zip(named, found, strict=True)}
    for person in {person.party.id: person for person in found if person.contact_is_new}.values():
        batch.emit("contact.created", {"contact": contact_json(person.contact)}, bucket=person.party.bucket)
    return people


def _lock(batch: Batch, targets: set[str]) -> dict[str, Message]:
    here = (Message.channel_id == batch.channel.id, among(Message.provider_id, targets))
    lock_conversations(batch.session, select(Message.conversation_id).where(*here))
    rows = load_plain(batch.session, Message, *here, lock=True)
    return {row.provider_id: row for row in rows if row.provider_id}


def _row(batch: Batch, item: Change, people: Mapping[str, Resolved], message: Message | None) -> dict[str, Any]:
    person = people.get(item.key)
    outgoing = isinstance(item, Reaction) and item.direction == "out"
    return {
        "id": new_id(),
        "organization_id": batch.organization_id,
        "channel_id": batch.channel.id,
        "message_id": message.id if message else None,
        "target": item.target[:_KEY],
        "key": item.key[:_KEY],
        "kind": _kind(item),
        "actor": "business" if outgoing or person is None else f"party:{person.party.id}",
        "actor_name": None if outgoing or person is None else person.contact.name,
        "data": _data(item),
        "occurred_at": item.occurred_at,
    }


def _kind(item: Change) -> str:
    if isinstance(item, MessageEdit):
        return "edit"
    return "revoke" if isinstance(item, MessageRevoke) else "reaction"


def _data(item: Change) -> dict[str, Any]:
    if isinstance(item, MessageEdit):
        return {"body": item.body, "payload": dict(item.payload)}
    return {"emoji": item.emoji} if isinstance(item, Reaction) else {}


def tell(batch: Batch, messages: Sequence[Message]) -> None:
    """Write ``message.updated`` for each, and show it in the list where it is the last of its conversation."""
    conversations = {
        row.id: row
        for row in batch.session.scalars(
            select(Conversation)
            .where(among(Conversation.id, {message.conversation_id for message in messages}))
            .execution_options(populate_existing=True)
        )
    }
    for message, data in zip(messages, message_items(messages), strict=True):
        conversation = conversations[message.conversation_id]
        if conversation.last_message and conversation.last_message.get("id") == str(message.id):
            conversation.last_message = preview_json(message)
        batch.emit(
            "message.updated", {"message": data}, bucket=conversation.bucket, conversation_id=message.conversation_id
        )
    batch.session.flush()
