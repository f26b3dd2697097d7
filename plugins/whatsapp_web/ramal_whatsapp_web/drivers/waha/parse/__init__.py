"""From a webhook's bytes to the core's items.

``parse_delivery`` is a pure function, so a delivery may be read again at any time. An event that
makes no sense becomes a line in the channel's log; only a body that is no webhook raises ValueError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from ramal.api import AccountNotice, Delivery, InboundItem
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.waha.parse import messages
from ramal_whatsapp_web.drivers.waha.parse.event import Event, unreadable
from ramal_whatsapp_web.drivers.waha.parse.session import parse_session

Parser = Callable[[Event], Iterator[InboundItem]]

#: What we ask the provider to post. ``message.any`` holds all messages: never ``message`` beside it.
EVENTS: Mapping[str, Parser] = {
    "session.status": parse_session,
    "message.any": messages.parse_message,
    "message.reaction": messages.parse_reaction,
    "message.ack": messages.parse_ack,
    "message.edited": messages.parse_edit,
    "message.revoked": messages.parse_revoke,
    "message.waiting": messages.parse_waiting,
    "presence.update": messages.parse_presence,
    "poll.vote": messages.parse_vote,
    "call.received": messages.parse_call,
    "call.accepted": messages.parse_call,
    "call.rejected": messages.parse_call,
}
#: Events that say nothing about a conversation with a person, or say again what another one says.
IGNORED = frozenset({
    "message", "message.ack.group", "poll.vote.failed", "state.change", "engine.event", "chat.archive",
    "event.response", "event.response.failed",
})  # fmt: skip
_IGNORED_FAMILIES = ("group.", "label.")


def parse_delivery(delivery: Delivery, session: str) -> Iterator[InboundItem]:
    """Every item of one event, or of a list of events; those of other sessions are left out."""
    try:
        found = json.loads(delivery.raw)
    except (RecursionError, ValueError):
        raise ValueError(_("This is no delivery of the provider's: it is not JSON.")) from None
    for raw in found if isinstance(found, list) else [found]:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("event"), str):
            raise ValueError(_("This is no delivery of the provider's: it names no event."))
        if raw.get("session") in (None, session):
            yield from _items(Event.of(raw, delivery.received_at))


def _items(event: Event) -> Iterator[InboundItem]:
    parse = EVENTS.get(event.name)
    if parse is not None:
        yield from _carefully(parse, event)
    elif event.name not in IGNORED and not event.name.startswith(_IGNORED_FAMILIES):
        yield AccountNotice(
            title=_("The provider reports something that is not known yet: %(event)s", event=event.name),
            key=f"event:{event.name}",
            occurred_at=event.time(),
            payload={"event": event.name},
        )


def _carefully(parse: Parser, event: Event) -> Iterator[InboundItem]:
    """One event that nobody foresaw must not take its neighbours along."""
    try:
        items = list(parse(event))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        items = [unreadable(event)]
    yield from items
