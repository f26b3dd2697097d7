"""What the worker's loops do in one round for the event log."""

from __future__ import annotations

from ramal.events.delivery import deliver, waiting_work
from ramal.events.sequencer import sequence


def sequence_once() -> int:
    """Number what was committed. Answers how many events."""
    return sequence()


def deliver_once() -> int:
    """Hand events to plugins, one batch for each organization that has some. Answers how many."""
    return sum(deliver(organization_id, buckets) for organization_id, buckets in waiting_work().items())


def drain_events_once() -> int:
    """Number, then hand over. Answers how many events were handed over or tried again."""
    sequence_once()
    return deliver_once()
