"""Who wrote, by every name a payload gives: the chat's address, and the other of number and LID."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ramal.api import Alias, PartyRef
from ramal_whatsapp_web.drivers.waha.parse.event import Event
from ramal_whatsapp_web.drivers.waha.parse.ids import Jid, MessageId, jid, message_id, text

#: Aliases in this order: a number is known to other channels too.
_STRENGTH = {"phone": 0, "lid": 1}
_NAMES = (("Info", "PushName"), ("pushName",), ("notifyName",), ("verifiedBizName",))


def chat_of(event: Event, id_: MessageId | None = None, *, mine: bool = False) -> Jid | None:
    """The chat an event belongs to: from its message's id, else from ``from`` or ``to``."""
    payload = event.payload
    order = ("to", "from", "chatId") if mine else ("from", "chatId", "to")
    candidates = [id_.chat if id_ else None, *(payload.get(name) for name in order)]
    for found in map(jid, candidates):
        if found is not None and found.user not in event.me:
            return found
    return None


def party_of(event: Event, chat: Jid, *, mine: bool) -> PartyRef:
    """The person of a direct chat. ``address`` is the chat as it came: that is where answers go."""
    people = [chat, *(found for found in _others(event, mine=mine) if found.is_person)]
    found = {alias.kind: alias for alias in map(_alias, reversed(people)) if alias.value not in event.me}
    found.setdefault(chat.kind, _alias(chat))
    aliases = tuple(sorted(found.values(), key=lambda alias: _STRENGTH[alias.kind]))
    return PartyRef(aliases, f"{chat.user}@{chat.server}", name=None if mine else name_in(event))


def name_in(event: Event) -> str | None:
    """The name the person gave themselves."""
    for path in _NAMES:
        if name := text(dig(event.data, *path)):
            return name
    return text(event.payload.get("notifyName")) or text(event.payload.get("pushName"))


def dig(data: Any, *path: str) -> Any:
    """A value deep inside, or None."""
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def _alias(address: Jid) -> Alias:
    return Alias(address.kind, address.user)


def _others(event: Event, *, mine: bool) -> Iterator[Jid]:
    """Other addresses of the same person. In a message of ours the sender's are our own."""
    payload, data = event.payload, event.data
    info = data.get("Info") if isinstance(data.get("Info"), Mapping) else data
    key = data.get("key") if isinstance(data.get("key"), Mapping) else {}
    theirs: list[Any] = [
        dig(info, "RecipientAlt") if mine else dig(info, "SenderAlt"),
        *(dig(key, name) for name in ("remoteJidAlt", "remoteJid")),
        payload.get("to") if mine else payload.get("from"),
    ]
    if not mine:
        names = ("senderPn", "senderLid", "participantPn", "participantLid", "participantAlt")
        theirs += [dig(info, "Sender"), *(dig(key, name) for name in names), data.get("senderPn")]
    # WAHA's own mapping, where a version adds one.
    theirs += [payload.get(name) for name in ("fromLid", "fromPn", "lid", "pn", "chatIdAlt")]
    yield from _readable(theirs, event.me)


def _readable(values: Iterable[Any], me: frozenset[str]) -> Iterator[Jid]:
    for found in map(jid, values):
        if found is not None and found.user not in me:
            yield found


def is_mine(event: Event, id_: MessageId | None) -> bool:
    """Whether our side wrote it."""
    given = event.payload.get("fromMe")
    if isinstance(given, bool):
        return given
    return bool(id_ and id_.mine)


def id_of(event: Event) -> MessageId | None:
    """The id of the message an event is about."""
    return message_id(event.payload.get("id")) or message_id(event.data.get("key"))
