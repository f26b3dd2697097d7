"""The life of an outgoing message as one total order, so that ticks may come in any order.

The status shown is the furthest one reported. ``failed`` lies between sent and delivered: a late
"sent" does not take it back, a delivery does. ``unknown`` gives way to any word of the provider.
"""

from __future__ import annotations

from ramal.channels.types import Status

ORDER = (
    Status.QUEUED,
    Status.SENDING,
    Status.UNKNOWN,
    Status.ACCEPTED,
    Status.SENT,
    Status.FAILED,
    Status.DELIVERED,
    Status.READ,
    Status.PLAYED,
)
_RANK = {status.value: rank for rank, status in enumerate(ORDER)}


def advances(current: str | None, new: str) -> bool:
    """Whether ``new`` moves a message on from ``current``."""
    return current is None or _RANK[new] > _RANK[current]
