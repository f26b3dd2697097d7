"""The process that holds a test run's PostgreSQL: `python -m ramal.testing.keeper FOLDER PYTEST_PID`."""

import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import psutil

from ramal.embedded import start

# A test's data need not survive a power cut: without these waits the suite is several times faster.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# Each of pytest's processes keeps an application for every plugin's tests and an installation, each with its pools,
# until it ends: with four processes more than the 200 connections that one installation has.
_MANY = {"max_connections": "800"}


def keep(folder: Path, run_pid: int) -> None:
    """Hold the server until SIGTERM, or until the process `run_pid` is gone."""
    signal.signal(signal.SIGTERM, _leave)
    services = start(folder, redis=False, postgres_settings={**_FAST, **_MANY})
    try:
        state = folder / "keeper.json"
        partial = state.with_suffix(".part")
        partial.write_text(json.dumps({"pid": os.getpid(), "superuser_url": services.superuser_url}))
        partial.rename(state)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(run_pid).wait()
    finally:
        services.discard()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # stopping must not be interrupted
    raise SystemExit(0)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
