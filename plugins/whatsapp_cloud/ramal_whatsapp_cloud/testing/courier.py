"""Signed webhooks to the callback URL: at least once, until it answers 2xx.

Parcels of one lane (a customer's messages, one message's ticks) go one after the other; lanes go
in parallel. Delay, duplicates, another order and batches come from the knobs.
"""

from __future__ import annotations

import functools
import hashlib
import heapq
import hmac
import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from ramal_whatsapp_cloud.testing.behaviour import Behaviour

Target = tuple[str, str]  # callback URL, app secret


@functools.cache
def tls() -> ssl.SSLContext:
    """The machine's trusted certificates; reading them takes longer than a whole test, so it is done once."""
    return httpx2.create_ssl_context()


@dataclass(eq=False)
class Parcel:
    payload: dict[str, Any]
    due: float
    attempts: int = 0
    #: How often it still has to be acknowledged: 2 for a duplicate.
    copies: int = 1


@dataclass
class Attempt:
    """One POST, as ``GET /_sim/deliveries`` shows it."""

    at: float
    status: int | None
    items: int
    error: str = ""


@dataclass
class Lane:
    phone_number_id: str
    parcels: deque[Parcel] = field(default_factory=deque)
    busy: bool = False


class Courier:
    """Threads that deliver; ``find_target`` says where webhooks of a number go now (or None)."""

    def __init__(self, behaviour: Behaviour, find_target: Callable[[str], Target | None], senders: int = 8) -> None:
        self._behaviour = behaviour
        self._find_target = find_target
        self._changed = threading.Condition()
        self._lanes: dict[str, Lane] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._count = 0
        self._stopping = False
        self._client = httpx2.Client(timeout=20.0, verify=tls())
        self.attempts: deque[Attempt] = deque(maxlen=10_000)
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
        self._client.close()

    def post(self, lane: str, phone_number_id: str, payload: dict[str, Any], delay: float = 0.0) -> None:
        """Queue a webhook, to be sent no sooner than ``delay`` seconds from now."""
        copies = 2 if self._behaviour.chance(self._behaviour.duplicate_rate) else 1
        due = time.monotonic() + delay + self._behaviour.webhook_delay
        parcel = Parcel(payload, due, copies=copies)
        with self._changed:
            queue = self._lanes.setdefault(lane, Lane(phone_number_id))
            position = len(queue.parcels)
            if position and self._behaviour.chance(self._behaviour.reorder_rate):
                position = self._behaviour.below(position)
            queue.parcels.insert(position, parcel)
            self._schedule(lane)

    def pending(self) -> int:
        """Webhooks not acknowledged yet."""
        with self._changed:
            return sum(len(lane.parcels) for lane in self._lanes.values())

    def wait_idle(self, timeout: float) -> bool:
        """Whether all was acknowledged within ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not any(lane.parcels for lane in self._lanes.values()), timeout)

    def wake(self) -> None:
        """Try again now: the callback URL has changed."""
        with self._changed:
            for name, lane in self._lanes.items():
                for parcel in lane.parcels:
                    parcel.due = min(parcel.due, time.monotonic())
                self._schedule(name)

    def _schedule(self, name: str) -> None:
        lane = self._lanes[name]
        if lane.parcels and not lane.busy:
            self._count += 1
            heapq.heappush(self._ready, (lane.parcels[0].due, self._count, name))
            self._changed.notify_all()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            name, batch = taken
            phone_number_id = self._lanes[name].phone_number_id
            delivered = self._deliver(phone_number_id, batch)
            self._settle(name, batch, delivered)

    def _take(self) -> tuple[str, list[Parcel]] | None:
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
                    waiting = [parcel for parcel in lane.parcels if parcel.due <= now]
                    return name, waiting[: max(1, self._behaviour.batch)]
            return None

    def _deliver(self, phone_number_id: str, batch: list[Parcel]) -> bool:
        target = self._find_target(phone_number_id)
        if target is None:
            return False
        body = json.dumps(_merged(batch), ensure_ascii=False).encode()
        url, secret = target
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
        try:
            status = self._client.post(url, content=body, headers=headers).status_code
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            self.attempts.append(Attempt(time.time(), None, len(batch), type(error).__name__))
            return False
        self.attempts.append(Attempt(time.time(), status, len(batch)))
        return 200 <= status < 300

    def _settle(self, name: str, batch: list[Parcel], delivered: bool) -> None:
        with self._changed:
            lane = self._lanes[name]
            lane.busy = False
            for parcel in batch:
                if delivered:
                    parcel.copies -= 1
                    parcel.attempts = 0
                else:
                    parcel.attempts += 1
                    parcel.due = time.monotonic() + self._backoff(parcel.attempts)
                if parcel.copies <= 0:
                    lane.parcels.remove(parcel)
            self._schedule(name)
            if not lane.parcels:
                del self._lanes[name]
            self._changed.notify_all()

    def _backoff(self, attempts: int) -> float:
        base, most = self._behaviour.retry_base, self._behaviour.retry_max
        wait: float = min(most, base * 2 ** min(attempts - 1, 20))
        return wait


def _merged(batch: list[Parcel]) -> dict[str, Any]:
    entries = [entry for parcel in batch for entry in parcel.payload["entry"]]
    return {"object": "whatsapp_business_account", "entry": entries}
