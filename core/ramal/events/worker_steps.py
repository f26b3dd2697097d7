"""What the worker's loops do in one round for the event log."""

from __future__ import annotations

from dataclasses import dataclass

from ramal.events.delivery import deliver, waiting_work
from ramal.events.sequencer import sequence


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the work that one of ``count`` processes looks at first; ``number`` counts from 0."""

    number: int = 0
    count: int = 1

    def of(self, buckets: list[int]) -> list[int]:
        """Its own among ``buckets``; all of them when none is its own, so that nobody idles beside a backlog."""
        return [bucket for bucket in buckets if bucket % self.count == self.number] or buckets


EVERYTHING = Share()


def sequence_once() -> int:
    """Number what was committed. Answers how many events."""
    return sequence()


def deliver_once(share: Share = EVERYTHING) -> int:
    """Hand events to plugins, one batch for each organization that has some. Answers how many."""
    return sum(deliver(organization_id, share.of(buckets)) for organization_id, buckets in waiting_work().items())


def drain_events_once() -> int:
    """Number, then hand over. Answers how many events were handed over or tried again."""
    sequence_once()
    return deliver_once()
