"""What the steps of one batch share: one channel of one organization, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ramal.accounts.models import User
from ramal.channels.base import Channel, ChannelContext
from ramal.channels.models import ConnectedChannel
from ramal.contacts.models import Contact
from ramal.database.base import new_id, utcnow
from ramal.database.bulk import among, insert_rows
from ramal.database.session import after_commit
from ramal.events import doorbell
from ramal.events.models import Event
from ramal.inbox.models import Conversation, ConversationLabel, Label
from ramal.inbox.serialize import conversation_json


@dataclass(kw_only=True)
class Batch:
    """One channel's work in one transaction; events are written together at its end."""

    session: Session
    channel: ConnectedChannel
    now: datetime = field(default_factory=utcnow)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def organization_id(self) -> uuid.UUID:
        """Whose batch it is."""
        return self.channel.organization_id

    def emit(
        self, type_: str, data: Mapping[str, Any], *, bucket: int, conversation_id: uuid.UUID | None = None
    ) -> None:
        """Note an event; written by :meth:`write_events`."""
        self.events.append(
            {
                "id": new_id(),
                "organization_id": self.organization_id,
                "type": type_,
                "conversation_id": conversation_id,
                "bucket": bucket,
                "data": data,
            }
        )

    def write_events(self) -> None:
        """Write the events noted so far, in their order, and ring when the transaction commits."""
        if self.events:
            insert_rows(self.session, Event, self.events)
            self.events = []
            after_commit(lambda: doorbell.ring("events"))


@dataclass(kw_only=True)
class InboundBatch(Batch):
    """A batch that also reads deliveries, by the channel's code."""

    code: Channel
    context: ChannelContext


@dataclass(slots=True)
class Surroundings:
    """Labels and assignees' names of some conversations, for their JSON."""

    labels: dict[uuid.UUID, list[Label]]
    names: dict[uuid.UUID, str]

    def json(self, conversation: Conversation, contact: Contact, channel: ConnectedChannel) -> dict[str, Any]:
        """The conversation as events carry it."""
        assignee = conversation.assignee_id
        name = self.names.get(assignee) if assignee else None
        who = (assignee, name) if assignee and name is not None else None
        return conversation_json(conversation, contact, channel, who, self.labels.get(conversation.id, ()))


def surroundings(session: Session, conversations: Iterable[Conversation]) -> Surroundings:
    """Load the labels and assignees of conversations, two queries for any number."""
    found = list(conversations)
    labels: dict[uuid.UUID, list[Label]] = {}
    if found:
        query = (
            select(ConversationLabel.conversation_id, Label)
            .join(Label, Label.id == ConversationLabel.label_id)
            .where(among(ConversationLabel.conversation_id, {conversation.id for conversation in found}))
            .order_by(Label.name)
        )
        for conversation_id, label in session.execute(query):
            labels.setdefault(conversation_id, []).append(label)
    return Surroundings(labels, user_names(session, {c.assignee_id for c in found if c.assignee_id}))


def user_names(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of members."""
    wanted = set(ids)
    if not wanted:
        return {}
    return dict(session.execute(select(User.id, User.name).where(among(User.id, wanted))).all())


def lock_conversations(session: Session, ids: Select[uuid.UUID]) -> None:
    """Lock conversations before their messages, in order of id: everyone does, so nobody deadlocks."""
    session.execute(
        select(Conversation.id).where(Conversation.id.in_(ids)).order_by(Conversation.id).with_for_update()
    ).all()
