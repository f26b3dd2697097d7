"""The doorbell wakes, coalesces, and may break."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import pytest
from flask import Flask

from ramal.app import create_app
from ramal.config import Settings
from ramal.events import doorbell
from ramal.events.connection import make_link, redis_link


def wait_in_thread(app: Flask, topics: tuple[str, ...], timeout: float) -> tuple[threading.Thread, list[float]]:
    """A listener that has subscribed and now waits; its list gets the seconds until it woke."""
    took: list[float] = []
    ready = threading.Event()

    def listen() -> None:
        with app.app_context():
            doorbell.wait(topics, timeout)
            ready.set()
            start = time.monotonic()
            doorbell.wait(topics, timeout)
            took.append(time.monotonic() - start)

    thread = threading.Thread(target=listen)
    thread.start()
    assert ready.wait(10)
    return thread, took


def test_a_ring_wakes_the_listener(app: Flask) -> None:
    thread, took = wait_in_thread(app, ("journal", "events"), 20)
    doorbell.ring("events")
    thread.join(10)
    assert took
    assert took[0] < 5


def test_another_topic_does_not(app: Flask) -> None:
    thread, took = wait_in_thread(app, ("journal",), 0.3)
    doorbell.ring("outbox")
    thread.join(10)
    assert took[0] >= 0.29


def test_rings_are_coalesced_until_somebody_listens(app: Flask) -> None:
    link = redis_link()
    assert link.client is not None
    ear = link.client.pubsub(ignore_subscribe_messages=True)
    ear.subscribe(link.key("bell", "journal"))
    ear.get_message(timeout=5)
    for _ in range(5):
        doorbell.ring("journal")
    assert ear.get_message(timeout=5) is not None
    assert ear.get_message(timeout=0.05) is None
    doorbell.wait(("journal",), 0)
    doorbell.ring("journal")
    assert ear.get_message(timeout=5) is not None, "whoever waited took the key away: this ring is heard"
    ear.close()


def test_a_dead_redis_is_no_error(app: Flask, settings: Settings) -> None:
    dead = create_app(settings.with_(redis_url="redis://127.0.0.1:1"))
    with dead.app_context():
        doorbell.ring("journal")
        doorbell.ring_job(uuid.uuid4())
        start = time.monotonic()
        for _ in range(50):
            doorbell.ring("journal")
        assert time.monotonic() - start < 1
        doorbell.wait(("journal",), 0.01)


def test_without_redis_everything_polls(app: Flask, settings: Settings) -> None:
    alone = create_app(settings.with_(redis_url=""))
    with alone.app_context():
        doorbell.ring("journal")
        doorbell.ring_job(uuid.uuid4())
        doorbell.wait(("journal",), 0.01)


def test_a_listener_survives_a_connection_cut(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = redis_link()
    assert link.client is not None
    doorbell.wait(("journal",), 0)
    link.client.client_kill_filter(_type="pubsub")
    doorbell.wait(("journal",), 0.2)
    link._silent_until = 0.0
    thread, took = wait_in_thread(app, ("journal",), 20)
    doorbell.ring("journal")
    thread.join(10)
    assert took[0] < 5


def test_installations_share_a_redis_without_meeting(settings: Settings) -> None:
    ours, theirs = make_link(settings), make_link(settings.with_(secret_keys=("another",)))
    assert ours.key("position") != theirs.key("position")


def test_a_job_is_queued_once_for_each_attempt(app: Flask) -> None:
    id_ = uuid.uuid4()
    for _ in range(3):
        doorbell.ring_job(id_)
    doorbell.ring_job(id_, 1)
    queue: Any = doorbell.jobs_queue(redis_link())
    assert queue.job_ids == [f"{id_.hex}-0", f"{id_.hex}-1"]
