"""The loop that empties the outbox: one item in flight per party, in order, as fast as allowed.

The calling thread talks to PostgreSQL; a pool of threads talks to providers and holds no database
session while it does.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import groupby

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ramal.channels.base import Channel
from ramal.channels.models import ConnectedChannel
from ramal.channels.types import FailureClass, SendFailure, SendResult, Status
from ramal.database.session import db, transaction, use_organization
from ramal.http.locale import speak_for
from ramal.i18n import gettext as _
from ramal.pipeline.inbound.batch import Batch
from ramal.pipeline.outbound import outcomes
from ramal.pipeline.outbound.flights import Flight, Grounded, claim, mark_written, renew
from ramal.pipeline.outbound.heads import Head, find_heads, find_stranded
from ramal.pipeline.outbound.limits import Bucket, Buckets
from ramal.pipeline.outbound.outcomes import Outcome
from ramal.pipeline.targets import target_of
from ramal.plugins.gate import plugin_active

log = structlog.get_logger(__name__)

#: Seconds: how long a round waits for an answer, or a token, before it looks for new work.
_PATIENCE = 0.05
#: Seconds between looks for stranded items, and between renewals of claims.
_RESCUE_EVERY, _RENEW_EVERY = 5.0, 10.0

_MAX_PROVIDER_ID = 300

Place = tuple[uuid.UUID, uuid.UUID]


class Sender:
    """One process's share of the outbox. Not to be shared between threads."""

    def __init__(self, threads: int = 32) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._room = threads
        self._buckets = Buckets()
        self._flying: dict[Future[Outcome], Flight] = {}
        #: Outcomes not written down yet: PostgreSQL was away.
        self._landed: list[tuple[Place, Outcome]] = []
        self._rescued_at = self._renewed_at = float("-inf")

    def run_once(self) -> int:
        """Record what came back, send what may go. 0 when there is nothing to do for now."""
        busy = self._land() + self._rescue()
        self._renew()
        started, pause = self._take_off()
        if not busy and not started:
            self._linger(pause)
        return busy + started + len(self._flying) + (1 if 0 < pause < 1 else 0)

    def close(self) -> None:
        """Wait for what is in flight and record it; take nothing new."""
        self._pool.shutdown(wait=True)
        self._land()

    # --- taking off -----------------------------------------------------------------------------

    def _take_off(self) -> tuple[int, float]:
        """Claim and start items. How many, and the seconds until the next token (0: none is waited for)."""
        room = self._room - len(self._flying)
        if room <= 0:
            return 0, 0.0
        heads = find_heads([flight.item_id for flight in self._flying.values()])
        allowed, pause = self._within_limits(heads, room)
        started = 0
        for organization_id, group in groupby(sorted(allowed, key=_organization), key=_organization):
            with _session_of(organization_id):
                for landing in claim([head.id for head in group]):
                    started += self._start(landing)
        return started, pause

    def _within_limits(self, heads: Iterable[Head], room: int) -> tuple[list[Head], float]:
        allowed: list[Head] = []
        empty: dict[str, float] = {}
        for head in heads:
            if len(allowed) == room:
                break
            if not plugin_active(head.organization_id, head.plugin):
                continue
            buckets = _buckets(head)
            if any(bucket.name in empty for bucket in buckets):
                continue
            lack = self._buckets.take(buckets)
            if lack is None:
                allowed.append(head)
            else:
                empty[lack.bucket.name] = lack.seconds
        return allowed, min(empty.values(), default=0.0)

    def _start(self, landing: Flight | Grounded) -> int:
        place = (landing.organization_id, landing.channel_id)
        if isinstance(landing, Grounded):
            self._landed.append((place, Outcome(landing.item_id, failure=landing.failure, delay=landing.delay)))
            return 1
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        self._flying[self._pool.submit(_fly, app, landing)] = landing
        return 1

    # --- landing --------------------------------------------------------------------------------

    def _land(self) -> int:
        """Write down what came back. How many."""
        for future in [future for future in self._flying if future.done()]:
            flight = self._flying.pop(future)
            self._landed.append(((flight.organization_id, flight.channel_id), future.result()))
        waiting, self._landed = self._landed, []
        for place, group in groupby(sorted(waiting, key=_place), key=_place):
            self._record(place, [outcome for _, outcome in group])
        return len(waiting) - len(self._landed)

    def _record(self, place: Place, landed: list[Outcome]) -> None:
        """Write outcomes of one channel down, or keep them for later while PostgreSQL is away.

        One that can't be written at all takes no other along: its lease runs out, and `_rescue` shows the
        message as of unknown outcome.
        """
        try:
            with _batch_of(place) as batch:
                outcomes.record(batch, landed)
        except Exception as error:
            if _away(error):
                log.warning("outbound.record_failed", channel=str(place[1]), exc_info=True)
                self._landed += [(place, outcome) for outcome in landed]
            elif len(landed) > 1:
                for outcome in landed:
                    self._record(place, [outcome])
            else:
                log.exception("outbound.record_impossible", channel=str(place[1]), item=str(landed[0].item_id))

    def _rescue(self) -> int:
        now = time.monotonic()
        if now - self._rescued_at < _RESCUE_EVERY:
            return 0
        self._rescued_at = now
        stranded = find_stranded()
        for place, ids in stranded.items():
            self._rescue_some(place, ids)
        return sum(map(len, stranded.values()))

    def _rescue_some(self, place: Place, ids: list[uuid.UUID]) -> None:
        try:
            with _batch_of(place) as batch:
                outcomes.rescue(batch, ids)
        except Exception as error:
            if _away(error):
                raise
            if len(ids) > 1:
                for id_ in ids:
                    self._rescue_some(place, [id_])
            else:
                log.exception("outbound.rescue_impossible", channel=str(place[1]), item=str(ids[0]))

    def _renew(self) -> None:
        now = time.monotonic()
        if not self._flying:
            self._renewed_at = now
        if now - self._renewed_at < _RENEW_EVERY:
            return
        self._renewed_at = now
        for organization_id, group in groupby(sorted(self._flying.values(), key=_organization), key=_organization):
            with _session_of(organization_id):
                renew([flight.item_id for flight in group])

    def _linger(self, pause: float) -> None:
        """Nothing to do this moment: wait a little for an answer, or for the next token."""
        patience = min(pause, _PATIENCE) if pause > 0 else _PATIENCE
        if self._flying:
            wait(self._flying, timeout=patience, return_when=FIRST_COMPLETED)
        elif 0 < pause < 1:
            time.sleep(patience)


def _fly(app: Flask, flight: Flight) -> Outcome:
    """In a pool thread: hand one item to its channel. Never raises."""
    with app.app_context():
        # What the channel says of a failure is stored with the message.
        speak_for(flight.organization_id)
        try:
            use_organization(flight.organization_id)
            if not mark_written(flight.item_id):
                return Outcome(flight.item_id)
        except Exception:
            log.warning("outbound.not_written", item=str(flight.item_id), exc_info=True)
            return Outcome(flight.item_id)
        finally:
            db.session.remove()
        return _hand_over(flight)


def _hand_over(flight: Flight) -> Outcome:
    try:
        if flight.receipt is not None:
            flight.code.send_receipt(flight.receipt, flight.context)
            return Outcome(flight.item_id, result=SendResult(None))
        if flight.change is not None:
            flight.code.send_change(flight.change, flight.context)
            return Outcome(flight.item_id, result=SendResult(None))
        assert flight.outbound is not None
        result = flight.code.send(flight.outbound, flight.context)
    except Exception as error:
        log.info("outbound.send_failed", item=str(flight.item_id), error=repr(error))
        return Outcome(flight.item_id, failure=_classified(flight, error))
    except SystemExit as error:  # it would reach the sender by way of the future, and end the worker
        log.exception("outbound.send_exited", item=str(flight.item_id))
        return Outcome(flight.item_id, failure=Channel.classify(flight.code, RuntimeError(repr(error))))
    if _makes_sense(result):
        return Outcome(flight.item_id, result=result)
    log.error("outbound.nonsense", item=str(flight.item_id), answer=type(result).__name__)
    # It was handed over: an answer that says nothing must not lead to a second one.
    return Outcome(flight.item_id, failure=Channel.classify(flight.code, TypeError(_("The channel gave no answer."))))


def _away(error: Exception) -> bool:
    """Whether PostgreSQL is away or busy, so that the same will work later."""
    return isinstance(error, (OperationalError, InterfaceError)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _makes_sense(result: object) -> bool:
    if not isinstance(result, SendResult):
        return False
    given: object = result.provider_id
    known: object = result.status
    named = given is None or (isinstance(given, str) and 0 < len(given) <= _MAX_PROVIDER_ID and "\0" not in given)
    return named and isinstance(known, Status)


def _classified(flight: Flight, error: Exception) -> SendFailure:
    """The channel's word on what went wrong; where that fails too, nobody knows what happened."""
    try:
        failure: object = flight.code.classify(error)
    except Exception:
        log.exception("outbound.classify_failed", item=str(flight.item_id))
        failure = None
    class_: object = failure.failure if isinstance(failure, SendFailure) else None
    if isinstance(failure, SendFailure) and isinstance(class_, FailureClass):
        return failure
    return Channel.classify(flight.code, error)


def _buckets(head: Head) -> list[Bucket]:
    """The channel's bucket, and but for read receipts the recipient's; none for a channel that is not usable."""
    target = target_of(head.channel_id)
    if target is None:
        return []
    limit = target.code.rate_limit(target.context)
    found = [Bucket.of(f"channel:{head.channel_id}", limit)] if limit else []
    limit = target.code.recipient_rate_limit(target.context) if head.kind != "read" else None
    return [*found, Bucket.of(f"party:{head.party_id}", limit)] if limit else found


@contextmanager
def _session_of(organization_id: uuid.UUID) -> Iterator[None]:
    """A session of its own for one organization."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    with app.app_context():
        use_organization(organization_id)
        speak_for(organization_id)
        yield


@contextmanager
def _batch_of(place: Place) -> Iterator[Batch]:
    """A transaction about one channel."""
    organization_id, channel_id = place
    with _session_of(organization_id), transaction() as session:
        channel = session.get_one(ConnectedChannel, channel_id)
        yield Batch(session=session, channel=channel)


def _organization(of: Head | Flight | Grounded) -> uuid.UUID:
    return of.organization_id


def _place(landed: tuple[Place, Outcome]) -> Place:
    return landed[0]
