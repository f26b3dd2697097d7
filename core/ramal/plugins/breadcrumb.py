"""The breadcrumb: how a parent process finds, and kills, a worker stuck where no alarm reaches it.

It is a small piece of shared memory. Before plugin code runs, the worker writes there what it is
about to do and until when; the parent only compares clocks. The worker that comes after one that
died reads what was left, and charges it to the plugin. (Alarms: ``ramal.plugins.limits``.)
"""

from __future__ import annotations

import contextlib
import mmap
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

#: Seconds after the alarm at which the parent kills.
GRACE = 2.0
_SIZE = 2048
_HEAD = struct.Struct("=dBH")  # deadline (monotonic seconds, 0 = idle), fate, length of the text
_ALIVE, _DEAD, _KILLED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Crumb:
    """What a worker was doing. ``kind`` event (``id`` of the event), job (of the job) or hook (empty)."""

    kind: str
    plugin: str
    organization_id: str
    id: str
    label: str


class Breadcrumb:
    """The shared memory, as the parent and one worker see it; inherited by fork."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SIZE)

    def write(self, crumb: Crumb, seconds: float) -> None:
        """The worker is about to do this, for at most ``seconds``."""
        body = "\0".join((crumb.kind, crumb.plugin, crumb.organization_id, crumb.id, crumb.label[:200])).encode()
        self._memory[_HEAD.size : _HEAD.size + len(body)] = body
        # The deadline goes last: a parent never sees one without its text.
        self._memory[: _HEAD.size] = _HEAD.pack(time.monotonic() + seconds, _ALIVE, len(body))

    def read(self) -> bytes:
        """What is there, for :meth:`restore`."""
        return self._memory[: _HEAD.size + _HEAD.unpack(self._memory[: _HEAD.size])[2]]

    def restore(self, before: bytes) -> None:
        """The worker is done with it, and back at what it did before."""
        self.clear()
        self._memory[_HEAD.size : len(before)] = before[_HEAD.size :]
        self._memory[: _HEAD.size] = before[: _HEAD.size]

    def clear(self) -> None:
        """Nothing is being done."""
        self._memory[: _HEAD.size] = _HEAD.pack(0.0, _ALIVE, 0)

    def overdue(self) -> bool:
        """Whether the worker, alive, should have been done by now."""
        deadline, fate, _length = _HEAD.unpack(self._memory[: _HEAD.size])
        return bool(deadline) and fate == _ALIVE and time.monotonic() > deadline

    def mark_killed(self) -> None:
        """Note for the next worker that the parent has to kill this one."""
        self._mark(_KILLED)

    def mark_dead(self) -> None:
        """Note that the worker is gone; that it was killed is not forgotten."""
        if _HEAD.unpack(self._memory[: _HEAD.size])[1] == _ALIVE:
            self._mark(_DEAD)

    def _mark(self, fate: int) -> None:
        deadline, _fate, length = _HEAD.unpack(self._memory[: _HEAD.size])
        self._memory[: _HEAD.size] = _HEAD.pack(deadline, fate, length)

    def says(self, kind: str) -> bool:
        """Whether something of this kind is being done."""
        deadline, _fate, _length = _HEAD.unpack(self._memory[: _HEAD.size])
        return bool(deadline) and self._memory[_HEAD.size : _HEAD.size + 16].startswith(kind.encode() + b"\0")

    def left_behind(self) -> tuple[Crumb, bool] | None:
        """What the worker before was doing when it died, and whether the parent killed it for it."""
        deadline, fate, length = _HEAD.unpack(self._memory[: _HEAD.size])
        if not deadline:
            return None
        body = self._memory[_HEAD.size : _HEAD.size + length]
        return Crumb(*body.decode().split("\0")), fate == _KILLED


#: This process's breadcrumb; None outside a supervised worker.
_breadcrumb: Breadcrumb | None = None


def use_breadcrumb(breadcrumb: Breadcrumb | None) -> None:
    """From now on this process tells its parent what it does."""
    global _breadcrumb  # noqa: PLW0603 (a process has one parent)
    _breadcrumb = breadcrumb


@contextlib.contextmanager
def working_on(crumb: Crumb, seconds: float) -> Iterator[None]:
    """Tell the parent what the body does. It has ``seconds``, and ``GRACE``, before the parent kills.

    Outside a supervised worker, and off its main thread, it does nothing.
    """
    if _breadcrumb is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    if crumb.kind == "hook" and _breadcrumb.says("event"):  # an event says more than its hook
        yield
        return
    outer = _breadcrumb.read()
    _breadcrumb.write(crumb, seconds + GRACE)
    try:
        yield
    finally:
        _breadcrumb.restore(outer)
