"""Time in the simulator: what it is, and what happens later. Tests move it by hand."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Action = Callable[[], None]


@dataclass(order=True)
class Timer:
    """Something due at ``due`` (seconds of the clock's own count); ``cancel`` forgets it."""

    due: float
    count: int
    action: Action = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """Real time; with ``speed`` 10 a wait of 20 s takes 2 s. Timestamps stay those of the machine."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._count = itertools.count()
        self._timers: list[Timer] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def time(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def start(self) -> None:
        """Begin to run timers. Idempotent: simulators may share one clock."""
        with self._changed:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Stop running timers; those that wait are kept."""
        with self._changed:
            self._stopping = True
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join(timeout=10)

    def later(self, seconds: float, action: Action) -> Timer:
        """Do ``action`` in so many seconds, on the clock's own thread."""
        with self._changed:
            timer = Timer(time.monotonic() + seconds / self.speed, next(self._count), action)
            heapq.heappush(self._timers, timer)
            self._changed.notify_all()
            return timer

    def sleep(self, seconds: float) -> None:
        """Hold up the caller."""
        if seconds > 0:
            time.sleep(seconds / self.speed)

    def idle(self) -> bool:
        """Whether nothing is due within the next half second."""
        with self._changed:
            soon = time.monotonic() + 0.5
            return not any(timer.due < soon and not timer.cancelled for timer in self._timers)

    def _run(self) -> None:
        while (timer := self._next()) is not None:
            if not timer.cancelled:
                timer.action()

    def _next(self) -> Timer | None:
        with self._changed:
            while not self._stopping:
                if not self._timers:
                    self._changed.wait()
                elif (wait := self._timers[0].due - time.monotonic()) > 0:
                    self._changed.wait(wait)
                else:
                    return heapq.heappop(self._timers)
            return None


class ManualClock(Clock):
    """A clock that stands still until ``advance``; what is due at once happens at once."""

    def __init__(self, at: float = 1_790_000_000.0) -> None:
        super().__init__()
        self._now = at

    def time(self) -> float:
        return self._now

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def later(self, seconds: float, action: Action) -> Timer:
        timer = Timer(self._now + seconds, next(self._count), action)
        if seconds <= 0:
            action()
        else:
            with self._changed:
                heapq.heappush(self._timers, timer)
        return timer

    def sleep(self, seconds: float) -> None:
        """Nobody waits for real."""

    def idle(self) -> bool:
        return True

    def advance(self, seconds: float) -> None:
        """Let time pass; what falls due happens in order, each at its own time."""
        end = self._now + seconds
        while (timer := self._due(end)) is not None:
            self._now = max(self._now, timer.due)
            if not timer.cancelled:
                timer.action()
        self._now = end

    def _due(self, end: float) -> Timer | None:
        with self._changed:
            if self._timers and self._timers[0].due <= end:
                return heapq.heappop(self._timers)
            return None
