"""Which conversation a message belongs to, and what the message does to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from ramal.channels.types import InboundMessage
from ramal.contacts.parties import Resolved
from ramal.database.base import new_id
from ramal.database.bulk import among, insert_rows, load_plain, plain, update_rows
from ramal.inbox.models import Conversation, Message
from ramal.inbox.models.conversation import LIVE
from ramal.inbox.serialize import preview_json
from ramal.pipeline.inbound.batch import Batch

_STORED = (
    "id", "organization_id", "created_at", "updated_at", "channel_id", "party_id", "contact_id", "bucket", "kind",
    "status", "control", "priority", "unread_count", "waiting_since", "last_message", "last_message_at", "opened_at",
)  # fmt: skip
_CHANGED = (
    "id", "status", "control", "unread_count", "waiting_since", "last_message", "last_message_at", "resolved_at",
    "opened_at", "updated_at",
)  # fmt: skip


@dataclass(slots=True)
class Thread:
    """A conversation while a batch works on it; its row is plain and written at the end."""

    conversation: Conversation
    person: Resolved
    is_new: bool = False
    #: Where in the thread the line about it belongs.
    reopened_at: datetime | None = None
    touched: bool = False


class Threads:
    """The conversations of a batch's people: loaded and locked together, written together."""

    def __init__(self, batch: Batch, people: Iterable[Resolved]) -> None:
        self._batch = batch
        self._people = {person.party.id: person for person in people}
        self._current: dict[uuid.UUID, Thread] = {}
        self._all: list[Thread] = []
        self._load([key for key, person in self._people.items() if not person.is_new])

    def _load(self, party_ids: list[uuid.UUID]) -> None:
        if not party_ids:
            return
        newest = (
            select(Conversation.id)
            .where(among(Conversation.party_id, party_ids))
            .ext(distinct_on(Conversation.party_id))
            .order_by(Conversation.party_id, Conversation.status.in_(LIVE).desc(), Conversation.last_message_at.desc())
        )
        for row in load_plain(self._batch.session, Conversation, Conversation.id.in_(newest), lock=True):
            self._add(Thread(row, self._people[row.party_id]))

    def _add(self, thread: Thread) -> Thread:
        self._current[thread.conversation.party_id] = thread
        self._all.append(thread)
        return thread

    def current(self, person: Resolved) -> Thread | None:
        """The person's live conversation, or else their latest one."""
        return self._current.get(person.party.id)

    def for_message(self, person: Resolved, item: InboundMessage) -> Thread:
        """The conversation that takes this message: found, reopened or opened (F26)."""
        thread = self.current(person)
        if thread is None:
            # A system line has nothing to open, but it must be seen somewhere.
            return self._open(person, item, "open" if item.opens_conversation else "resolved")
        if thread.conversation.status in LIVE or item.direction == "out" or not item.opens_conversation:
            return thread
        if not self._may_reopen(thread.conversation):
            return self._open(person, item, "open")
        thread.reopened_at = _reopening(thread.conversation, item)
        thread.conversation.status = "open"
        thread.conversation.resolved_at = None
        thread.touched = True
        return thread

    def _may_reopen(self, conversation: Conversation) -> bool:
        policy = self._batch.channel.reopen_policy
        if policy != "hours":
            return policy == "same"
        limit = self._batch.now - timedelta(hours=self._batch.channel.reopen_hours)
        return conversation.resolved_at is not None and conversation.resolved_at > limit

    def _open(self, person: Resolved, item: InboundMessage, status: str) -> Thread:
        now = self._batch.now
        conversation = plain(
            Conversation,
            id=new_id(),
            organization_id=self._batch.organization_id,
            created_at=now,
            updated_at=now,
            channel_id=self._batch.channel.id,
            party_id=person.party.id,
            contact_id=person.contact.id,
            bucket=person.party.bucket,
            kind="direct",
            status=status,
            control="none",
            priority="none",
            assignee_id=None,
            waiting_since=None,
            unread_count=0,
            last_message=None,
            last_message_at=item.occurred_at,
            opened_at=now,
            resolved_at=None,
        )
        return self._add(Thread(conversation, person, is_new=True))

    def write(self) -> None:
        """Store what opened; :meth:`write_changes` stores what changed."""
        fresh = [thread.conversation for thread in self._all if thread.is_new]
        insert_rows(self._batch.session, Conversation, [_row(conversation, _STORED) for conversation in fresh])
        changed = [thread.conversation for thread in self._all if thread.touched and not thread.is_new]
        update_rows(self._batch.session, Conversation, [_row(conversation, _CHANGED) for conversation in changed])

    def all(self) -> list[Thread]:
        """Every conversation of the batch."""
        return self._all


def _reopening(conversation: Conversation, item: InboundMessage) -> datetime:
    """Not before it was resolved: providers' clocks are slow, and some cut off the fraction of the second."""
    times = (item.occurred_at, conversation.last_message_at, conversation.resolved_at)
    return max(time for time in times if time is not None)


def _row(conversation: Conversation, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(conversation, name) for name in names}


def take_message(thread: Thread, message: Message, now: datetime, *, filed: bool = False) -> None:
    """Count, date and preview a message in its conversation; a ``filed`` one (history) waits for nobody."""
    conversation = thread.conversation
    thread.touched = True
    conversation.updated_at = now
    if message.kind == "system":
        if conversation.last_message is not None:
            return
    elif not filed:
        _count(conversation, message)
        if message.external and conversation.control == "bot":
            conversation.control = "human"  # somebody answers on the phone
    if conversation.last_message is None or message.sent_at >= conversation.last_message_at:
        conversation.last_message = preview_json(message)
        conversation.last_message_at = message.sent_at


def _count(conversation: Conversation, message: Message) -> None:
    waiting = conversation.waiting_since
    if message.direction == "in":
        conversation.unread_count += 1
        conversation.waiting_since = message.sent_at if waiting is None else min(waiting, message.sent_at)
    elif waiting is not None and message.sent_at >= waiting:
        conversation.waiting_since = None
