"""What kinds of event there are, and what each means to hooks and to sockets.

The areas above register their types at import, plugins theirs at boot; the log itself knows none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ramal.errors import PluginError
from ramal.http.principal import Principal

if TYPE_CHECKING:
    from flask import Flask

    from ramal.events.models import Event
    from ramal.plugins.registry import PluginRecord

Data = Mapping[str, Any]


def _no_hook(_data: Data) -> str | None:
    return None


def _everything(data: Data) -> Data:
    return data


@dataclass(frozen=True, slots=True)
class EventType:
    """``hook`` answers the event hook's name for an event (None: no hook), ``arguments`` its
    arguments. ``realtime`` is the type on the socket (None: not shown), ``envelope`` its data,
    ``permission`` what a member needs to see it; ``visible`` may narrow it further. ``visitor``
    answers what the conversation's visitor may see of it (None, the default: nothing).
    """

    name: str
    hook: Callable[[Data], str | None] = _no_hook
    arguments: Callable[[Data], Data] = lambda data: {}
    realtime: str | None = None
    envelope: Callable[[Data], Data] = _everything
    permission: str = "conversation.read"
    visible: Callable[[Principal, Data], bool] | None = None
    visitor: Callable[[Data], Data | None] | None = None

    @property
    def silent(self) -> bool:
        """Whether no hook ever hears of it."""
        return self.hook is _no_hook

    def shown_to(self, principal: Principal, data: Data) -> bool:
        """Whether this member sees the event on the socket."""
        if not principal.can(self.permission):
            return False
        return self.visible is None or self.visible(principal, data)


TYPES: dict[str, EventType] = {}


def register_event_type(type_: EventType) -> EventType:
    """Add a type; its name must be new."""
    if type_.name in TYPES:
        raise ValueError(f"event type {type_.name!r} is registered twice")
    TYPES[type_.name] = type_
    return type_


def take_event_types(_app: Flask, record: PluginRecord, types: Iterable[Any]) -> None:
    """Add a plugin's types. PluginError for what is none, or is named as if it were somebody else's.

    Of several applications in one process, each brings them anew.
    """
    found = tuple(types)
    for type_ in found:
        if not isinstance(type_, EventType):
            raise PluginError(f"register_event_types answered with {type(type_).__name__}, where EventType is wanted")
        if not type_.name.startswith(f"{record.name}."):
            raise PluginError(f"the event type {type_.name!r} must be named {record.name}.<what>")
    TYPES.update({type_.name: type_ for type_ in found})


def hook_of(event: Event) -> str | None:
    """The event hook this event stands for."""
    found = TYPES.get(event.type)
    return found.hook(event.data) if found else None


def _addressed(principal: Principal, data: Data) -> bool:
    """A notification says whom it is for: members by id, or everybody with a permission."""
    wanted = data.get("permission")
    if wanted is not None and principal.can(wanted):
        return True
    return str(principal.user_id) in (data.get("user_ids") or ())


register_event_type(
    EventType("notification", realtime="notification", permission="conversation.read", visible=_addressed)
)
register_event_type(EventType("progress", realtime="progress", visible=_addressed))
# What plugins tell one another: ``data`` is the hook's argument as it is.
register_event_type(
    EventType("document.issued", hook=lambda _data: "on_document_issued", arguments=lambda data: {"document": data})
)
register_event_type(
    EventType("payment.received", hook=lambda _data: "on_payment_received", arguments=lambda data: {"payment": data})
)
