"""Positions: given after commit, in order, once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

from flask import Flask

from ramal.database.provision import RoleUrls
from ramal.database.session import db, system_transaction, transaction, use_organization
from ramal.events.sequencer import newest_position, sequence
from ramal.events.services import emit_event

from .conftest import rows


def test_an_event_committed_late_comes_later(app: Flask, organization: uuid.UUID, emit: Callable[..., Any]) -> None:
    """Written first, committed last: a reader who resumes by position sees it all the same."""
    written, commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with app.app_context():
            use_organization(organization)
            with transaction():
                emit_event("test.happened", {"number": 0, "conversation": ""})
                db.session.flush()
                written.set()
                assert commit.wait(10)

    thread = threading.Thread(target=slow_writer)
    thread.start()
    assert written.wait(10)
    emit(1)
    assert sequence() == 1
    commit.set()
    thread.join()
    assert sequence() == 1
    ordered = rows("select seq, position, data->>'number' from event order by position")
    assert [row[2] for row in ordered] == ["1", "0"]
    assert ordered[0].seq > ordered[1].seq


def test_sequencers_at_once_give_each_event_one_position(
    app: Flask, organization: uuid.UUID, emit: Callable[..., Any]
) -> None:
    for number in range(30):
        emit(number)
    counts: list[int] = []

    def run() -> None:
        with app.app_context():
            counts.append(sequence())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 30]
    found = rows("select position, (data->>'number')::int from event order by seq")
    assert [row[1] for row in sorted(found)] == list(range(30))


def test_the_newest_position_is_announced_as_a_number(
    app: Flask, organization: uuid.UUID, emit: Callable[..., Any]
) -> None:
    link = app.extensions["ramal.redis"]
    ear = link.client.pubsub(ignore_subscribe_messages=True)
    ear.subscribe(link.key("position"))
    ear.get_message(timeout=5)
    emit(1)
    sequence()
    message = ear.get_message(timeout=5)
    with system_transaction() as session:
        assert int(message["data"]) == newest_position(session) > 0
    ear.close()


def test_an_empty_log_has_position_zero(app: Flask, postgres_urls: RoleUrls) -> None:
    with system_transaction() as session:
        assert newest_position(session) == 0
    assert sequence() == 0
