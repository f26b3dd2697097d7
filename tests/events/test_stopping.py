"""A child that waits stops at once; one that works, after its work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from ramal.pipeline.worker.loop import work
from ramal.pipeline.worker.stopping import Stopping


@pytest.fixture
def stopping() -> Iterator[Stopping]:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    found = Stopping()
    found.listen()
    yield found
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGINT, before[1])


def stop_me() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_wait_is_broken_off(stopping: Stopping) -> None:
    begin = time.monotonic()
    signal.signal(signal.SIGALRM, lambda *_: stop_me())
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    stopping.sleep(30)
    assert stopping.asked
    stopping.sleep(30)
    assert time.monotonic() - begin < 10


def test_work_is_finished(app: Flask, stopping: Stopping) -> None:
    done = []

    def step() -> int:
        stop_me()
        done.append(True)
        return 1

    work(app, stopping, ("journal",), step)
    assert done == [True]


def test_a_round_that_fails_is_tried_again(app: Flask, stopping: Stopping) -> None:
    rounds: list[int] = []

    def step() -> int:
        rounds.append(1)
        if len(rounds) < 3:
            raise ConnectionError("gone")
        stop_me()
        return 0

    work(app, stopping, ("journal",), step)
    assert len(rounds) == 3
