"""Reacting to messages, and editing or deleting our own for everyone.

A change is an outbox row in the transaction that asks for it; the message itself stays as it is until
the provider took the change. Until then its item carries the change as ``pending`` (``inbox.items``).
Whoever changes a message takes no conversation by it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ramal.channels.types import Capabilities
from ramal.database.base import utcnow
from ramal.database.session import after_commit, current_organization_id, db, transaction
from ramal.errors import Conflict, InvalidPayload, NotFound
from ramal.events import doorbell
from ramal.events.services import emit_event
from ramal.i18n import gettext as _
from ramal.inbox.capabilities import capabilities_of, permission
from ramal.inbox.emoji import is_emoji, same_emoji
from ramal.inbox.items import conversation_item, message_item, person, subject_of
from ramal.inbox.models import CHANGE_KINDS, UNSENT, Conversation, Message, OutboxItem
from ramal.inbox.serialize import conversation_info, message_info
from ramal.inbox.services.changeable import refusal
from ramal.inbox.services.outgoing import check_body
from ramal.inbox.services.rows import is_live, locked
from ramal.plugins.dispatch import veto

Wish = Mapping[str, str | None]


def react(message_id: uuid.UUID, emoji: str | None, author_id: uuid.UUID | None = None) -> Message:
    """Queue the business's reaction to a message, or with None its end; there is one at most, whoever reacts.

    NotFound, InvalidPayload for what is no emoji, Conflict where it can't be sent now.
    """
    if emoji is not None and not is_emoji(emoji):
        message = _("Choose one emoji.")
        raise InvalidPayload(message, {"emoji": [message]})
    with transaction():
        target = _hold(message_id, "reaction")
        _queue(target, {"emoji": emoji}, author_id)
    return target.message


def edit_message(message_id: uuid.UUID, body: str, author_id: uuid.UUID | None = None) -> Message:
    """Queue other words for a message of ours; the same words are nothing to do.

    NotFound, InvalidPayload where the words don't fit the channel, Conflict where it can't be edited
    (any more), or a plugin objects to the new words.
    """
    with transaction():
        target = _hold(message_id, "edit")
        if not body:
            message = _("Write something first.")
            raise InvalidPayload(message, {"body": [message]})
        check_body(target.message.kind, body, target.able)
        if target.wish() != {"body": body}:
            _ask_plugins(target, body)
        _queue(target, {"body": body}, author_id)
    return target.message


def revoke_message(message_id: uuid.UUID, author_id: uuid.UUID | None = None) -> Message:
    """Queue the deletion of a message of ours for everyone. NotFound, Conflict where it can't be deleted (any more)."""
    with transaction():
        target = _hold(message_id, "revoke")
        _queue(target, {}, author_id)
    return target.message


@dataclass(frozen=True, slots=True)
class _Target:
    """A message of a locked conversation, with its changes of one kind that are not sent yet, oldest first."""

    kind: str
    message: Message
    conversation: Conversation
    able: Capabilities
    open: tuple[OutboxItem, ...]

    def standing(self) -> Wish | None:
        """What the message says now; None for a deletion, which nobody asked for."""
        if self.kind == "edit":
            return {"body": self.message.body}
        return {"emoji": _own_reaction(self.message)} if self.kind == "reaction" else None

    def wish(self) -> Wish | None:
        """What was asked for last, or else stands."""
        return _wish(self.open[-1]) if self.open else self.standing()


def _hold(message_id: uuid.UUID, kind: str) -> _Target:
    conversation_id = db.session.scalar(select(Message.conversation_id).where(Message.id == message_id))
    if conversation_id is None:
        raise NotFound(_("There is no such message."))
    conversation = locked(conversation_id)
    fresh = select(Message).where(Message.id == message_id).execution_options(populate_existing=True)
    message = db.session.execute(fresh).scalar_one()
    subject = subject_of(conversation_id)
    able = capabilities_of(subject.channel)
    items = _open_items(message_id)
    reason = _closed(conversation) or refusal(kind, message, able) or _deleting(kind, items)
    if reason is None and not (allowed := permission(subject)).allowed:
        reason = allowed.reason or _("No message can be sent here now.")
    if reason is not None:
        raise Conflict(reason)
    return _Target(kind, message, conversation, able, tuple(item for item in items if item.kind == kind))


def _open_items(message_id: uuid.UUID) -> list[OutboxItem]:
    """Held, so that the sender takes none of them while we look."""
    query = (
        select(OutboxItem)
        .where(OutboxItem.message_id == message_id, OutboxItem.kind.in_(CHANGE_KINDS), OutboxItem.status.in_(UNSENT))
        .order_by(OutboxItem.seq)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.execute(query).scalars())


def _closed(conversation: Conversation) -> str | None:
    return None if is_live(conversation) else _("This conversation is closed. Reopen it to answer.")


def _deleting(kind: str, items: list[OutboxItem]) -> str | None:
    gone = kind != "revoke" and any(item.kind == "revoke" for item in items)
    return _("This message is being deleted.") if gone else None


def _own_reaction(message: Message) -> str | None:
    return next((reaction["emoji"] for reaction in message.reactions if reaction["by"] == "agent"), None)


def _wish(item: OutboxItem) -> Wish:
    return {key: item.payload[key] for key in ("emoji", "body") if key in item.payload}


def _same(one: Wish | None, other: Wish) -> bool:
    if one is not None and "emoji" in one:
        return same_emoji(one["emoji"], other["emoji"])
    return one == other


def _queue(target: _Target, wish: Wish, author_id: uuid.UUID | None) -> None:
    """One row for the newest wish: the same again changes nothing, another takes the place of one that still waits,
    and one that goes back to what stands is not sent at all.
    """
    if _same(target.wish(), wish):
        return
    newest = target.open[-1] if target.open else None
    if newest is None or newest.status != "queued":
        db.session.add(_item(target, _payload(wish, author_id)))
    elif len(target.open) == 1 and _same(target.standing(), wish):
        newest.status, newest.done_at = "cancelled", utcnow()
    else:
        newest.payload, newest.attempts = _payload(wish, author_id), 0
    _tell(target, author_id)
    after_commit(lambda: doorbell.ring("outbox"))


def _payload(wish: Wish, author_id: uuid.UUID | None) -> dict[str, Any]:
    author = person(author_id)
    return {**wish, "author_id": author["id"] if author else None, "author": author["name"] if author else None}


def _item(target: _Target, payload: dict[str, Any]) -> OutboxItem:
    return OutboxItem(
        channel_id=target.conversation.channel_id,
        party_id=target.conversation.party_id,
        conversation_id=target.conversation.id,
        message_id=target.message.id,
        kind=target.kind,
        payload=payload,
        bucket=target.conversation.bucket,
    )


def _ask_plugins(target: _Target, body: str) -> None:
    info = message_info({**message_item(target.message), "body": body})
    about = conversation_info(conversation_item(target.conversation), current_organization_id())
    objection = veto("before_send", message=info, conversation=about)
    if objection is not None:
        raise Conflict(objection.reason)


def _tell(target: _Target, author_id: uuid.UUID | None) -> None:
    db.session.flush()
    emit_event(
        "message.updated",
        {"message": message_item(target.message)},
        conversation_id=target.conversation.id,
        bucket=target.conversation.bucket,
        actor_id=author_id,
    )
