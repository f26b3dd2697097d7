"""The simulator's knobs: what goes wrong, how often, and how slowly."""

from __future__ import annotations

import dataclasses
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

FailureKind = Literal["error", "html", "slow", "drop_before", "drop_after", "ack_error", "lost"]
#: Families of calls: sends; edits, revocations and reactions; sessions; QR and codes; chats and
#: messages; contacts and LIDs; files; typing and read receipts; "any" for all of them.
Operation = Literal["send", "change", "session", "auth", "read", "contacts", "media", "presence", "any"]
IdShape = Literal["gows", "webjs", "noweb"]

T = TypeVar("T")


@dataclass
class Failure:
    """One way to fail.

    ``error``: refuse with ``status`` and the provider's JSON (429 is a throttle). ``html``: answer
    ``status`` with a proxy's page. ``slow``: wait ``seconds``, then go on. ``drop_before`` and
    ``drop_after``: close the connection without an answer, before or after the call took effect.
    ``ack_error``: accept the message, then report ack -1. ``lost``: accept it, and nothing more.
    It strikes with probability ``rate``, at most ``count`` times (None: always), only in ``session``
    and for ``chat`` if given.
    """

    kind: FailureKind
    on: Operation = "send"
    status: int = 500
    message: str = "This failure was ordered for a test."
    seconds: float = 1.0
    rate: float = 1.0
    count: int | None = None
    session: str | None = None
    chat: str | None = None

    def concerns(self, operation: Operation, session: str | None, chat: str | None) -> bool:
        """Whether this call is one it may strike."""
        return (
            self.on in {"any", operation}
            and (self.session is None or self.session == session)
            and (self.chat is None or self.chat == chat)
        )


@dataclass
class Behaviour:
    """All times in seconds, all rates between 0 and 1."""

    #: Before a request is looked at, and after it took effect but before it is answered.
    latency: float = 0.0
    answer_latency: float = 0.0
    #: Acks reported for what was sent, each so long after the one before; voice notes add PLAYED.
    auto_acks: bool = True
    acks: list[int] = field(default_factory=lambda: [1, 2, 3])
    ack_delay: float = 0.05
    ack_duplicate_rate: float = 0.0
    ack_shuffle_rate: float = 0.0
    ack_regress_rate: float = 0.0
    #: Webhooks: late, twice, under both ids of a person, in another order, never; and none at all
    #: while the session says WORKING. What is lost stays in the history.
    webhook_delay: float = 0.0
    duplicate_rate: float = 0.0
    two_ids_rate: float = 0.0
    reorder_rate: float = 0.0
    loss_rate: float = 0.0
    silent: bool = False
    #: Whether events of one chat wait for each other, also while one is being repeated.
    ordered: bool = True
    #: Seconds between repeats instead of what the session's configuration says.
    retry_delay: float | None = None
    #: What came while the session was not connected: webhooks afterwards, or history only.
    replay_offline: bool = False
    #: From STARTING to the next state; lives of QR codes (first, later ones, how many) and pairing codes.
    start_delay: float = 0.05
    qr_first: float = 60.0
    qr_next: float = 20.0
    qr_count: int = 6
    code_lifetime: float = 180.0
    #: Whether linking asks for a passkey, and for the comparison of a code after it.
    passkey: bool = False
    passkey_confirmation: bool = False
    #: Whether ``session.status`` says why (``payload.data``), as newer versions do.
    status_data: bool = True
    #: Files: how long they can be fetched, whether events bring them, whose address their links have.
    files_lifetime: float = 180.0
    download_media: bool = True
    media_base_url: str | None = None
    #: Which engine's shape answers to sends have, and what ``from`` holds in messages of ours.
    id_shape: IdShape = "gows"
    from_is_chat: bool = True
    #: A send to a number that is not on WhatsApp: accepted and never delivered, or an error.
    refuse_unknown: bool = False
    #: What was sent while a session only pretended to work: lost, or carried after a restart.
    pretending_loses: bool = False
    #: No delays but those of QR codes and pairing codes.
    fast: bool = False
    living: bool = False
    failures: list[Failure] = field(default_factory=list)
    seed: int | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(self.seed)  # noqa: S311 (chance, not secrecy)

    def update(self, changes: Mapping[str, Any]) -> None:
        """Turn knobs by name. Raises KeyError for one that does not exist."""
        names = {knob.name for knob in dataclasses.fields(self)}
        unknown = set(changes) - names
        if unknown:
            raise KeyError(min(unknown))
        with self._lock:
            for name, value in changes.items():
                if name == "failures":
                    self.failures = [item if isinstance(item, Failure) else Failure(**item) for item in value]
                else:
                    setattr(self, name, value)
            if "seed" in changes:
                self._random = random.Random(self.seed)  # noqa: S311

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def delay(self, seconds: float) -> float:
        """``seconds``, or none in fast mode."""
        return 0.0 if self.fast else seconds

    def chance(self, rate: float) -> bool:
        if rate <= 0:
            return False
        with self._lock:
            return self._random.random() < rate

    def below(self, limit: int) -> int:
        """A random index below ``limit``."""
        with self._lock:
            return self._random.randrange(limit)

    def between(self, low: float, high: float) -> float:
        with self._lock:
            return self._random.uniform(low, high)

    def shuffled(self, items: list[T]) -> list[T]:
        """A copy in another order."""
        with self._lock:
            return self._random.sample(items, len(items))

    def strike(
        self, operation: Operation, session: str | None, chat: str | None, *kinds: FailureKind
    ) -> Failure | None:
        """The first failure of ``kinds`` that hits this call now; its count goes down by one."""
        for failure in list(self.failures):
            if failure.kind not in kinds or not failure.concerns(operation, session, chat):
                continue
            if failure.rate < 1 and not self.chance(failure.rate):
                continue
            with self._lock:
                if failure.count is not None and failure.count <= 0:
                    continue
                if failure.count is not None:
                    failure.count -= 1
            return failure
        return None
