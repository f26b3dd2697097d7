"""One embedded Redis on a socket of its own. It keeps nothing on disk: PostgreSQL is the truth."""

import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ramal.embedded import binaries, place
from ramal.embedded.errors import EmbeddedError
from ramal.embedded.process import spawn, stop

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0


@dataclass
class RedisServer:
    """A running server; `socket` is its only door."""

    home: Path
    socket: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its URL as redis-py reads it."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def stop(self) -> None:
        """Stop it; what it held is gone."""
        stop(self.process, signal.SIGTERM, seconds=_STOP_SECONDS, then=signal.SIGKILL)

    def restart(self) -> None:
        """Stop it and start an empty one on the same socket."""
        self.stop()
        self.process = _launch(self.home, self.socket)


def start_redis(home: Path) -> RedisServer:
    """Start it under our own account; returns when it answers. Raises EmbeddedError."""
    path = place.socket_folder(home, None) / "redis.sock"
    return RedisServer(home, path, _launch(home, path))


def _launch(home: Path, path: Path) -> subprocess.Popen[bytes]:
    path.unlink(missing_ok=True)  # a leftover server loses its door; the kernel ends it with its parent
    command = [
        str(binaries.redis_binary()),
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--unixsocketperm",
        "700",
    ]
    command += ["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"]
    process = spawn(command, cwd=home, log=home / "redis.log", account=None, parent_death=signal.SIGTERM)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(path):
            return process
        time.sleep(0.01)
    stop(process, signal.SIGTERM, seconds=_STOP_SECONDS, then=signal.SIGKILL)
    raise EmbeddedError(f"Redis did not start in {home}; see redis.log there.")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(1.0)
        try:
            door.connect(str(path))
            door.sendall(b"PING\r\n")
            return door.recv(16).startswith(b"+PONG")
        except OSError:
            return False
