"""Fan-out: one thread of a web process reads the log and gives each socket what it may see.

A position published on Redis wakes it; without Redis it looks once a second. What is not in the
log (typing, viewing) comes through Redis itself (``signals``) and is lost where Redis is.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Flask
from redis import RedisError
from redis.client import PubSub
from sqlalchemy import select, text

from ramal.database.base import utcnow
from ramal.database.session import db
from ramal.events.attempt import own_session
from ramal.events.connection import redis_link
from ramal.events.envelope import Shown, envelope, shown_types
from ramal.events.frames import GOING_AWAY, POLICY_VIOLATION, text_frame
from ramal.events.models import Event
from ramal.events.subscriber import Subscriber
from ramal.http.principal import Principal

log = logging.getLogger(__name__)

#: Seconds between two looks without a ring.
POLL = 1.0
#: Events read at once.
BATCH = 500
#: Seconds between two checks of everybody's login.
RECHECK = 30.0
#: More missed events than this are not replayed: the client reloads.
REPLAY_LIMIT = 500
#: Nor is a stretch of the log longer than this searched for them.
REPLAY_STRETCH = 100_000

COLUMNS = (
    Event.position,
    Event.type,
    Event.organization_id,
    Event.conversation_id,
    Event.data,
    Event.created_at,
)
#: Answers the principals, as they are now, of those subscribers whose login still counts.
Authority = Callable[[Sequence[Subscriber]], dict[str, Principal]]


class Hub:
    """All sockets of a process. Lives in ``app.extensions["ramal.hub"]``; its thread starts with the first."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._members: dict[uuid.UUID, set[Subscriber]] = {}
        self._visitors: dict[tuple[uuid.UUID, uuid.UUID], set[Subscriber]] = {}
        self._thread: threading.Thread | None = None
        self._next_recheck = 0.0
        self._recheck_users: set[str] = set()
        self._closed = False
        self.position = 0
        #: Set by the area that knows logins; without it nobody's is checked again.
        self.authority: Authority | None = None
        #: Whether the process is about to end (gunicorn's worker says so).
        self.stopping: Callable[[], bool] = lambda: False

    # --- sockets --------------------------------------------------------------------------------

    def register(self, subscriber: Subscriber, last: int | None) -> int:
        """From now on the socket gets events. Answers the position up to which it must read itself.

        ``last`` is the newest position its client saw, maybe through a process ahead of this one.
        """
        with self._lock:
            if (not self._members and not self._visitors) or (last or 0) > self.position:
                # A hub without sockets does not read: it goes on from where the log is now.
                newest = self._newest()
                if not self._members and not self._visitors:
                    self.position = newest
                self._start()
            else:
                newest = self.position
            group = self._group(subscriber)
            group.add(subscriber)
            return max(self.position, min(last or 0, newest))

    def unregister(self, subscriber: Subscriber) -> None:
        """The socket is gone."""
        with self._lock:
            group = self._group(subscriber)
            group.discard(subscriber)
            if not group:
                self._members = {key: found for key, found in self._members.items() if found}
                self._visitors = {key: found for key, found in self._visitors.items() if found}

    def close(self) -> None:
        """End the thread, and with it all news."""
        self._closed = True
        if self._thread is not None:
            self._thread.join()

    def subscribers(self) -> list[Subscriber]:
        """All of them."""
        with self._lock:
            groups: Iterable[set[Subscriber]] = (*self._members.values(), *self._visitors.values())
            return [one for group in groups for one in group]

    def _group(self, subscriber: Subscriber) -> set[Subscriber]:
        organization_id = subscriber.principal.organization_id
        assert organization_id is not None
        if subscriber.conversation_id is None:
            return self._members.setdefault(organization_id, set())
        return self._visitors.setdefault((organization_id, subscriber.conversation_id), set())

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ramal-hub", daemon=True)
            self._thread.start()

    # --- the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        subscription: PubSub | None = None
        self._next_recheck = time.monotonic() + RECHECK
        while not self._closed:
            try:
                with self._app.app_context():
                    subscription = self._listen(subscription)
                    self._read()
                    self._look_after()
            except Exception:
                log.exception("the hub's round failed")
                time.sleep(POLL)

    def _listen(self, subscription: PubSub | None) -> PubSub | None:
        """Wait for news, at most a second; signals are passed on at once."""
        link = redis_link()
        client = link.usable()
        if client is None:
            time.sleep(POLL)
            return None
        try:
            if subscription is None:
                subscription = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                subscription.subscribe(link.key("position"), link.key("signals"))
                return subscription
            message = subscription.get_message(timeout=POLL)
            while message is not None:
                if message["channel"] == link.key("signals").encode():
                    self._signal(json.loads(message["data"]))
                message = subscription.get_message(timeout=0)
        except (RedisError, OSError, ValueError) as error:
            log.info("the hub polls: Redis does not answer (%s)", error)
            link.failed()
            if subscription is not None:
                with contextlib.suppress(RedisError, OSError):
                    subscription.close()
            return None
        return subscription

    def _read(self) -> None:
        """Read and fan out everything after :attr:`position`."""
        with self._lock:
            organizations = {*self._members, *(key[0] for key in self._visitors)}
        if not organizations:
            return
        newest = self._newest()
        while self.position < newest:
            rows = self._rows(self.position, newest, organizations)
            with self._lock:
                for row in rows:
                    self._fan_out_safely(row)
                self.position = rows[-1].position if len(rows) == BATCH else newest

    def _newest(self) -> int:
        with self._app.app_context(), _reading() as connection:
            return int(connection.execute(text("select coalesce(max(position), 0) from event")).scalar_one())

    def _rows(self, after: int, until: int, organizations: set[uuid.UUID]) -> Sequence[Any]:
        query = (
            select(*COLUMNS)
            .where(
                Event.position > after,
                Event.position <= until,
                Event.organization_id.in_(organizations),
                Event.type.in_(shown_types()),
            )
            .order_by(Event.position)
            .limit(BATCH)
        )
        with _reading() as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        return rows

    def _fan_out_safely(self, row: Any) -> None:
        try:
            self._fan_out(row)
        except Exception:
            log.exception("event %s can't be shown", row.position)

    def _fan_out(self, row: Any) -> None:
        shown = Shown(row)
        for member in self._members.get(row.organization_id, ()):
            if shown.type.shown_to(member.principal, shown.data):
                member.push(shown.for_member())
        visitors = self._visitors.get((row.organization_id, row.conversation_id), ())
        frame = shown.for_visitor() if visitors else None
        if frame is not None:
            for visitor in visitors:
                visitor.push(frame)

    def _signal(self, signal: dict[str, Any]) -> None:
        """Pass on what is not in the log; see ``signals`` for its form."""
        if signal["type"] == "recheck":
            self._recheck_users.add(signal["user_id"])
            return
        organization_id = uuid.UUID(signal["organization"])
        frame = text_frame(envelope(signal["type"], organization_id, signal["data"], id=None, at=utcnow()))
        with self._lock:
            for member in self._members.get(organization_id, ()):
                if member.principal.can("conversation.read") and str(member.principal.user_id) != signal["from"]:
                    member.push(frame)
            if signal["visitor"]:
                key = (organization_id, uuid.UUID(signal["data"]["conversation_id"]))
                for visitor in self._visitors.get(key, ()):
                    visitor.push(frame)

    # --- looking after sockets ------------------------------------------------------------------

    def _look_after(self) -> None:
        if self.stopping():
            for one in self.subscribers():
                one.close(GOING_AWAY, "restarting")
        now = time.monotonic()
        for one in self.subscribers():
            if one.cut_at is not None and one.cut_at < now:
                one.cut()
        if now >= self._next_recheck:
            self._next_recheck = now + RECHECK
            self._recheck([one for one in self.subscribers() if one.conversation_id is None])
        elif self._recheck_users:
            users, self._recheck_users = self._recheck_users, set()
            self._recheck([one for one in self.subscribers() if str(one.principal.user_id) in users])

    def _recheck(self, subscribers: Sequence[Subscriber]) -> None:
        """Cut off whoever may no longer look; what the others may see is what their role says now."""
        if self.authority is None or not subscribers:
            return
        valid = self.authority(subscribers)
        for one in subscribers:
            if one.id in valid:
                one.principal = valid[one.id]
            else:
                one.close(POLICY_VIOLATION, "logged out")


def _reading() -> Any:
    """The system role, one statement at a time: no round trips for a transaction's two ends."""
    return db.engines["system"].connect().execution_options(isolation_level="AUTOCOMMIT")


def missed(organization_id: uuid.UUID, conversation_id: uuid.UUID | None, last: int, until: int) -> list[Shown] | None:
    """What a socket's client missed after ``last``; None if that is too much to replay.

    Reads as the app role, in the organization's own transaction.
    """
    if until - last > REPLAY_STRETCH:
        return None
    with own_session(organization_id):
        query = (
            db.select(*COLUMNS)
            .where(Event.position > last, Event.position <= until, Event.type.in_(shown_types()))
            .order_by(Event.position)
            .limit(REPLAY_LIMIT + 1)
        )
        if conversation_id is not None:
            query = query.where(Event.conversation_id == conversation_id)
        rows = db.session.execute(query).all()
    return None if len(rows) > REPLAY_LIMIT else [Shown(row) for row in rows]


def hub_of(app: Flask) -> Hub:
    """The hub of an application."""
    found = app.extensions["ramal.hub"]
    assert isinstance(found, Hub)
    return found
