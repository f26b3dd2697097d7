"""gunicorn's settings for ``ramal serve`` and ``ramal realtime``: gevent, one hub of sockets each.

This is read before gevent patches the standard library, which happens in each worker after the fork. What
imports ``ssl`` or ``threading`` for good (the database, Redis, the HTTP client) must come after that, so only
the settings are imported up here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ramal.config import load_settings

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


def post_fork(_server: Any, _worker: Any) -> None:
    """Let psycopg2 wait in gevent's hub; unpatched it would block every greenlet of the process."""
    from psycogreen.gevent import patch_psycopg

    patch_psycopg()


def post_worker_init(worker: Any) -> None:
    """When the process is told to end, its sockets are closed at once; clients come back to another."""
    from ramal.events.hub import hub_of

    hub_of(worker.wsgi).stopping = lambda: not worker.alive
