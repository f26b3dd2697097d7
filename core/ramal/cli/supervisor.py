"""Keeps a handful of processes running: what `ramal up` is made of.

It starts each command in a session of its own, prints its lines behind its name, starts a dead one again after a
growing pause, and stops them one after another in the order they were given. It knows nothing of what they do.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, TextIO

from ramal.processes import die_with_parent

_CHUNK = 65_536
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_COLOURS = (36, 33, 35, 32, 34, 31)


@dataclass(frozen=True)
class Command:
    """A process to keep running. `drain_seconds` is how long it may finish its work after SIGTERM."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    drain_seconds: float = 10.0


@dataclass(frozen=True)
class Backoff:
    """Seconds before a dead process is started again: doubling, and from the start once one has lasted."""

    first: float = 0.5
    longest: float = 30.0
    lasting: float = 20.0

    def after(self, failures: int) -> float:
        """The pause after so many early deaths in a row."""
        return float(min(self.longest, self.first * 2 ** max(0, failures - 1)))


@dataclass
class _Child:
    command: Command
    label: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float | None = 0.0  # monotonic seconds; None while it runs
    rest: bytes = b""
    output: IO[bytes] | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs commands until it is told to stop. Use it in the main thread: it takes over the stopping signals."""

    def __init__(
        self,
        commands: Sequence[Command],
        *,
        prepare: Callable[[], object] | None = None,
        on_start: Callable[[], object] | None = None,
        tend: Callable[[], Iterable[str]] | None = None,
        out: TextIO | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """`prepare` is called once, when every command has been started; what it raises stops them and is raised.

        `on_start` is called after it, in a thread of its own, while the commands are already watched. From then on
        `tend` is called whenever a child of this process may have ended: it looks after those that are not ours, and
        answers what there is to say. What it raises is printed, and it is called again after a pause.
        """
        self._prepare = prepare
        self._on_start = on_start
        self._tend = tend
        self._tend_failures = 0
        self._tend_at = 0.0  # monotonic seconds
        self._out = out or sys.stdout
        self._backoff = backoff or Backoff()
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        width = max((len(command.name) for command in commands), default=0)
        self._children = [_Child(one, self._label(one.name, width, at)) for at, one in enumerate(commands)]

    def run(self) -> int:
        """Start everything, and return 0 after SIGINT, SIGTERM or SIGHUP, when everything has stopped.

        A second signal while stopping kills at once. If we ourselves are killed, so are the children (Linux).
        """
        with self._signals_caught(), self._selector:
            try:
                self._start_due()
                if self._prepare is not None:
                    self._prepare()
                if self._on_start is not None and not self._signals:
                    threading.Thread(target=self._on_start, name="on-start", daemon=True).start()
                while not self._signals:
                    self._tend_others()
                    self._start_due()
                    self._wait(self._next_start())
                    self._note_deaths()
            finally:
                self._stop_all()
        return 0

    @contextlib.contextmanager
    def _signals_caught(self) -> Iterator[None]:
        """Count stopping signals, and let any signal (SIGCHLD too) end a wait."""
        reader, writer = os.pipe()
        for end in (reader, writer):
            os.set_blocking(end, False)
        self._selector.register(reader, selectors.EVENT_READ, None)
        before = {one: signal.signal(one, self._count_signal) for one in _STOPPING}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for one, handler in before.items():
                signal.signal(one, handler)
            os.close(reader)
            os.close(writer)

    def _count_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _tend_others(self) -> None:
        if self._tend is None or time.monotonic() < self._tend_at:
            return
        try:
            said = list(self._tend())
            self._tend_failures = 0
        except Exception as error:  # it is somebody else's code, and our children go on whatever it does
            self._tend_failures += 1
            pause = self._backoff.after(self._tend_failures)
            self._tend_at = time.monotonic() + pause
            said = [f"{error}; trying again in {pause:g} s"]
        for line in said:
            self._print(line)

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.start_at is not None and child.start_at <= now:
                self._start(child)

    def _start(self, child: _Child) -> None:
        child.started, child.start_at = time.monotonic(), None
        try:
            child.process = subprocess.Popen(
                list(child.command.argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
                env=None if child.command.env is None else dict(child.command.env),
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- it only makes two system calls
            )
        except OSError as error:
            self._fail(child, f"cannot start: {error}")
            return
        child.output = child.process.stdout
        if child.output is not None:
            os.set_blocking(child.output.fileno(), False)
            self._selector.register(child.output, selectors.EVENT_READ, child)

    def _next_start(self) -> float | None:
        """Seconds until a pause is over; None when nothing is waiting."""
        due = [child.start_at for child in self._children if child.start_at is not None]
        if self._tend_failures:
            due.append(self._tend_at)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _wait(self, seconds: float | None) -> None:
        """Wait for output, a signal or the end of `seconds`, and pass on what the children said."""
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, _Child):
                self._read(key.data)
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, _CHUNK)

    def _read(self, child: _Child) -> bool:
        """Print the whole lines that have come; returns whether anything came."""
        if child.output is None:
            return False
        try:
            chunk = child.output.read(_CHUNK)
        except BlockingIOError:
            chunk = None
        if chunk is None:
            return False
        if not chunk:
            self._close_output(child)
            return False
        *lines, child.rest = (child.rest + chunk).split(b"\n")
        for line in lines:
            self._say(child, line.decode(errors="replace").rstrip("\r"))
        return True

    def _close_output(self, child: _Child) -> None:
        if child.output is not None:
            self._selector.unregister(child.output)
            child.output.close()
            child.output = None
        if child.rest:
            self._say(child, child.rest.decode(errors="replace"))
            child.rest = b""

    def _note_deaths(self) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                code = child.process.returncode
                self._finish(child)
                self._fail(child, f"ended by signal {-code}" if code < 0 else f"ended with code {code}")

    def _fail(self, child: _Child, reason: str) -> None:
        now = time.monotonic()
        lasted = now - child.started >= self._backoff.lasting
        child.failures = 1 if lasted else child.failures + 1
        pause = self._backoff.after(child.failures)
        child.start_at = now + pause
        self._say(child, f"{reason}; starting again in {pause:g} s")

    def _finish(self, child: _Child) -> None:
        """Read a dead process's last lines, and end what it left in its session's group."""
        process, child.process = child.process, None
        if process is None:
            return
        while self._read(child):
            pass
        self._close_output(child)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    def _stop_all(self) -> None:
        for child in self._children:
            self._stop(child)

    def _stop(self, child: _Child) -> None:
        """Ask one process to end, and kill its group when its time is over or the user insists."""
        if child.process is None:
            return
        deadline = time.monotonic() + child.command.drain_seconds
        if child.running:
            child.process.terminate()
        while child.running:
            left = deadline - time.monotonic()
            if left <= 0 or self._signals > 1:
                self._say(child, "did not stop in time: killed" if left <= 0 else "killed")
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
            else:
                self._wait(left)
        self._finish(child)

    def _say(self, child: _Child, line: str) -> None:
        self._print(f"{child.label} {line}")

    def _print(self, line: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads us any more; that must not stop the children
            self._out.write(f"{line}\n")
            self._out.flush()

    def _label(self, name: str, width: int, at: int) -> str:
        plain = f"{name:<{width}} |"
        return f"\x1b[{_COLOURS[at % len(_COLOURS)]}m{plain}\x1b[0m" if self._out.isatty() else plain
