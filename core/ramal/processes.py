"""What every parent of processes needs: children that do not outlive it, and that wait where they must."""

import contextlib
import ctypes
import fcntl
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

_PR_SET_PDEATHSIG = 1
#: Names the gate's file to the processes behind it; whoever closes the gate sets it.
_GATE = "RAMAL_GATE"
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that makes the kernel send `sign` to the child when the thread that starts it ends.

    It runs after the switch of user, which would clear the setting. Linux only; elsewhere it does nothing,
    and a leftover server is found and stopped at the next start.
    """
    parent = os.getpid()

    def prepare() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the call above
            os._exit(1)

    return prepare


@contextlib.contextmanager
def closed_gate(path: Path) -> Iterator[None]:
    """Until the block ends, processes that were started in it and call :func:`wait_for_gate` wait.

    Loading their code takes seconds and needs no database, so they do that while it is being prepared. The gate
    is a lock on ``path``: it opens by itself when this process ends.
    """
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.environ[_GATE] = str(path)
        try:
            yield
        finally:
            os.environ.pop(_GATE)


def wait_for_gate() -> None:
    """Wait until the gate we were started behind is open; at once where there is none."""
    path = os.environ.get(_GATE)
    if path:
        with contextlib.suppress(FileNotFoundError), Path(path).open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """For the block that imports and builds the application: no search for garbage, during it or later.

    What is made there stays, and searching it again and again takes a fifth of the time to start. Forks also
    share its memory for longer when the collector never touches it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
