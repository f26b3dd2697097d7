"""Webhooks to whoever subscribed: at least once, signed, repeated as the session's configuration says.

Parcels of one lane (a session's chat) go one after the other; lanes go in parallel. Delay, duplicates,
loss and another order come from the knobs.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ramal_whatsapp_web.testing.behaviour import Behaviour
from ramal_whatsapp_web.testing.clock import Clock
from ramal_whatsapp_web.testing.payloads import ulid
from ramal_whatsapp_web.testing.wire import Wire


@dataclass(frozen=True)
class Target:
    """One entry of ``config.webhooks``."""

    url: str
    events: tuple[str, ...] = ("*",)
    key: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    policy: str = "constant"
    delay: float = 2.0
    attempts: int = 15

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Target:
        """Read ``{url, events, hmac{key}, retries{policy, delaySeconds, attempts}, customHeaders}``."""
        retries = entry.get("retries") or {}
        headers = tuple((item["name"], item["value"]) for item in entry.get("customHeaders") or ())
        return cls(
            url=entry["url"],
            events=tuple(entry.get("events") or ()),
            key=(entry.get("hmac") or {}).get("key"),
            headers=headers,
            policy=retries.get("policy") or "constant",
            delay=float(retries.get("delaySeconds") or 2.0),
            attempts=int(retries.get("attempts") or 15),
        )

    def wants(self, event: str) -> bool:
        return event in self.events or "*" in self.events

    def wait(self, attempt: int, behaviour: Behaviour) -> float:
        """Seconds before the repeat that follows ``attempt`` failures."""
        if behaviour.retry_delay is not None:
            return behaviour.retry_delay
        if self.policy == "linear":
            return self.delay * attempt
        if self.policy == "exponential":
            return self.delay * 2.0 ** min(attempt - 1, 20) * behaviour.between(0.8, 1.2)
        return self.delay


@dataclass(eq=False)
class Parcel:
    """One event for one target; the same bytes at every repeat."""

    target: Target
    event: str
    body: bytes
    due: float
    attempts: int = 0
    #: How often it still has to be acknowledged: 2 for a duplicate.
    copies: int = 1


@dataclass
class Attempt:
    """One POST, as ``GET /__control__/deliveries`` shows it."""

    at: float
    url: str
    event: str
    status: int | None
    attempt: int
    error: str = ""


@dataclass
class Lane:
    parcels: deque[Parcel] = field(default_factory=deque)
    busy: bool = False


class Courier:
    """Threads that deliver."""

    def __init__(self, behaviour: Behaviour, clock: Clock, senders: int = 8) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._done = threading.Condition(self._lock)
        self._lanes: dict[str, Lane] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._count = 0
        self._stopping = False
        self.attempts: deque[Attempt] = deque(maxlen=10_000)
        #: Webhooks nobody will get any more: lost by a knob, given up, or dropped when the provider went down.
        self.lost = 0
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(senders)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=30)

    def post(self, lane: str, target: Target, event: str, body: Mapping[str, Any], *, losable: bool = True) -> None:
        """Queue a webhook. ``losable`` False keeps it out of the knobs' reach, but for delay."""
        behaviour = self._behaviour
        if losable and behaviour.chance(behaviour.loss_rate):
            self.lost += 1
            return
        copies = 2 if losable and behaviour.chance(behaviour.duplicate_rate) else 1
        due = time.monotonic() + self._seconds(behaviour.webhook_delay)
        parcel = Parcel(target, event, json.dumps(body, ensure_ascii=False).encode(), due, copies=copies)
        with self._changed:
            self._count += 1
            name = f"{lane} {target.url}" if behaviour.ordered else f"{lane} {self._count}"
            queue = self._lanes.setdefault(name, Lane())
            position = len(queue.parcels)
            if losable and position and behaviour.chance(behaviour.reorder_rate):
                position = behaviour.below(position)
            queue.parcels.insert(max(position, int(queue.busy)), parcel)
            self._schedule(name)

    def pending(self) -> int:
        """Webhooks not acknowledged yet."""
        with self._changed:
            return sum(len(lane.parcels) for lane in self._lanes.values())

    def wait_idle(self, timeout: float) -> bool:
        """Whether all was acknowledged, or given up, within ``timeout`` real seconds."""
        with self._changed:
            return self._done.wait_for(lambda: not any(lane.parcels for lane in self._lanes.values()), timeout)

    def forget(self) -> None:
        """Drop what waits, as a process that dies does."""
        with self._changed:
            for lane in self._lanes.values():
                self.lost += len(lane.parcels)
                lane.parcels.clear()
            self._done.notify_all()

    def _seconds(self, simulated: float) -> float:
        return self._behaviour.delay(simulated) / self._clock.speed

    def _schedule(self, name: str) -> None:
        lane = self._lanes[name]
        if lane.parcels and not lane.busy:
            self._count += 1
            heapq.heappush(self._ready, (lane.parcels[0].due, self._count, name))
            self._changed.notify()

    def _run(self) -> None:
        wire = Wire()
        while (taken := self._take()) is not None:
            name, parcel = taken
            self._settle(name, parcel, self._deliver(wire, parcel))
        wire.close()

    def _take(self) -> tuple[str, Parcel] | None:
        """Wait for a lane whose first parcel is due and mark it busy; None when stopping."""
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                if not self._ready:
                    self._changed.wait()
                elif self._ready[0][0] > now:
                    self._changed.wait(self._ready[0][0] - now)
                else:
                    name = heapq.heappop(self._ready)[2]
                    lane = self._lanes.get(name)
                    if lane is None or lane.busy or not lane.parcels or lane.parcels[0].due > now:
                        continue
                    lane.busy = True
                    return name, lane.parcels[0]
            return None

    def _deliver(self, wire: Wire, parcel: Parcel) -> bool:
        attempt = Attempt(time.time(), parcel.target.url, parcel.event, None, parcel.attempts + 1)
        try:
            attempt.status = wire.post(parcel.target.url, headers_for(parcel.target, parcel.body), parcel.body)
        except (OSError, ValueError) as error:
            attempt.error = type(error).__name__
        self.attempts.append(attempt)
        return attempt.status is not None and 200 <= attempt.status < 300

    def _settle(self, name: str, parcel: Parcel, delivered: bool) -> None:
        with self._changed:
            lane = self._lanes[name]
            lane.busy = False
            if delivered:
                parcel.copies -= 1
                parcel.attempts = 0
            else:
                parcel.attempts += 1
                wait = parcel.target.wait(parcel.attempts, self._behaviour)
                parcel.due = time.monotonic() + self._seconds(wait)
            given_up = parcel.attempts >= parcel.target.attempts
            if (parcel.copies <= 0 or given_up) and parcel in lane.parcels:
                lane.parcels.remove(parcel)
                self.lost += int(given_up)
            self._schedule(name)
            if not lane.parcels:
                del self._lanes[name]
                self._done.notify_all()


def headers_for(target: Target, body: bytes) -> dict[str, str]:
    """The provider's headers and the subscriber's own; a signature over the raw body where there is a key."""
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Request-Id": ulid(),
        "X-Webhook-Timestamp": str(int(time.time() * 1000)),
        **dict(target.headers),
    }
    if target.key:
        headers["X-Webhook-Hmac"] = hmac.new(target.key.encode(), body, hashlib.sha512).hexdigest()
        headers["X-Webhook-Hmac-Algorithm"] = "sha512"
    return headers
