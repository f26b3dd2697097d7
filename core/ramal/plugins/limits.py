"""Real time limits around code of plugins: on Python, and on the SQL it runs.

Python is interrupted by a timer signal in a process's main thread (workers). Where gevent has patched
the standard library (the web server) ``gevent.Timeout`` interrupts whoever waits, and a timer signal
whoever computes and never lets gevent's hub run. In another plain thread only the SQL is limited. SQL
gets a ``statement_timeout``, sent in front of the first statement inside the limit, so that it costs no
round trip, and taken back in front of the first one after it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

from ramal.errors import RamalError

#: Seconds between repeated alarms: a plugin may swallow the first in an ``except BaseException``.
_AGAIN = 0.5
#: SQL gives up a little before Python does: an alarm in the middle of a statement costs the connection.
_SQL_SHARE = 0.8
_SKIPPED = ("SAVEPOINT", "ROLLBACK", "RELEASE", "COMMIT", "BEGIN")
_HAVE = "ramal_statement_timeout"

#: Whether the timer that watches greenlets rings.
_wound = False
_deadline: ContextVar[float | None] = ContextVar("ramal_deadline", default=None)


class TimeLimitExceeded(RamalError):
    """The code inside :func:`time_limit` took too long."""


class _Alarm(BaseException):
    """Raised into the running code; no ``except Exception`` holds it up."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let the block run for ``seconds`` at most; TimeLimitExceeded otherwise. An outer limit still holds."""
    now = time.monotonic()
    outer = _deadline.get()
    deadline = now + seconds if outer is None else min(outer, now + seconds)
    token = _deadline.set(deadline)
    try:
        with _interruption(max(deadline - now, 0.001)):
            yield
    except _Alarm:
        if outer is not None and time.monotonic() >= outer:
            raise  # it is the outer block's time that is over
        raise TimeLimitExceeded(f"took longer than {seconds:g} s") from None
    finally:
        _deadline.reset(token)


def _interruption(seconds: float) -> contextlib.AbstractContextManager[None]:
    if gevent_runs():
        return _gevent_timeout(seconds)
    if threading.current_thread() is threading.main_thread():
        return _alarm(seconds)
    return contextlib.nullcontext()


def gevent_runs() -> bool:
    """Whether gevent has patched sleeping and sockets in this process."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("time"))


@contextlib.contextmanager
def _gevent_timeout(seconds: float) -> Iterator[None]:
    import gevent

    with gevent.Timeout(seconds, _Alarm()), _watched(gevent.getcurrent(), gevent.get_hub().main_hub, seconds):
        yield


#: Under gevent: who has to be done by when. All of them share the main thread, and so its one timer.
_due: dict[object, float] = {}


@contextlib.contextmanager
def _watched(greenlet: object, in_main_thread: bool, seconds: float) -> Iterator[None]:
    """Interrupt a greenlet that keeps the CPU: gevent's own timers only run once it lets go."""
    if not in_main_thread:
        yield
        return
    outer = _due.get(greenlet)
    _wind_up()
    try:
        try:
            _due[greenlet] = time.monotonic() + seconds
            yield
        finally:
            _leave(greenlet, outer)
    finally:
        _leave(greenlet, outer)  # an alarm may have interrupted the first


def _leave(greenlet: object, outer: float | None) -> None:
    if outer is None:
        _due.pop(greenlet, None)
    else:
        _due[greenlet] = outer


def _wind_up() -> None:
    """Let the timer ring every now and then; it stops itself when nobody is due. A limit costs no system call."""
    global _wound  # noqa: PLW0603 (a process has one timer)
    if not _wound:
        _wound = True
        _take_alarms()
        signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)


@functools.cache
def _take_alarms() -> None:
    signal.signal(signal.SIGALRM, _ring_at_current)
    # Python gives signals back before it ends, and an alarm that nobody takes kills.
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)


def _ring_at_current(_signal: int, _frame: FrameType | None) -> None:
    """A signal reaches whichever greenlet runs: it means that one only if its own time is over."""
    import gevent

    global _wound  # noqa: PLW0603
    if not _due:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _wound = False
        return
    deadline = _due.get(gevent.getcurrent())
    if deadline is not None and time.monotonic() >= deadline:
        raise _Alarm


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """A timer signal; an outer timer goes on where it was."""
    armed = [True]

    def ring(_signal: int, _frame: FrameType | None) -> None:
        if armed:
            raise _Alarm

    handler = signal.signal(signal.SIGALRM, ring)
    started = time.monotonic()
    rest, interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        try:
            yield
        finally:
            armed.clear()
    finally:
        armed.clear()  # an alarm may have interrupted the first try to clear it
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if rest:
            left = rest - (time.monotonic() - started)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), interval)


def watch_statements(engine: Engine) -> None:
    """Hold the statements of this engine to the limit they run under."""
    event.listen(engine, "begin", _forget)
    event.listen(engine, "rollback_savepoint", _doubt)
    event.listen(engine, "before_cursor_execute", _limit_statement, retval=True)


def _forget(connection: Any) -> None:
    # SET LOCAL ends with its transaction.
    connection.info.pop(_HAVE, None)


def _doubt(connection: Any, _name: str, _context: Any) -> None:
    # SET LOCAL also ends when the savepoint it came after is rolled back: say it again.
    if _HAVE in connection.info:
        connection.info[_HAVE] = -1


def _limit_statement(
    connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    deadline = _deadline.get()
    if deadline is None and _HAVE not in connection.info:
        return statement, parameters
    if statement.lstrip()[:9].upper().startswith(_SKIPPED):
        return statement, parameters
    if deadline is None:
        del connection.info[_HAVE]
        return f"SET LOCAL statement_timeout TO DEFAULT; {statement}", parameters
    if connection.info.get(_HAVE) != deadline:
        connection.info[_HAVE] = deadline
        left = max(int((deadline - time.monotonic()) * 1000 * _SQL_SHARE), 1)
        return f"SET LOCAL statement_timeout = {left}; {statement}", parameters
    return statement, parameters
