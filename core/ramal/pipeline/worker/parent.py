"""The parent: starts the children by fork, starts a dead one again, kills one that is stuck.

It loads the application once and then only watches, so a new child is there in milliseconds. It
has no threads and holds no connection. Its children die with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType

from flask import Flask

from ramal.events.charges import charge
from ramal.pipeline.worker.children import Role
from ramal.pipeline.worker.loop import FIRST_PAUSE, LONGEST_PAUSE, forget_connections
from ramal.pipeline.worker.stopping import Stopping
from ramal.plugins.breadcrumb import Breadcrumb, use_breadcrumb
from ramal.processes import die_with_parent

log = logging.getLogger(__name__)

#: Seconds between two looks at the breadcrumbs.
WATCH = 0.2
#: Seconds the children have to finish what they do.
DRAIN_SECONDS = 8.0
#: Seconds a child must have lasted for its next death to count as the first.
LASTING = 2.0
_STOPPING = (signal.SIGINT, signal.SIGTERM)


@dataclass
class _Child:
    role: Role
    name: str
    breadcrumb: Breadcrumb = field(default_factory=Breadcrumb)
    pid: int | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = 0.0  # monotonic seconds


class Worker:
    """Runs the children until SIGTERM or SIGINT. Use it in the main thread of a process without others."""

    def __init__(self, app: Flask, roles: Sequence[Role]) -> None:
        self._app = app
        self._stopping = False
        self._children = [
            _Child(role, role.name if role.count == 1 else f"{role.name}-{number + 1}")
            for role in roles
            for number in range(role.count)
        ]

    def run(self) -> int:
        """Work; 0 when everything has stopped."""
        forget_connections(self._app)
        with self._signals() as wake:
            try:
                while not self._stopping:
                    self._start_due()
                    self._wait(wake)
                    self._bury()
                    self._kill_stuck()
            finally:
                self._stop_all(wake)
        return 0

    @contextlib.contextmanager
    def _signals(self) -> Iterator[int]:
        """Any signal ends a wait; the stopping ones end the loop."""
        reader, writer = os.pipe()
        for end in (reader, writer):
            os.set_blocking(end, False)
        before = {one: signal.signal(one, self._stop) for one in _STOPPING}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(wakeup)
            for one, handler in before.items():
                signal.signal(one, handler)
            os.close(reader)
            os.close(writer)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _wait(self, wake: int) -> None:
        if select.select([wake], [], [], WATCH)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 4096)

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.pid is None and child.start_at <= now:
                self._start(child)

    def _start(self, child: _Child) -> None:
        prepare = die_with_parent(signal.SIGKILL)
        child.started = time.monotonic()
        # A stop that comes now must find the child's own handler, not ours.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        pid = os.fork()
        if pid == 0:
            _be(child, self._app, prepare)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        child.pid = pid

    def _bury(self) -> None:
        """Note who died, and plan their return."""
        for child in self._children:
            if child.pid is None:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid == 0:
                continue
            child.pid = None
            child.breadcrumb.mark_dead()
            if self._stopping:
                continue
            lasted = time.monotonic() - child.started >= LASTING
            child.failures = 0 if lasted else child.failures + 1
            pause = 0.0 if child.failures <= 1 else min(LONGEST_PAUSE, FIRST_PAUSE * 2**child.failures)
            child.start_at = time.monotonic() + pause
            code = os.waitstatus_to_exitcode(status)
            reason = f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
            log.warning("%s (process %s) %s; it starts again in %g s", child.name, pid, reason, pause)

    def _kill_stuck(self) -> None:
        for child in self._children:
            if child.pid is not None and child.breadcrumb.overdue():
                log.error("%s (process %s) is stuck in a plugin and is killed", child.name, child.pid)
                child.breadcrumb.mark_killed()
                os.kill(child.pid, signal.SIGKILL)

    def _stop_all(self, wake: int) -> None:
        self._stopping = True
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._alive() and time.monotonic() < deadline:
            self._wait(wake)
            self._bury()
        self._tell(signal.SIGKILL)
        for child in self._alive():
            log.warning("%s did not stop in time and had to be killed", child.name)
            os.waitpid(child.pid or 0, 0)
            child.pid = None

    def _alive(self) -> list[_Child]:
        return [child for child in self._children if child.pid is not None]

    def _tell(self, sign: signal.Signals) -> None:
        for child in self._alive():
            os.kill(child.pid or 0, sign)


def _be(child: _Child, app: Flask, prepare: Callable[[], None]) -> None:
    """The rest of a child's life. Never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        stopping = Stopping()
        stopping.listen()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        prepare()
        forget_connections(app, close=False)
        _charge_predecessor(child, app, stopping)
        use_breadcrumb(child.breadcrumb)
        child.role.run(app, stopping)
        code = 0
    except BaseException:
        log.exception("%s failed", child.name)
    finally:
        logging.shutdown()
        os._exit(code)


def _charge_predecessor(child: _Child, app: Flask, stopping: Stopping) -> None:
    """What the process before was doing when it died is the plugin's account."""
    left = child.breadcrumb.left_behind()
    pause = FIRST_PAUSE
    while left is not None and not stopping.asked:
        try:
            with app.app_context():
                charge(left[0], killed=left[1])
            break
        except Exception:
            log.exception("what the last process died of could not be noted")
            forget_connections(app)
            stopping.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
    if not stopping.asked:
        child.breadcrumb.clear()
