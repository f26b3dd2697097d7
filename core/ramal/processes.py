"""What every parent of processes needs: children that do not outlive it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
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
