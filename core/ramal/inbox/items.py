"""Rows made into the JSON items of ``inbox.serialize``, many at once and with few queries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select

from ramal.accounts.models import User
from ramal.channels.models import ConnectedChannel
from ramal.contacts.identity import Alias
from ramal.contacts.models import ChannelParty, Contact, PartyAlias
from ramal.database.session import db
from ramal.inbox.models import (
    CHANGE_KINDS,
    UNSENT,
    Attachment,
    Conversation,
    ConversationLabel,
    Label,
    Message,
    OutboxItem,
)
from ramal.inbox.serialize import conversation_json, message_json


@dataclass(frozen=True, slots=True)
class Subject:
    """A conversation with the rows its item is made of."""

    conversation: Conversation
    contact: Contact
    channel: ConnectedChannel
    party: ChannelParty
    assignee: tuple[uuid.UUID, str] | None = None

    @classmethod
    def of(cls, row: Row[*tuple[Any, ...]]) -> Subject:
        """From a row of :func:`subjects_query`."""
        conversation, contact, channel, party, user_id, user_name = row
        return cls(conversation, contact, channel, party, (user_id, user_name) if user_id else None)


def subjects_query() -> Select[*tuple[Any, ...]]:
    """Conversations with what their items need, one row each; add conditions and an order."""
    return (
        select(Conversation, Contact, ConnectedChannel, ChannelParty, User.id, User.name)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(ConnectedChannel, ConnectedChannel.id == Conversation.channel_id)
        .join(ChannelParty, ChannelParty.id == Conversation.party_id)
        .outerjoin(User, User.id == Conversation.assignee_id)
    )


def subject_of(conversation_id: uuid.UUID) -> Subject:
    """One conversation that is known to exist."""
    return Subject.of(db.session.execute(subjects_query().where(Conversation.id == conversation_id)).one())


def conversation_items(subjects: Sequence[Subject]) -> list[dict[str, Any]]:
    """The items, in order; one query for all labels."""
    labels = _labels_of([subject.conversation.id for subject in subjects])
    return [
        conversation_json(
            subject.conversation,
            subject.contact,
            subject.channel,
            subject.assignee,
            labels[subject.conversation.id],
        )
        for subject in subjects
    ]


def conversation_item(conversation: Conversation) -> dict[str, Any]:
    """One item, for events and answers."""
    return conversation_items([subject_of(conversation.id)])[0]


def aliases_by_party(party_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[Alias, ...]]:
    """The names by which the channels know these parties."""
    found: dict[uuid.UUID, tuple[Alias, ...]] = defaultdict(tuple)
    query = select(PartyAlias).where(PartyAlias.party_id.in_(set(party_ids))).order_by(PartyAlias.id)
    for alias in db.session.execute(query).scalars():
        found[alias.party_id] += (Alias(alias.kind, alias.value),)
    return found


def message_items(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Message items, in order; one query each for files, for authors and for changes on their way."""
    ids = [message.id for message in messages]
    files: dict[uuid.UUID, list[Attachment]] = defaultdict(list)
    query = select(Attachment).where(Attachment.message_id.in_(ids)).order_by(Attachment.position, Attachment.id)
    for file in db.session.execute(query).scalars() if ids else ():
        if file.message_id is not None:
            files[file.message_id].append(file)
    authors = _names({message.author_id for message in messages if message.author_id})
    pending = _pending(ids)
    return [
        message_json(message, files[message.id], authors.get(message.author_id), pending.get(message.id))
        for message in messages
    ]


def message_item(message: Message) -> dict[str, Any]:
    """One item, for events and answers."""
    return message_items([message])[0]


def _pending(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """The newest change of each kind that has not left yet, by message."""
    found: dict[uuid.UUID, dict[str, Any]] = defaultdict(dict)
    if not ids:
        return found
    query = (
        select(OutboxItem.message_id, OutboxItem.kind, OutboxItem.payload)
        .where(OutboxItem.message_id.in_(ids), OutboxItem.kind.in_(CHANGE_KINDS), OutboxItem.status.in_(UNSENT))
        .order_by(OutboxItem.seq)
    )
    for message_id, kind, payload in db.session.execute(query):
        found[message_id][kind] = {key: payload[key] for key in ("emoji", "body") if key in payload}
    return found


def person(user_id: uuid.UUID | None) -> dict[str, str] | None:
    """A member as events name them."""
    found = _names({user_id} if user_id else set()).get(user_id)
    return {"id": str(found[0]), "name": found[1]} if found else None


def _names(ids: set[uuid.UUID]) -> dict[uuid.UUID | None, tuple[uuid.UUID, str]]:
    if not ids:
        return {}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {user_id: (user_id, name) for user_id, name in rows}


def _labels_of(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Label]]:
    found: dict[uuid.UUID, list[Label]] = defaultdict(list)
    if not ids:
        return found
    query = (
        select(ConversationLabel.conversation_id, Label)
        .join(Label, Label.id == ConversationLabel.label_id)
        .where(ConversationLabel.conversation_id.in_(ids))
        .order_by(Label.name)
    )
    for conversation_id, label in db.session.execute(query):
        found[conversation_id].append(label)
    return found
