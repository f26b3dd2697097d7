"""A very bad day: many numbers, many people, every knob on, and what must have come of it.

The storm writes; whoever takes the messages in shows what stands in the inbox, and the verdict says
what is missing, twice there, or in the wrong place.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ramal_whatsapp_web.testing.simulator import WahaSimulator

#: Everything that can happen to a webhook or a tick, at once.
KNOBS: dict[str, Any] = {
    "duplicate_rate": 0.15,
    "two_ids_rate": 0.2,
    "reorder_rate": 0.2,
    "loss_rate": 0.1,
    "ack_duplicate_rate": 0.2,
    "ack_shuffle_rate": 0.3,
    "ack_regress_rate": 0.2,
    "ordered": False,
    "webhook_delay": 0.02,
    "ack_delay": 0.02,
}
CALM: dict[str, Any] = {
    **{name: 0.0 for name in KNOBS if name.endswith("_rate")},
    "ordered": True,
    "webhook_delay": 0.0,
    "failures": [],
}
#: How many of a hundred messages the owner types on the phone.
_ECHOES = 15
#: Seconds that a ban lasts, and a lost connection.
_BAN, _DROP = 0.2, 0.05


@dataclass(frozen=True)
class Verdict:
    """Bodies that are missing, that stand there more than once, and that follow a later one of their chat."""

    lost: list[str]
    doubled: list[str]
    misplaced: list[str]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.misplaced)


@dataclass
class Storm:
    """``messages`` over the linked ``sessions``, from ``people`` persons each."""

    waha: WahaSimulator
    sessions: Sequence[str]
    messages: int
    people: int = 5
    seed: int = 1
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 (chance, not secrecy)
        self._numbers = {
            session: [f"55119{80_000_000 + 1000 * place + person}" for person in range(self.people)]
            for place, session in enumerate(self.sessions)
        }
        self._began = int(time.time()) - self.messages // len(self.sessions) - 120

    @property
    def began(self) -> float:
        """Before the first message, in Unix seconds."""
        return self._began - 1.0

    def blow(self, step: Callable[[], None]) -> None:
        """Write everything, with troubles in between. ``step`` is called after each round of all numbers."""
        self.waha.configure(**KNOBS, seed=self.seed)
        rounds = self.messages // len(self.sessions)
        troubles = {rounds * share // 100: trouble for share, trouble in self._troubles().items()}
        for place in range(rounds):
            if trouble := troubles.get(place):
                trouble()
            for session in self.sessions:
                self._write(session, place)
            step()

    def calm(self) -> None:
        """End it all; every session works again, and has posted what it still posts."""
        self.waha.come_up()
        self.waha.configure(**CALM)
        for session in self.sessions:
            found = self.waha.session(session)
            with self.waha.world.lock:
                if found.silent or found.pretending or found.status not in {"WORKING", "STARTING"}:
                    found.restart()
            self.waha.wait_status(session, "WORKING")
        if not self.waha.wait_idle(60):
            raise TimeoutError("webhooks are still under way")

    def verdict(self, threads: Iterable[Sequence[str]]) -> Verdict:
        """``threads``: the bodies of each conversation, in the order it shows them; others than ours don't matter."""
        ours = set(self.written)
        seen: Counter[str] = Counter()
        misplaced = []
        for thread in threads:
            bodies = [body for body in thread if body in ours]
            seen.update(bodies)
            latest = ""
            for body in bodies:
                misplaced += [body] if body < latest else []
                latest = max(latest, body)
        doubled = [body for body, count in seen.items() if count > 1]
        return Verdict(sorted(ours - seen.keys()), doubled, misplaced)

    def _write(self, session: str, place: int) -> None:
        person = place % self.people
        body = f"{session[-6:]} {person:02} {place:06}"
        options = {
            "number": self._numbers[session][person],
            "name": f"Pessoa {person}",
            "known": "both" if person % 2 else "phone",
            "to": session,
            "body": body,
            "timestamp": self._began + place,
        }
        # The first word is the person's, so that there is somebody to answer.
        echo = place >= self.people and self._chance.randrange(100) < _ECHOES
        (self.waha.owner_writes if echo else self.waha.person_writes)(**options)
        self.written.append(body)

    def _troubles(self) -> dict[int, Callable[[], None]]:
        """What happens after so many percent of the messages."""
        first, second, third = (self.sessions[place % len(self.sessions)] for place in range(3))
        trouble = self.waha.trouble
        return {
            15: lambda: trouble.silence(first),
            30: self.waha.go_down,
            40: self.waha.come_up,
            50: lambda: self._once_working(second, lambda: trouble.drop(second, _DROP)),
            60: lambda: self._once_working(third, lambda: trouble.ban(third, _BAN)),
            75: lambda: self._again(third),
            85: lambda: trouble.pretend(second),
        }

    def _once_working(self, session: str, trouble: Callable[[], None]) -> None:
        self.waha.wait_status(session, "WORKING")
        trouble()

    def _again(self, session: str) -> None:
        with self.waha.world.lock:
            self.waha.session(session).restart()
