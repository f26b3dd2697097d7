"""Token buckets (GCRA) for a channel's and a recipient's throughput.

Redis keeps them for all processes together; without Redis each process keeps its own, which
breaks a limit by at most the number of senders. What a provider said itself (a pause) is not
kept here but in PostgreSQL.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from redis import RedisError

from ramal.channels.types import RateLimit
from ramal.events.connection import redis_link

#: For each key: its theoretical arrival time. All buckets give a token, or none does; then the answer
#: is the seconds to wait and the number of the bucket that is emptiest.
_SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local wait, emptiest = 0, 0
for i, key in ipairs(KEYS) do
  local arrival = math.max(now, tonumber(redis.call('GET', key) or now))
  local lack = arrival - tonumber(ARGV[2 * i]) - now
  if lack > wait then wait, emptiest = lack, i end
end
if wait > 0 then return {tostring(wait), emptiest} end
for i, key in ipairs(KEYS) do
  local arrival = math.max(now, tonumber(redis.call('GET', key) or now)) + tonumber(ARGV[2 * i - 1])
  redis.call('SET', key, string.format('%.6f', arrival), 'PX', math.ceil((arrival - now) * 1000) + 1000)
end
return {'0', 0}
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A named bucket. ``interval``: seconds between tokens; ``tolerance``: seconds a burst may run ahead."""

    name: str
    interval: float
    tolerance: float

    @classmethod
    def of(cls, name: str, limit: RateLimit, chance: Callable[[float, float], float] = random.uniform) -> Bucket:
        """The bucket of a limit; ``chance`` draws the pause after the token that is taken now."""
        interval = 1.0 / limit.rate
        drawn = interval * chance(1 - limit.jitter, 1 + limit.jitter) if limit.jitter else interval
        return cls(name, drawn, interval * (max(1, limit.burst) - 1))


@dataclass(frozen=True, slots=True)
class Lack:
    """No token: the seconds until there is one, and the bucket that is empty."""

    seconds: float
    bucket: Bucket


@dataclass
class Buckets:
    """Takes tokens, from Redis or, while it is away, from this process."""

    _arrivals: dict[str, float] = field(default_factory=dict)

    def take(self, buckets: Sequence[Bucket]) -> Lack | None:
        """Take a token from each bucket. None if there was one in all; else none is taken."""
        if not buckets:
            return None
        link = redis_link()
        client = link.usable()
        if client is None:
            return self._take_here(buckets)
        keys = [link.key("bucket", bucket.name) for bucket in buckets]
        arguments = [number for bucket in buckets for number in (bucket.interval, bucket.tolerance)]
        try:
            seconds, place = cast(tuple[bytes, int], client.eval(_SCRIPT, len(keys), *keys, *arguments))
        except RedisError:
            link.failed()
            return self._take_here(buckets)
        return Lack(float(seconds), buckets[place - 1]) if place else None

    def _take_here(self, buckets: Sequence[Bucket]) -> Lack | None:
        now = time.monotonic()
        self._arrivals = {name: at for name, at in self._arrivals.items() if at > now}
        arrivals = [max(now, self._arrivals.get(bucket.name, now)) for bucket in buckets]
        lacks = [Lack(at - each.tolerance - now, each) for at, each in zip(arrivals, buckets, strict=True)]
        worst = max(lacks, key=lambda lack: lack.seconds)
        if worst.seconds > 0:
            return worst
        for at, bucket in zip(arrivals, buckets, strict=True):
            self._arrivals[bucket.name] = at + bucket.interval
        return None
