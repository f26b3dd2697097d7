"""Being asked to stop: at once while waiting, after the current piece of work otherwise."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType


class _Wake(BaseException):
    """Ends a wait."""


class Stopping:
    """A process's wish to end, set by SIGTERM. Use it in the main thread."""

    def __init__(self) -> None:
        self.asked = False
        self._waiting = False

    def listen(self) -> None:
        """Take over SIGTERM. Ctrl-C in a terminal reaches every process; the parent decides about it."""
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
        if self._waiting:
            self._waiting = False
            raise _Wake

    def wait(self, action: Callable[[], object]) -> None:
        """Do something that only waits, and break it off, wherever it is, when asked to stop."""
        try:
            try:
                self._waiting = True
                if not self.asked:
                    action()
            finally:
                self._waiting = False
        except _Wake:
            return

    def sleep(self, seconds: float) -> None:
        """Sleep, unless asked to stop."""
        self.wait(lambda: time.sleep(seconds))
