"""Priority, labels on conversations, and what was read."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import delete, func, select, tuple_, update

from ramal.database.session import after_commit, db, transaction
from ramal.errors import InvalidPayload, NotFound
from ramal.events import doorbell
from ramal.i18n import gettext as _
from ramal.inbox.capabilities import capabilities_of
from ramal.inbox.items import subject_of
from ramal.inbox.models import Conversation, ConversationLabel, Label, Message, OutboxItem
from ramal.inbox.services.rows import locked, tell

PRIORITIES = ("none", "low", "medium", "high", "urgent")


def set_priority(conversation_id: uuid.UUID, priority: str) -> Conversation:
    """none, low, medium, high or urgent."""
    if priority not in PRIORITIES:
        raise InvalidPayload(_("Unknown priority."), {"priority": [_("Invalid value.")]})
    with transaction():
        conversation = locked(conversation_id)
        if conversation.priority != priority:
            conversation.priority = priority
            tell("conversation.updated", conversation)
    return conversation


def set_labels(conversation_id: uuid.UUID, label_ids: Collection[uuid.UUID]) -> Conversation:
    """Exactly these labels. InvalidPayload if one does not exist."""
    wanted = set(label_ids)
    with transaction() as session:
        conversation = locked(conversation_id)
        known = set(session.execute(select(Label.id).where(Label.id.in_(wanted))).scalars())
        if wanted - known:
            raise InvalidPayload(_("There is no such label."), {"label_ids": [_("There is no such label.")]})
        current = select(ConversationLabel.label_id).where(ConversationLabel.conversation_id == conversation.id)
        present = set(session.execute(current).scalars())
        if present == wanted:
            return conversation
        session.execute(
            delete(ConversationLabel).where(
                ConversationLabel.conversation_id == conversation.id,
                ConversationLabel.label_id.in_(present - wanted),
            )
        )
        session.add_all(
            ConversationLabel(conversation_id=conversation.id, label_id=label_id)
            for label_id in sorted(wanted - present)
        )
        tell("conversation.updated", conversation)
    return conversation


def mark_read(conversation_id: uuid.UUID, message_id: uuid.UUID) -> Conversation:
    """Everything up to this message was read: fewer unread, and a receipt where the channel sends them."""
    with transaction() as session:
        conversation = locked(conversation_id)
        query = select(Message.sent_at, Message.seq).where(
            Message.id == message_id, Message.conversation_id == conversation.id
        )
        place = session.execute(query).first()
        if place is None:
            raise NotFound(_("There is no such message."))
        unread = _inbound_after(conversation.id, place.sent_at, place.seq)
        if unread >= conversation.unread_count:
            return conversation
        conversation.unread_count = unread
        tell("conversation.updated", conversation)
        _queue_receipt(conversation, place.sent_at, place.seq)
    return conversation


def _inbound_after(conversation_id: uuid.UUID, sent_at: object, seq: int) -> int:
    query = select(func.count()).where(
        Message.conversation_id == conversation_id,
        Message.direction == "in",
        Message.kind != "system",
        tuple_(Message.sent_at, Message.seq) > tuple_(sent_at, seq),
    )
    return db.session.execute(query).scalar_one()


def _queue_receipt(conversation: Conversation, sent_at: object, seq: int) -> None:
    """One receipt names the newest message read: providers mark the earlier ones too."""
    if not capabilities_of(subject_of(conversation.id).channel).read_receipts:
        return
    newest = (
        select(Message.id, Message.provider_id)
        .where(
            Message.conversation_id == conversation.id,
            Message.direction == "in",
            Message.provider_id.is_not(None),
            tuple_(Message.sent_at, Message.seq) <= tuple_(sent_at, seq),
        )
        .order_by(Message.sent_at.desc(), Message.seq.desc())
        .limit(1)
    )
    found = db.session.execute(newest).first()
    if found is None:
        return
    values = {"message_id": found.id, "payload": {"provider_id": found.provider_id}}
    waiting = (
        update(OutboxItem)
        .where(
            OutboxItem.conversation_id == conversation.id,
            OutboxItem.kind == "read",
            OutboxItem.status == "queued",
        )
        .values(**values)
    )
    if db.session.execute(waiting).rowcount:  # type: ignore[attr-defined]
        return
    db.session.add(
        OutboxItem(
            channel_id=conversation.channel_id,
            party_id=conversation.party_id,
            conversation_id=conversation.id,
            kind="read",
            bucket=conversation.bucket,
            **values,
        )
    )
    after_commit(lambda: doorbell.ring("outbox"))
