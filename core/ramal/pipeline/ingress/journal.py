"""Writing the journal: waiting requests share one INSERT, and each is answered after its commit.

Whoever comes while nobody writes becomes the writer: it takes all that wait, writes and commits,
then hands over to the next who waits. That works the same with threads and with greenlets, needs
no thread of its own, and adds no delay when it is quiet.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from flask import Flask, current_app
from sqlalchemy import Engine

from ramal.database.base import new_id
from ramal.database.session import db
from ramal.errors import Unavailable
from ramal.events import doorbell
from ramal.i18n import gettext as _

#: Rows, and bytes of raw bodies, in one INSERT.
MAX_ROWS, MAX_BYTES = 64, 8 * 1024 * 1024
_DEADLOCK = "40P01"
_COLUMNS = "(id, organization_id, channel_id, key, headers, raw)"
_ROW = "(%s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One raw delivery to one channel. ``key`` makes it unique there."""

    organization_id: uuid.UUID
    channel_id: uuid.UUID
    key: str
    raw: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class _Ticket:
    """A request that waits for its rows to be committed."""

    __slots__ = ("done", "error", "leads", "new", "rows", "size")

    def __init__(self, rows: Sequence[JournalRow]) -> None:
        self.rows = rows
        self.size = sum(len(row.raw) for row in rows)
        self.done = threading.Event()
        self.leads = False
        self.error: BaseException | None = None
        self.new = 0


class JournalWriter:
    """The journal of one process. Lives in ``app.extensions``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._writing = False
        self._connection: Any = None

    def write(self, rows: Sequence[JournalRow]) -> bool:
        """Commit the rows; those whose key the journal has already are left out.

        True for one of the requests that shared the INSERT if any of its rows was new: that one
        rings. Raises Unavailable if the database can't take them now.
        """
        if not rows:
            return False
        ticket = _Ticket(rows)
        try:
            self._queue_up(ticket)
        except BaseException:
            self._abandon(ticket)  # the request was killed: a timeout of the server's, a worker that ends
            raise
        if ticket.error is not None:
            raise Unavailable(_("The delivery could not be stored; send it again.")) from ticket.error
        return ticket.new > 0

    def _queue_up(self, ticket: _Ticket) -> None:
        with self._lock:
            self._waiting.append(ticket)
            ticket.leads = not self._writing
            self._writing = True
        if not ticket.leads:
            ticket.done.wait()
        if ticket.leads:
            self._lead()

    def _abandon(self, ticket: _Ticket) -> None:
        """Nobody waits for it any more: it must not be written, nor be the one that others wait for."""
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            appointed, ticket.leads = ticket.leads, False
        if appointed:
            self._hand_over()

    def _lead(self) -> None:
        """Write what waits, the leader's own ticket first in line, then hand over."""
        batch: list[_Ticket] = []
        try:
            batch = self._take()
            new = self._store([row for ticket in batch for row in ticket.rows])
            batch[0].new = new  # the leader's own: one ring for all
        except BaseException as error:
            # Whatever it was (a timeout of the server's, a value the driver refuses): nobody's rows are stored.
            for ticket in batch:
                ticket.error = error
            if not isinstance(error, psycopg2.Error):
                self._connection = None  # it may be in the middle of something
                raise
        finally:
            self._hand_over()
            for ticket in batch:
                ticket.leads = False
                ticket.done.set()

    def _take(self) -> list[_Ticket]:
        with self._lock:
            count = size = rows = 0
            for ticket in self._waiting:
                size += ticket.size
                rows += len(ticket.rows)
                if count and (size > MAX_BYTES or rows > MAX_ROWS):
                    break
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            return batch

    def _hand_over(self) -> None:
        with self._lock:
            if not self._waiting:
                self._writing = False
                return
            heir = self._waiting[0]
            heir.leads = True
        heir.done.set()

    def _store(self, rows: Sequence[JournalRow]) -> int:
        try:
            return self._insert(rows)
        except psycopg2.Error as error:
            if not self._worth_repeating(error):
                raise
        self._insert(rows)
        return len(rows)

    def _insert(self, rows: Sequence[JournalRow]) -> int:
        """Insert and commit in one round trip. Only the leader comes here, so one connection is enough."""
        if self._connection is None:
            self._connection = self._connect()
        with self._connection.cursor() as cursor:
            cursor.execute(*_statement(rows))
            return int(cursor.rowcount)

    def _connect(self) -> Any:
        """A bare driver connection, kept open: this path must cost little more than the INSERT itself."""
        url = self._engine.url
        arguments, options = self._engine.dialect.create_connect_args(url)
        connection = psycopg2.connect(*arguments, **options)
        connection.autocommit = True
        return connection

    def _worth_repeating(self, error: psycopg2.Error) -> bool:
        """The connection had died while idle, or two processes took the same keys in other orders.

        What did get in is a conflict the second time.
        """
        if self._connection is not None and self._connection.closed:
            self._connection = None
            return True
        return error.pgcode == _DEADLOCK


def _statement(rows: Sequence[JournalRow]) -> tuple[str, list[object]]:
    values = ", ".join([_ROW] * len(rows))
    parameters: list[object] = []
    for row in rows:
        headers = json.dumps(dict(row.headers)) if row.headers else "{}"
        parameters += (str(new_id()), str(row.organization_id), str(row.channel_id), row.key, headers, row.raw)
    statement = f"INSERT INTO inbound_delivery {_COLUMNS} VALUES {values} ON CONFLICT (channel_id, key) DO NOTHING"  # noqa: S608
    return statement, parameters


def write_journal(rows: Sequence[JournalRow]) -> None:
    """Commit deliveries to the journal, and ring if any is new."""
    if _writer().write(rows):
        doorbell.ring("journal")


def init_app(app: Flask) -> None:
    """Give the application its writer, made at the first delivery: after a server has forked."""
    app.extensions["ramal.journal"] = None


def _writer() -> JournalWriter:
    writer = current_app.extensions["ramal.journal"]
    if writer is None:
        writer = current_app.extensions["ramal.journal"] = JournalWriter(db.engines["system"])
    assert isinstance(writer, JournalWriter)
    return writer
