"""Both servers as one thing that is started and stopped together."""

import contextlib
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ramal.embedded import place
from ramal.embedded.errors import EmbeddedError
from ramal.embedded.postgres import Postgres, start_postgres
from ramal.embedded.redis_server import RedisServer, start_redis

_log = logging.getLogger(__name__)


class EmbeddedServices:
    """The running servers of one data folder; made by `start`."""

    def __init__(
        self,
        data_dir: Path,
        postgres: Postgres | None,
        redis: RedisServer | None,
        closing: contextlib.ExitStack,
    ) -> None:
        self.data_dir = data_dir
        self._postgres = postgres
        self._redis = redis
        self._closing = closing

    @property
    def superuser_url(self) -> str:
        """PostgreSQL's superuser, `postgresql+psycopg2://…` over a socket. Never give it to the application."""
        return self._running_postgres().url

    @property
    def redis_url(self) -> str:
        """Redis as redis-py reads it, `unix://…?db=0`."""
        return self._running_redis().url

    @property
    def notices(self) -> list[str]:
        """Sentences that the person who started us should read, such as where the files had to go."""
        postgres = self._postgres
        if postgres is None or postgres.account is None or postgres.home.is_relative_to(self.data_dir):
            return []
        reason = f"it refuses to run as root, and the account '{postgres.account.name}' cannot enter {self.data_dir}"
        return [f"PostgreSQL's files are in {postgres.home}: {reason}."]

    def restart_postgres(self, *, crash: bool = False) -> None:
        """Restart PostgreSQL on the same URL; with `crash` it is killed, and recovers as after a power cut."""
        self._running_postgres().restart(crash=crash)

    def restart_redis(self) -> None:
        """Replace Redis by an empty one on the same URL."""
        self._running_redis().restart()

    def revive(self) -> list[str]:
        """Start whichever server has ended by itself again, on the same URL; a sentence about each.

        To be called by the thread that started them. Raises EmbeddedError; what did not start may be tried again.
        """
        said = []
        servers: tuple[tuple[str, Postgres | RedisServer | None], ...]
        servers = (("PostgreSQL", self._postgres), ("Redis", self._redis))
        for name, server in servers:
            if server is not None and (code := server.process.poll()) is not None:
                server.restart()
                reason = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
                said.append(f"{name} {reason}: it was started again.")
        return said

    def stop(self) -> None:
        """Stop what runs, Redis first; stopping twice is harmless."""
        self._closing.close()
        self._postgres = None
        self._redis = None

    def discard(self) -> None:
        """Stop, and delete PostgreSQL's data wherever it had to be put: the end of a test run."""
        home = self._postgres.home if self._postgres is not None else None
        self.stop()
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running_postgres(self) -> Postgres:
        if self._postgres is None:
            raise EmbeddedError("PostgreSQL is not running.")
        return self._postgres

    def _running_redis(self) -> RedisServer:
        if self._redis is None:
            raise EmbeddedError("Redis is not running.")
        return self._redis


def start(
    data_dir: Path,
    *,
    postgres: bool = True,
    redis: bool = True,
    postgres_settings: Mapping[str, str] | None = None,
) -> EmbeddedServices:
    """Start the embedded servers of `data_dir` (made if it does not exist) and wait until they answer.

    They live in sessions of their own, so Ctrl-C does not reach them, and on Linux they end with the thread
    that called this, even if it is killed. Raises EmbeddedError, with nothing left running.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as closing:
        running_postgres = _start_postgres(data_dir, postgres_settings or {}, closing) if postgres else None
        running_redis = _start_redis(data_dir, closing) if redis else None
        services = EmbeddedServices(data_dir, running_postgres, running_redis, closing.pop_all())
    for notice in services.notices:
        _log.info("%s", notice)
    return services


def _start_postgres(data_dir: Path, settings: Mapping[str, str], closing: contextlib.ExitStack) -> Postgres:
    account = place.unprivileged_account()
    home = place.cluster_home(data_dir, account)
    closing.enter_context(place.hold(home))
    server = start_postgres(home, account, settings)
    closing.callback(_remove_short, server.sockets, home)
    closing.callback(server.stop)
    return server


def _start_redis(data_dir: Path, closing: contextlib.ExitStack) -> RedisServer:
    home = place.owned_folder(data_dir / "redis", None)
    closing.enter_context(place.hold(home))
    server = start_redis(home)
    closing.callback(_remove_short, server.socket.parent, home)
    closing.callback(server.stop)
    return server


def _remove_short(sockets: Path, home: Path) -> None:
    """Remove a socket folder that stood outside its home because the path was too long."""
    if not sockets.is_relative_to(home):
        shutil.rmtree(sockets, ignore_errors=True)
