"""One connected channel with its simulator, as the suite drives and looks at it."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from sqlalchemy import Select, select, text, update

from ramal.channels.base import Channel, ChannelContext
from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel, InboundDelivery, InboundItem
from ramal.channels.registry import channel_of_kind
from ramal.channels.services import connect_channel
from ramal.contacts.models import ChannelParty
from ramal.database.base import new_id
from ramal.database.session import db, transaction
from ramal.events.jobs import run_job
from ramal.events.models import Event, Job
from ramal.inbox.models import Attachment, Conversation, Message, OutboxItem
from ramal.inbox.services import edit_message, react, revoke_message, send_message
from ramal.pipeline.inbound import drain_once
from ramal.pipeline.ingress.services import ingest
from ramal.pipeline.outbound import Sender
from ramal.testing.channel_contract.simulator import ChannelSimulator, Item

_Row = TypeVar("_Row")
ChangeKind = Literal["reaction", "edit", "revoke"]
#: What the suite's changes say.
CHANGED_WORDS: Mapping[ChangeKind, str | None] = {"reaction": "👍", "edit": "our better answer", "revoke": None}
_PATIENCE = 60.0
#: The suite's stories begin an hour ago, on a whole second: nothing of them lies in the future.
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def at(seconds: int) -> datetime:
    """A moment of the story."""
    return START + timedelta(seconds=seconds)


class Account:
    """A channel connected to a simulator of its own."""

    def __init__(self, simulator: ChannelSimulator, name: str) -> None:
        self.simulator = simulator
        self.channel = connect_channel(simulator.kind, name, simulator.settings())
        simulator.connected(self.channel.id)

    @property
    def code(self) -> Channel:
        """The channel's code."""
        return channel_of_kind(self.simulator.kind)

    @property
    def context(self) -> ChannelContext:
        """The channel's context."""
        return context_for(self.channel)

    # --- doing ------------------------------------------------------------------------------------

    def deliver(self, *items: Item) -> None:
        """One delivery with these items, processed."""
        self.post(items)
        self.drain()

    def post(self, items: Sequence[Item]) -> None:
        """One delivery, into the journal; never taken for a repetition of another one."""
        body = self.simulator.delivery(items)
        ingest(self.channel.id, body, new_id().hex, self.simulator.headers(body) or {})

    def drain(self) -> None:
        """Process the journal."""
        end = time.monotonic() + _PATIENCE
        while drain_once():
            assert time.monotonic() < end, "the journal does not empty"

    def scatter(self, items: Sequence[Item], seed: int) -> None:
        """The items in another order, some twice, split and merged into deliveries by chance."""
        chance = random.Random(seed)  # noqa: S311
        mixed = [*items, *chance.sample(list(items), k=len(items) // 2)]
        chance.shuffle(mixed)
        while mixed:
            size = chance.randint(1, max(1, len(items) // 2))
            self.post(mixed[:size])
            mixed = mixed[size:]
            if chance.random() < 0.5:
                self.drain()
        self.drain()

    def send(self, conversation_id: uuid.UUID, body: str) -> Message:
        """Queue a message and let the sender work; the message as it is then."""
        queued = send_message(conversation_id, client_id=new_id(), body=body)
        self.run_sender()
        return self.message(queued.id)

    def able_to_change(self) -> list[ChangeKind]:
        """The changes that the connected channel's capabilities promise."""
        able = self.code.capabilities_of(self.channel.settings or {})
        promised: dict[ChangeKind, bool] = {"reaction": able.reactions, "edit": able.edit, "revoke": able.revoke}
        return [kind for kind, can in promised.items() if can]

    def change(self, kind: ChangeKind, message_id: uuid.UUID, emoji: str | None = "👍") -> None:
        """Queue a change to a message and let the sender work."""
        if kind == "reaction":
            react(message_id, emoji)
        elif kind == "edit":
            edit_message(message_id, CHANGED_WORDS["edit"] or "")
        else:
            revoke_message(message_id)
        self.run_sender()

    def run_sender(self) -> None:
        """Send until there is nothing to do for now."""
        sender = Sender(threads=2)
        end = time.monotonic() + _PATIENCE
        try:
            while sender.run_once():
                assert time.monotonic() < end, "the sender does not come to rest"
        finally:
            sender.close()

    def fetch_files(self) -> None:
        """Run the waiting downloads now, whenever they were to run."""
        with transaction() as session:
            session.execute(update(Job).where(Job.status == "queued").values(run_at=datetime.now(UTC)))
        jobs = db.session.scalars(select(Job.id).where(Job.name == "fetch_media", Job.status == "queued")).all()
        db.session.rollback()
        for job_id in jobs:
            run_job(job_id)

    def replay(self) -> None:
        """Everything that was ever received, once more."""
        with transaction() as session:
            session.execute(
                update(InboundDelivery)
                .where(InboundDelivery.channel_id == self.channel.id)
                .values(status="pending", position=0)
            )
        self.drain()

    # --- looking ----------------------------------------------------------------------------------

    def message(self, id_: uuid.UUID) -> Message:
        """A message as it is stored now."""
        (found,) = self._fresh(select(Message).where(Message.id == id_))
        return found

    def messages(self) -> list[Message]:
        """The channel's messages in the order of their threads."""
        query = select(Message).where(Message.channel_id == self.channel.id)
        return self._fresh(query.order_by(Message.sent_at, Message.seq))

    def conversations(self) -> list[Conversation]:
        """The channel's conversations."""
        return self._fresh(select(Conversation).where(Conversation.channel_id == self.channel.id))

    def attachments(self) -> list[Attachment]:
        """The files of the channel's messages."""
        query = select(Attachment).join(Message, Message.id == Attachment.message_id)
        return self._fresh(query.where(Message.channel_id == self.channel.id))

    def unprocessed(self) -> list[str | None]:
        """Why things did not get in: the sentences of what is parked or waiting."""
        parked = select(InboundDelivery).where(
            InboundDelivery.channel_id == self.channel.id, InboundDelivery.status == "parked"
        )
        stuck = select(InboundItem).where(
            InboundItem.channel_id == self.channel.id, InboundItem.status.in_(("waiting", "parked"))
        )
        return [*(row.error for row in self._fresh(parked)), *(row.error for row in self._fresh(stuck))]

    def outbox(self) -> list[OutboxItem]:
        """What the channel's queue holds and held."""
        query = select(OutboxItem).where(OutboxItem.channel_id == self.channel.id)
        return self._fresh(query.order_by(OutboxItem.seq))

    def close_window(self) -> None:
        """As if everybody had last written long ago."""
        with transaction() as session:
            long_ago = datetime.now(UTC) - timedelta(days=30)
            session.execute(
                update(ChannelParty)
                .where(ChannelParty.channel_id == self.channel.id)
                .values(window_opened_at=long_ago, last_inbound_at=long_ago)
            )

    def connected(self) -> ConnectedChannel:
        """The channel's row as it is now."""
        (found,) = self._fresh(select(ConnectedChannel).where(ConnectedChannel.id == self.channel.id))
        return found

    def state(self) -> dict[str, Any]:
        """What a person would see, without ids: comparable between two accounts."""
        words = {message.id: message.provider_id for message in self.messages()}
        return {
            "messages": [_seen(message, words) for message in self.messages()],
            "conversations": sorted(
                (c.status, c.unread_count, c.last_message_at, (c.last_message or {}).get("body"))
                for c in self.conversations()
            ),
            "told": self._told(),
            "unprocessed": self.unprocessed(),
        }

    def _told(self) -> int:
        """How often a message of this channel was announced."""
        query = (
            select(Event.id)
            .where(Event.type == "message.created")
            .where(text("data->'message'->>'channel_id' = :channel").bindparams(channel=str(self.channel.id)))
        )
        found = len(db.session.scalars(query).all())
        db.session.rollback()
        return found

    def _fresh(self, query: Select[_Row]) -> list[_Row]:
        db.session.rollback()
        rows = list(db.session.scalars(query.execution_options(populate_existing=True)))
        db.session.rollback()
        return rows


def _seen(message: Message, words: dict[uuid.UUID, str | None]) -> dict[str, Any]:
    return {
        "provider_id": message.provider_id,
        "direction": message.direction,
        "kind": message.kind,
        "body": message.body,
        "status": message.status,
        "sent_at": message.sent_at,
        "edited_at": message.edited_at,
        "revoked_at": message.revoked_at,
        "reply_to": words.get(message.reply_to_id) if message.reply_to_id else None,
        "reactions": [(reaction["emoji"], reaction["by"]) for reaction in message.reactions],
    }
