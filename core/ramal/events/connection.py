"""The one Redis connection pool of a process, and the names of its keys.

Every key starts with a prefix made from the installation's secret, so that two installations may
share a Redis. Rotating the secret changes the prefix, which loses nothing: Redis holds no truth.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ramal.config import Settings
from ramal.database.crypto import derive_key

#: Seconds to wait for Redis before going on without it.
TIMEOUT = 2.0
#: Seconds without another try after one that failed, so that a dead Redis slows no request down.
PAUSE = 1.0


@dataclass
class RedisLink:
    """``client`` is None where no Redis is configured; everything then waits for the next poll."""

    client: Redis | None
    prefix: str
    _silent_until: float = field(default=0.0, repr=False)

    def key(self, *parts: object) -> str:
        """A key of this installation."""
        return ":".join((self.prefix, *map(str, parts)))

    def usable(self) -> Redis | None:
        """The client, unless it failed within the last second."""
        return None if time.monotonic() < self._silent_until else self.client

    def failed(self) -> None:
        """Leave Redis alone for a moment."""
        self._silent_until = time.monotonic() + PAUSE


def make_link(settings: Settings) -> RedisLink:
    """The link that ``settings`` describe. Connects at the first command."""
    client = None
    if settings.redis_url:
        client = Redis.from_url(
            settings.redis_url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            # A connection that died while it was idle is replaced at once, without a pause.
            retry=Retry(NoBackoff(), 1),
        )
    secret = settings.secret_keys[0] if settings.secret_keys else ""
    return RedisLink(client, f"ramal:{derive_key(secret, 'redis').hex()[:12]}")


def redis_link(app: Flask | None = None) -> RedisLink:
    """The link of the current application."""
    found = (app or current_app).extensions["ramal.redis"]
    assert isinstance(found, RedisLink)
    return found
