"""What kinds of event there are, and what each means to hooks and to sockets.

The areas above register their types at import; the log itself knows none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ramal.events.models import Event


@dataclass(frozen=True, slots=True)
class EventType:
    """``hook`` answers the event hook's name for an event (None: no hook), ``arguments`` its
    arguments; ``realtime`` is the type on the socket (None: not shown), ``envelope`` its data.
    """

    name: str
    hook: Callable[[Mapping[str, Any]], str | None] = lambda data: None
    arguments: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda data: {}
    realtime: str | None = None


TYPES: dict[str, EventType] = {}


def register_event_type(type_: EventType) -> EventType:
    """Add a type; its name must be new."""
    if type_.name in TYPES:
        raise ValueError(f"event type {type_.name!r} is registered twice")
    TYPES[type_.name] = type_
    return type_


def hook_of(event: Event) -> str | None:
    """The event hook this event stands for."""
    found = TYPES.get(event.type)
    return found.hook(event.data) if found else None
