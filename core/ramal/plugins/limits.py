"""Real time limits around code of plugins: on Python, and on the SQL it runs.

Python is interrupted by a timer signal in a process's main thread (workers), by ``gevent.Timeout``
where gevent has patched the standard library (the web server); in another plain thread only the
SQL is limited. SQL gets a ``statement_timeout``, sent in front of the first statement inside the
limit, so that it costs no round trip, and taken back in front of the first one after it.
"""

from __future__ import annotations

import contextlib
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

    timeout = gevent.Timeout(seconds, _Alarm())
    with timeout:
        yield


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
