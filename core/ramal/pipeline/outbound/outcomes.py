"""What a send came to, written down: the message's status, the queue's next step, what was learned."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, select, update

from ramal.channels.models import ConnectedChannel
from ramal.channels.state import need_attention
from ramal.channels.types import FailureClass, SendFailure, SendResult
from ramal.contacts.parties import learn
from ramal.database.bulk import among, load_plain, update_rows
from ramal.i18n import gettext as _
from ramal.inbox.models import CHANGE_KINDS, Message, MessageStatus, OutboxItem
from ramal.pipeline.inbound import statuses
from ramal.pipeline.inbound.batch import Batch, lock_conversations
from ramal.pipeline.inbound.statuses import Report
from ramal.pipeline.locks import lock_channel_effects
from ramal.pipeline.outbound.changes import SentChanges

MAX_ATTEMPTS = 6
#: How long an unknown outcome holds the party's queue.
HOLD = timedelta(seconds=60)
#: Seconds of pause after a throttle that names none.
THROTTLE_PAUSE = 10.0
_FIRST_DELAY, _LONGEST_DELAY = 2.0, 300.0
#: A recipient who gets too much: 4, 16, 64 … seconds, as the provider asks.
_PAIR_BASE = 4.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one try. Neither result nor failure: it was never handed over, and is tried again in ``delay`` s."""

    item_id: uuid.UUID
    result: SendResult | None = None
    failure: SendFailure | None = None
    delay: float = 0.0


def record(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    """Write outcomes of one channel down, in the caller's transaction."""
    lock_channel_effects(batch.session, batch.channel.id)
    mine = select(OutboxItem.conversation_id).where(among(OutboxItem.id, [each.item_id for each in outcomes]))
    lock_conversations(batch.session, mine)
    items = {
        item.id: item
        for item in load_plain(
            batch.session, OutboxItem, among(OutboxItem.id, [each.item_id for each in outcomes]), lock=True
        )
    }
    ids = {item.message_id for item in items.values() if item.message_id and item.kind != "read"}
    messages = {row.id: row for row in load_plain(batch.session, Message, among(Message.id, ids), lock=True)}
    recorder = _Recorder(batch, messages)
    for outcome in outcomes:
        if outcome.item_id in items:
            recorder.take(items[outcome.item_id], outcome)
    recorder.write()
    batch.write_events()


class _Recorder:
    def __init__(self, batch: Batch, messages: dict[uuid.UUID, Message]) -> None:
        self._batch = batch
        self._messages = messages
        self._reports: dict[uuid.UUID, list[Report]] = {}
        self._changes = SentChanges(batch, messages)
        self._rows: list[dict[str, Any]] = []

    def take(self, item: OutboxItem, outcome: Outcome) -> None:
        """One outcome; what the provider said meanwhile by a status stands above our own guess."""
        settled = item.status not in ("queued", "sending")
        if outcome.result is not None:
            self._accepted(item, outcome.result)
        elif settled:
            return
        elif outcome.failure is None:
            self._again(item, outcome.delay, None, counted=False)
        elif item.kind == "read":
            self._close(item, "done", outcome.failure.message)  # best effort, once
        else:
            _STEPS[outcome.failure.failure](self, item, outcome.failure)

    def write(self) -> None:
        """Store the queue's rows, then the messages that moved or changed."""
        update_rows(self._batch.session, OutboxItem, self._rows)
        moved = {key: self._messages[key] for key in self._reports if key in self._messages}
        statuses.move_on(self._batch, moved, self._reports)
        self._changes.write()

    # --- success --------------------------------------------------------------------------------

    def _accepted(self, item: OutboxItem, result: SendResult) -> None:
        self._close(item, "done", None)
        if item.kind in CHANGE_KINDS:
            self._changes.taken(item)
            return
        message = self._messages.get(item.message_id) if item.message_id else None
        if message is None or item.kind != "message":
            return
        self._report(message.id, result.status.value, None)
        learn(item.party_id, result.aliases, result.address)
        if result.provider_id and message.provider_id is None and self._absorb_echo(message, result.provider_id):
            message.provider_id = result.provider_id
            update_rows(self._batch.session, Message, [{"id": message.id, "provider_id": message.provider_id}])
        self._apply_parked(message)

    def _absorb_echo(self, message: Message, provider_id: str) -> bool:
        """The provider echoed our message before it answered: the echo's row gives way to ours.

        False where the id went to another message of ours, one with the same words.
        """
        session, channel_id = self._batch.session, self._batch.channel.id
        found = session.execute(
            select(Message.id, Message.external).where(
                Message.channel_id == channel_id, Message.provider_id == provider_id, Message.id != message.id
            )
        ).first()
        if found is None or not found.external:
            return found is None
        session.execute(update(MessageStatus).where(MessageStatus.message_id == found.id).values(message_id=None))
        session.execute(delete(Message).where(Message.id == found.id))
        return True

    def _apply_parked(self, message: Message) -> None:
        """Statuses that came before the answer."""
        if message.provider_id is None:
            return
        parked = self._batch.session.scalars(
            select(MessageStatus).where(
                MessageStatus.channel_id == self._batch.channel.id,
                MessageStatus.provider_id == message.provider_id,
                MessageStatus.message_id.is_(None),
            )
        ).all()
        for status in parked:
            status.message_id = message.id
            self._report(message.id, status.status, status.error)

    # --- failure --------------------------------------------------------------------------------

    def transient(self, item: OutboxItem, failure: SendFailure) -> None:
        """Again after a while, a few times."""
        delay = failure.retry_after or min(_FIRST_DELAY * 2 ** (item.attempts - 1), _LONGEST_DELAY)
        self._again_or_fail(item, failure, delay * random.uniform(0.75, 1.25))  # noqa: S311

    def pair(self, item: OutboxItem, failure: SendFailure) -> None:
        """This recipient gets too much: only their queue waits."""
        self._again_or_fail(item, failure, failure.retry_after or _PAIR_BASE**item.attempts)

    def throttle(self, item: OutboxItem, failure: SendFailure) -> None:
        """The whole channel is too fast: it pauses, and the try does not count."""
        pause = timedelta(seconds=failure.retry_after or THROTTLE_PAUSE)
        table = cast(Table, ConnectedChannel.__table__)
        until = self._batch.now + pause
        self._batch.session.execute(
            update(table)
            .where(table.c.id == item.channel_id, (table.c.paused_until.is_(None)) | (table.c.paused_until < until))
            .values(paused_until=until)
        )
        self._again(item, 0.0, failure.message, counted=False)

    def account(self, item: OutboxItem, failure: SendFailure) -> None:
        """Nothing can leave before someone looks: the queue is held, no message fails."""
        need_attention(item.channel_id, failure.message)
        self._again(item, 0.0, failure.message, counted=False)

    def permanent(self, item: OutboxItem, failure: SendFailure) -> None:
        """It will never go; the person reads why in the provider's words."""
        self._close(item, "failed", failure.message)
        if item.kind in CHANGE_KINDS:
            self._changes.lost(item, failure, "change_failed")
            return
        self._report(item.message_id, "failed", _error(failure))

    def unknown(self, item: OutboxItem, failure: SendFailure) -> None:
        """It may have gone out: never repeated by us. After a message, later ones wait a while for news."""
        if item.kind in CHANGE_KINDS:
            self._close(item, "unknown", failure.message)
            self._changes.lost(item, failure, "change_unknown")
            return
        self._close(item, "unknown", failure.message, held_until=self._batch.now + HOLD)
        self._report(item.message_id, "unknown", _error(failure))

    def _again_or_fail(self, item: OutboxItem, failure: SendFailure, delay: float) -> None:
        if item.attempts >= MAX_ATTEMPTS:
            self.permanent(item, failure)
        else:
            self._again(item, delay, failure.message, counted=True)

    # --- rows -----------------------------------------------------------------------------------

    def _again(self, item: OutboxItem, delay: float, error: str | None, *, counted: bool) -> None:
        next_at = self._batch.now + timedelta(seconds=delay) if delay else None
        attempts = item.attempts if counted else max(0, item.attempts - 1)
        self._row(item, "queued", error, attempts=attempts, next_at=next_at)

    def _close(self, item: OutboxItem, status: str, error: str | None, **changes: Any) -> None:
        self._row(item, status, error, done_at=self._batch.now, **changes)

    def _row(self, item: OutboxItem, status: str, error: str | None, **changes: Any) -> None:
        row = {
            "id": item.id,
            "status": status,
            "error": error,
            "attempts": item.attempts,
            "next_at": None,
            "locked_until": None,
            "held_until": None,
            "done_at": None,
        }
        self._rows.append(row | changes)

    def _report(self, message_id: uuid.UUID | None, status: str, error: dict[str, Any] | None) -> None:
        if message_id is not None:
            self._reports.setdefault(message_id, []).append(Report(status, error))


_STEPS = {
    FailureClass.TRANSIENT: _Recorder.transient,
    FailureClass.THROTTLE: _Recorder.throttle,
    FailureClass.PAIR: _Recorder.pair,
    FailureClass.PERMANENT: _Recorder.permanent,
    FailureClass.ACCOUNT: _Recorder.account,
    FailureClass.UNKNOWN: _Recorder.unknown,
}


def _error(failure: SendFailure) -> dict[str, Any]:
    return {"code": failure.code, "message": failure.message, "details": dict(failure.payload)}


def rescue(batch: Batch, ids: Sequence[uuid.UUID]) -> None:
    """Items whose sender is gone, or whose channel was removed.

    Not handed over yet: queued again. Handed over: the outcome is unknown.
    """
    now = batch.now
    removed = batch.channel.deleted_at is not None
    outcomes = []
    for item in load_plain(batch.session, OutboxItem, among(OutboxItem.id, ids), lock=True):
        stale = item.status == "sending" and item.locked_until is not None and item.locked_until < now
        if stale and item.written_at is not None:
            gone = SendFailure(FailureClass.UNKNOWN, _("The connection was lost while the message was being sent."))
            outcomes.append(Outcome(item.id, failure=gone))
        elif stale:
            outcomes.append(Outcome(item.id))
        elif removed and item.status == "queued":
            outcomes.append(
                Outcome(item.id, failure=SendFailure(FailureClass.PERMANENT, _("This channel was removed.")))
            )
    if outcomes:
        record(batch, outcomes)
