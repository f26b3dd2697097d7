"""The simulator's knobs: what goes wrong, how often, and how slowly."""

from __future__ import annotations

import dataclasses
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FailureKind = Literal["error", "http", "drop_before_accept", "drop_after_accept", "status"]
Operation = Literal["messages", "media", "download"]


@dataclass
class Failure:
    """One way to fail.

    ``error``: refuse with ``code``. ``http``: answer ``status`` with a proxy's page. ``drop_*``:
    close the connection without an answer, before or after the message was accepted.
    ``status``: accept, then report ``failed`` with ``code``. It strikes with probability ``rate``,
    at most ``count`` times (None: always), only for recipient ``to`` if given.
    """

    kind: FailureKind
    code: int = 131000
    status: int = 502
    rate: float = 1.0
    count: int | None = None
    to: str | None = None
    on: Operation = "messages"


@dataclass
class Behaviour:
    """All times in seconds, all rates between 0 and 1."""

    #: Before a request is looked at, and after it took effect but before it is answered.
    latency: float = 0.0
    answer_latency: float = 0.0
    #: Ticks reported for what was sent, each so long after the one before.
    statuses: list[str] = field(default_factory=lambda: ["sent", "delivered", "read"])
    status_delay: float = 0.05
    #: Webhooks: sent late, twice, in another order, several in one POST.
    webhook_delay: float = 0.0
    duplicate_rate: float = 0.0
    reorder_rate: float = 0.0
    batch: int = 1
    retry_base: float = 0.2
    retry_max: float = 5.0
    #: Messages a second of one number (None: no limit), and the pair limit of 45 + 1 in 6 s.
    throughput: int | None = None
    pair_limit: bool = False
    #: Free-form messages outside 24 h end as ``failed`` 131047.
    enforce_window: bool = False
    #: Download addresses live so long.
    media_url_ttl: float = 300.0
    living: bool = False
    failures: list[Failure] = field(default_factory=list)
    seed: int | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(self.seed)  # noqa: S311 (chance, not secrecy)

    def update(self, changes: Mapping[str, Any]) -> None:
        """Turn knobs by name. Raises KeyError for one that does not exist."""
        names = {knob.name for knob in dataclasses.fields(self)}
        with self._lock:
            for name, value in changes.items():
                if name not in names:
                    raise KeyError(name)
                if name == "failures":
                    self.failures = [Failure(**failure) for failure in value]
                else:
                    setattr(self, name, value)
            if "seed" in changes:
                self._random = random.Random(self.seed)  # noqa: S311

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def chance(self, rate: float) -> bool:
        with self._lock:
            return rate > 0 and self._random.random() < rate

    def below(self, limit: int) -> int:
        """A random index below ``limit``."""
        with self._lock:
            return self._random.randrange(limit)

    def strike(self, on: Operation, to: str | None, *kinds: FailureKind) -> Failure | None:
        """The first failure of ``kinds`` that hits this request now; its count goes down by one."""
        for failure in list(self.failures):
            if failure.on != on or failure.kind not in kinds or failure.to not in {None, to}:
                continue
            if not self.chance(failure.rate):
                continue
            with self._lock:
                if failure.count is not None and failure.count <= 0:
                    continue
                if failure.count is not None:
                    failure.count -= 1
            return failure
        return None
