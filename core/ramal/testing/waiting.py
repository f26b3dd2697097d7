"""Waiting for a condition instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_Answer = TypeVar("_Answer")


def wait_for(
    condition: Callable[[], _Answer], what: str | Callable[[], str] = "", *, timeout: float = 60.0, pause: float = 0.05
) -> _Answer:
    """Ask ``condition`` every ``pause`` seconds until its answer is true, and return that answer.

    Raises AssertionError after ``timeout`` seconds, with ``what`` (a sentence, or a function that
    tells how things stand) and the last answer. An exception of ``condition`` is not caught.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            told = what() if callable(what) else what
            raise AssertionError(f"waited {timeout:g} s for {told or condition}; last answer: {answer!r}")
        time.sleep(pause)
