"""The processes that lay out, as the application sees them: started when first needed, replaced when they die."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ramal_documents.contracts import stops
from ramal_documents.contracts.rendering import frames
from ramal_documents.contracts.rendering.frames import Answer
from ramal_documents.contracts.rendering.job import Job, Rendered
from ramal_documents.contracts.rendering.limits import Limits

WARM_UP, GRACE = 60.0, 5.0  # seconds: for loading the engine, and beyond a document's own limit
_PROGRAM = (sys.executable, "-P", "-m", "ramal_documents.contracts.rendering.worker")
# Of the environment: what a process needs to find fonts, libraries and a place for temporary files; no secrets.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_KEPT_PREFIXES = ("FONTCONFIG_", "XDG_", "LC_")


class Worker:
    """One process that is warm."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            _PROGRAM,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_environment(),
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
    """At most `size` documents at a time; the next one waits up to `patience` seconds for its turn."""

    def __init__(self, size: int = 2, patience: float = 60.0) -> None:
        self._owner = os.getpid()
        self._patience = patience
        self._places: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _place in range(size):
            self._places.put(None)

    def render(self, job: Job, limits: Limits | None = None) -> Rendered:
        """The document; `RenderError` says in a sentence why there is none."""
        limits = limits or Limits()
        answer = self._attempt(job, limits) or self._attempt(job, limits) or Answer("crash")
        if answer.code:
            raise stops.error(answer.code, answer.detail, answer.line)
        return Rendered(answer.html.decode(), answer.pdf, answer.pages)

    def warm_up(self) -> None:
        """Start one process now, so that the first document need not wait for it."""
        with self._place() as place:
            place.worker = place.worker or Worker()

    def close(self) -> None:
        """End the processes that are idle."""
        places = [self._places.get() for _place in range(self._places.qsize())]
        for worker in places:
            if worker:
                worker.close()
            self._places.put(None)

    @property
    def is_ours(self) -> bool:
        """Whether this process made it: after a fork, the pipes belong to the parent."""
        return self._owner == os.getpid()

    def _attempt(self, job: Job, limits: Limits) -> Answer | None:
        """Nothing when the worker itself was lost, which says nothing about the job."""
        with self._place() as place:
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
    def _place(self) -> Iterator[_Place]:
        try:
            place = _Place(self._places.get(timeout=self._patience))
        except queue.Empty:
            raise stops.error("busy") from None
        try:
            yield place
        except BaseException:
            place.lose()  # half an answer may be on its way
            raise
        finally:
            self._places.put(place.worker)


class _Place:
    """A worker while somebody uses it."""

    def __init__(self, worker: Worker | None) -> None:
        self.worker = worker

    def lose(self) -> None:
        if self.worker:
            self.worker.close()
        self.worker = None


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "0"}
