"""What a running ``ramal up`` tells the other commands of its data folder: where its servers are.

With embedded servers nobody set RAMAL_DATABASE_URL; ``ramal doctor`` or ``ramal users`` in another
terminal would not find them. The file holds passwords (mode 0600), and counts only as long as its
``ramal up`` lives, which the lock beside it tells.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ramal.config import load_settings

LOCK, FILE = "up.lock", "running.json"
NAMES = (
    "RAMAL_DATABASE_URL",
    "RAMAL_DATABASE_OWNER_URL",
    "RAMAL_DATABASE_SYSTEM_URL",
    "RAMAL_REDIS_URL",
    "RAMAL_SECRET_KEYS",
    "RAMAL_PORT",
    "RAMAL_OUTBOUND_ALLOW",
    "RAMAL_DEMO",
)


@contextlib.contextmanager
def told(data_dir: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Tell the environment of the processes we start, until the end of the block."""
    path = data_dir / FILE
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({name: environment[name] for name in NAMES if name in environment}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def adopt() -> bool:
    """Take over the environment of the ``ramal up`` that runs on our data folder; whether there is one.

    Variables that are set already count more.
    """
    if os.environ.get("RAMAL_DATABASE_URL") or os.environ.get("RAMAL_DATABASE_URL_FILE"):
        return False
    folder = load_settings().data_dir
    if not (folder / FILE).exists() or not _is_held(folder / LOCK):
        return False
    for name, value in json.loads((folder / FILE).read_text()).items():
        os.environ.setdefault(name, value)
    return True


def _is_held(path: Path) -> bool:
    try:
        with path.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
