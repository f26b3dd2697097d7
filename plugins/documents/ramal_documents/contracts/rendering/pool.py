"""The processes that lay out, as the application sees them: started when first needed, replaced when they die."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ramal_documents.contracts import stops
from ramal_documents.contracts.rendering import frames
from ramal_documents.contracts.rendering.frames import Answer
from ramal_documents.contracts.rendering.job import Job, Rendered
from ramal_documents.contracts.rendering.limits import Limits, environment

WARM_UP, GRACE = 60.0, 5.0  # seconds: for loading the engine, and beyond a document's own limit
_PROGRAM = (sys.executable, "-P", "-m", "ramal_documents.contracts.rendering.worker")


class Worker:
    """One process that is warm."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            _PROGRAM,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment(),
            start_new_session=True,
            bufsize=0,
        )
        try:
            answer = Answer.unpacked(self._receive(WARM_UP))
        except frames.TooLate as error:
            self.close()
            raise frames.Gone from error
        if answer.code != "ready":
            self.close()
            raise stops.error(answer.code, answer.detail)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def make(self, job: Job, limits: Limits) -> Answer:
        """What became of the job; `frames.Gone` when the process died over it."""
        assert self._process.stdin
        frames.send(self._process.stdin.fileno(), pickle.dumps((job.sent(), limits)))
        return Answer.unpacked(self._receive(limits.seconds + GRACE))

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()

    def _receive(self, seconds: float) -> bytes:
        assert self._process.stdout
        return frames.receive(self._process.stdout.fileno(), time.monotonic() + seconds)


class Pool:
    """At most `size` documents at a time; the next one waits up to `patience` seconds for its turn.

    Of those who wait, who has the fewest documents under way comes first: nobody keeps all others out.
    """

    def __init__(self, size: int = 2, patience: float = 60.0) -> None:
        self._owner = os.getpid()
        self._patience = patience
        self._changed = threading.Condition()
        self._idle: list[Worker | None] = [None] * size  # the one used last is taken first
        self._busy: Counter[str] = Counter()
        self._waiting: list[_Turn] = []

    def render(self, job: Job, limits: Limits | None = None, *, whose: str = "") -> Rendered:
        """The document; `RenderError` says in a sentence why there is none. `whose` names who shares the places."""
        limits = limits or Limits()
        answer = self._attempt(job, limits, whose) or self._attempt(job, limits, whose) or Answer("crash")
        if answer.code:
            raise stops.error(answer.code, answer.detail, answer.line)
        return Rendered(answer.html.decode(), answer.pdf, answer.pages)

    def warm_up(self) -> None:
        """Start one process now, so that the first document need not wait for it."""
        with self._place() as place:
            place.worker = place.worker or Worker()

    def close(self) -> None:
        """End the processes that are idle."""
        with self._changed:
            idle, self._idle = self._idle, [None] * len(self._idle)
        for worker in filter(None, idle):
            worker.close()

    @property
    def is_ours(self) -> bool:
        """Whether this process made it: after a fork, the pipes belong to the parent."""
        return self._owner == os.getpid()

    def _attempt(self, job: Job, limits: Limits, whose: str) -> Answer | None:
        """Nothing when the worker itself was lost, which says nothing about the job."""
        with self._place(whose) as place:
            try:
                place.worker = place.worker or Worker()
                return place.worker.make(job, limits)
            except frames.TooLate:
                place.lose()
                return Answer("time", f"{limits.seconds:g}")
            except frames.Gone:
                place.lose()
                return None

    @contextmanager
    def _place(self, whose: str = "") -> Iterator[_Place]:
        place = self._taken(whose)
        try:
            yield place
        except BaseException:
            place.lose()  # half an answer may be on its way
            raise
        finally:
            with self._changed:
                self._idle.append(place.worker)
                self._busy -= Counter([whose])
                self._changed.notify_all()

    def _taken(self, whose: str) -> _Place:
        turn = _Turn(whose)
        with self._changed:
            self._waiting.append(turn)
            try:
                if not self._changed.wait_for(lambda: self._idle and self._next() is turn, self._patience):
                    raise stops.error("busy")
                self._busy[whose] += 1
                return _Place(self._idle.pop())
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()

    def _next(self) -> _Turn:
        return min(self._waiting, key=lambda turn: self._busy[turn.whose])


class _Turn:
    """Somebody who waits for a place."""

    def __init__(self, whose: str) -> None:
        self.whose = whose


class _Place:
    """A worker while somebody uses it."""

    def __init__(self, worker: Worker | None) -> None:
        self.worker = worker

    def lose(self) -> None:
        if self.worker:
            self.worker.close()
        self.worker = None
