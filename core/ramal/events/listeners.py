"""What the core itself does about what happened, beside the plugins' hooks.

A listener gets the events of its types in the order of the log, within the transaction that hands
them to plugins: what it writes takes effect exactly once, and after whatever made it happen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

#: Gets rows of ``events.queue.COLUMNS``, of one organization. Writes through ``db.session``; never commits.
Listener = Callable[[Sequence[Any]], None]

_LISTENERS: list[tuple[frozenset[str], Listener]] = []


def listen(types: Collection[str], listener: Listener) -> None:
    """Let an area above the log hear of these types. At import: all processes must agree."""
    _LISTENERS.append((frozenset(types), listener))


def heard(type_: str) -> bool:
    """Whether any listener wants events of this type."""
    return any(type_ in types for types, _listener in _LISTENERS)


def tell(events: Sequence[Any]) -> None:
    """Hand the events to the listeners that want them."""
    for types, listener in _LISTENERS:
        wanted = [event for event in events if event.type in types]
        if wanted:
            listener(wanted)
