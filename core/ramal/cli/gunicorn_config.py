"""gunicorn's settings for ``ramal serve`` and ``ramal realtime``: gevent, one hub of sockets each.

gevent patches the standard library before anything of ours is imported, because some modules keep what they
imported for good (``ssl``, ``threading``). Then the arbiter loads the application's code once, for all workers:
a fork starts in a fraction of a second and shares that memory.
"""

# ruff: noqa: E402 - the order is the point
from __future__ import annotations

from gevent import monkey

monkey.patch_all()

from pathlib import Path
from typing import Any

from psycogreen.gevent import patch_psycopg

from ramal.processes import loading, wait_for_gate

with loading():
    import ramal.app  # noqa: F401 - loaded here for the workers
    from ramal.config import load_settings
    from ramal.events.hub import hub_of

_settings = load_settings()

bind = f"{_settings.bind}:{_settings.port}"
workers = _settings.web_processes
worker_class = "gevent"
#: Sockets beyond this number hang without a word, so it is far above what one process should hold.
worker_connections = 20_000
timeout = 60
graceful_timeout = 5
keepalive = 75
#: A proxy in front ends TLS; its address is trusted only when it is this machine.
forwarded_allow_ips = "127.0.0.1"
proc_name = "ramal-web"
loglevel = "warning"
#: Heartbeat files belong in memory: a busy disk would look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def on_starting(_server: Any) -> None:
    """The code is loaded; the database may not be ready yet."""
    wait_for_gate()


def post_fork(_server: Any, _worker: Any) -> None:
    """Let psycopg2 wait in gevent's hub; unpatched it would block every greenlet of the process."""
    patch_psycopg()


def post_worker_init(worker: Any) -> None:
    """When the process is told to end, its sockets are closed at once; clients come back to another."""
    hub_of(worker.wsgi).stopping = lambda: not worker.alive
