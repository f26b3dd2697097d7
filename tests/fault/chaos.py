"""What goes wrong: the worker is killed, Redis is wiped, PostgreSQL loses its power."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable

import redis

from ramal.embedded import EmbeddedServices
from ramal.testing.installation import Installation
from ramal_whatsapp_cloud.testing import GraphSimulator

#: How long a fresh worker may take before it is killed all the same, in seconds.
GRACE = 8.0


class Chaos:
    """Runs in the test's own thread: what it starts dies with that."""

    def __init__(
        self, installation: Installation, services: EmbeddedServices, simulator: GraphSimulator, seed: int
    ) -> None:
        self._installation = installation
        self._services = services
        self._simulator = simulator
        self._chance = random.Random(seed)
        self.kills = 0
        self.kills_between = 0

    def kill_worker(self) -> None:
        """At a random moment after it began to do something again."""
        self._wait_for(self._done, GRACE)
        time.sleep(self._chance.uniform(0.0, 1.0))
        self._kill()

    def kill_between(self) -> None:
        """Just after the provider accepted something, before we can have heard of it."""
        self._simulator.configure(answer_latency=0.5)
        self._wait_for(lambda: len(self._simulator.ledger()), GRACE)
        self._kill()
        self._simulator.configure(answer_latency=0.02)
        self.kills_between += 1

    def kill_child(self) -> None:
        """One of the worker's own processes: its parent has to notice."""
        children = self._installation.worker.family()[1:]
        if children:
            with contextlib.suppress(Exception):
                self._chance.choice(children).kill()

    def wipe_redis(self) -> None:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self._installation.redis_url) as link:
            link.flushall()

    def restart_redis(self) -> None:
        self._services.restart_redis()

    def crash_postgres(self) -> None:
        self._services.restart_postgres(crash=True)

    def _kill(self) -> None:
        self._installation.restart(self._installation.worker)
        self.kills += 1

    def _done(self) -> int:
        return int(
            self._installation.value(
                "select (select count(*) from inbound_delivery where status = 'done')"
                " + (select count(*) from outbox where status = 'done')"
            )
        )

    def _wait_for(self, count: Callable[[], int], timeout: float) -> None:
        """Until ``count`` grows, or the time is over."""
        before, deadline = count(), time.monotonic() + timeout
        while count() == before and time.monotonic() < deadline:
            time.sleep(0.02)
