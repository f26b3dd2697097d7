"""Messages in both directions, and what is said about them: reactions, edits, revocations, ticks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ramal.api import (
    InboundItem,
    InboundMessage,
    MessageEdit,
    MessageRevoke,
    Reaction,
    Status,
    StatusUpdate,
    Typing,
)
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.waha.parse.content import (
    content_of,
    is_forwarded,
    is_undecrypted,
    text_of,
    unsupported,
)
from ramal_whatsapp_web.drivers.waha.parse.event import Event, left_out, unreadable
from ramal_whatsapp_web.drivers.waha.parse.ids import Jid, MessageId, jid, key_of, message_id, text
from ramal_whatsapp_web.drivers.waha.parse.people import chat_of, dig, id_of, is_mine, party_of

#: What WhatsApp still waits for has an id of its own: the message itself may come later.
WAITING = "waiting:"
_ACKS: Mapping[int, Status] = {
    -1: Status.FAILED,
    1: Status.SENT,
    2: Status.DELIVERED,
    3: Status.READ,
    4: Status.PLAYED,
}
_ACK_NAMES = {"ERROR": -1, "PENDING": 0, "SERVER": 1, "DEVICE": 2, "READ": 3, "PLAYED": 4}
_WRITING = frozenset({"typing", "recording"})


def parse_message(event: Event) -> Iterator[InboundItem]:
    """A message of a person, or one of ours: typed on the phone, or sent through the provider."""
    id_ = id_of(event)
    mine = is_mine(event, id_)
    chat = chat_of(event, id_, mine=mine)
    if id_ is None or chat is None:
        yield unreadable(event)
        return
    if not chat.is_person:
        yield left_out(event, chat.kind)
        return
    if is_undecrypted(event):
        yield _waiting(event, id_, chat, mine=mine)
        return
    yield _message(event, id_, chat, mine=mine)
    if not mine and _number(dig(event.data, "RetryCount")):
        # What the phone sent once more takes the place of the line that said we were waiting.
        yield MessageRevoke(f"{WAITING}{id_.key}", event.time(event.payload.get("timestamp")), f"came:{id_.key}")
    if mine and (tick := _tick(event, id_.key, event.payload)):
        yield tick


def _message(event: Event, id_: MessageId, chat: Jid, *, mine: bool) -> InboundMessage:
    content = content_of(event)
    return InboundMessage(
        party=party_of(event, chat, mine=mine),
        provider_id=id_.key,
        kind=content.kind,
        occurred_at=event.time(event.payload.get("timestamp")),
        body=content.body,
        payload=content.payload,
        attachments=content.attachments,
        reply_to=_quoted(event),
        direction="out" if mine else "in",
        forwarded=is_forwarded(event),
        own_send=mine and event.payload.get("source") == "api",
    )


def _quoted(event: Event) -> str | None:
    reply = event.payload.get("replyTo")
    return key_of(reply.get("id")) if isinstance(reply, Mapping) else key_of(reply)


def parse_waiting(event: Event) -> Iterator[InboundItem]:
    """A message that the session could not open yet: a visible placeholder."""
    id_ = id_of(event)
    mine = is_mine(event, id_)
    chat = chat_of(event, id_, mine=mine)
    if id_ is None or chat is None:
        yield unreadable(event)
    elif not chat.is_person:
        yield left_out(event, chat.kind)
    else:
        yield _waiting(event, id_, chat, mine=mine)


def _waiting(event: Event, id_: MessageId, chat: Jid, *, mine: bool) -> InboundMessage:
    content = unsupported(event, reason="undecryptable")
    return InboundMessage(
        party=party_of(event, chat, mine=mine),
        provider_id=f"{WAITING}{id_.key}",
        kind=content.kind,
        occurred_at=event.time(event.payload.get("timestamp")),
        body=content.body,
        payload=content.payload,
        direction="out" if mine else "in",
    )


def parse_reaction(event: Event) -> Iterator[InboundItem]:
    """An emoji on a message; without one it was taken back."""
    id_ = id_of(event)
    reaction = event.payload.get("reaction")
    target = key_of(dig(reaction, "messageId"))
    mine = is_mine(event, id_)
    chat = chat_of(event, id_, mine=mine) or chat_of(event, message_id(dig(reaction, "messageId")), mine=mine)
    if target is None or chat is None:
        yield unreadable(event)
    elif not chat.is_person:
        yield left_out(event, chat.kind)
    else:
        yield Reaction(
            target=target,
            party=party_of(event, chat, mine=mine),
            occurred_at=event.time(event.payload.get("timestamp")),
            key=id_.key if id_ else event.fingerprint(event.payload),
            emoji=text(dig(reaction, "text")),
            direction="out" if mine else "in",
        )


def parse_edit(event: Event) -> Iterator[InboundItem]:
    """The author changed a message."""
    id_ = id_of(event)
    target = key_of(event.payload.get("editedMessageId")) or (id_.key if id_ else None)
    mine = is_mine(event, id_)
    chat = chat_of(event, id_, mine=mine)
    if target is None or chat is None:
        yield unreadable(event)
    elif not chat.is_person:
        yield left_out(event, chat.kind)
    else:
        moment = event.time(event.payload.get("timestamp"))
        body = text_of(event)
        own_id = id_.key if id_ and id_.key != target else None
        yield MessageEdit(
            target=target,
            occurred_at=moment,
            key=own_id or f"edit:{target}:{event.fingerprint(body, event.payload.get('timestamp'))}"[:250],
            party=None if mine else party_of(event, chat, mine=mine),
            body=body,
        )


def parse_revoke(event: Event) -> Iterator[InboundItem]:
    """The author deleted a message for everyone. ``before`` is often missing, ``after`` may be the deletion's own."""
    after, before = event.payload.get("after"), event.payload.get("before")
    inner = next((part for part in (after, before) if isinstance(part, Mapping)), event.payload)
    about = Event(event.name, inner, event.raw, event.received_at, event.me)
    id_ = id_of(about)
    target = key_of(event.payload.get("revokedMessageId")) or key_of(dig(before, "id")) or (id_.key if id_ else None)
    mine = is_mine(about, id_)
    chat = chat_of(about, id_, mine=mine)
    if target is None:
        yield unreadable(event)
    elif chat is not None and not chat.is_person:
        yield left_out(event, chat.kind)
    else:
        party = party_of(about, chat, mine=mine) if chat is not None and not mine else None
        yield MessageRevoke(target, about.time(inner.get("timestamp")), f"revoke:{target}", party)


def parse_ack(event: Event) -> Iterator[InboundItem]:
    """A tick of a message of ours; those of other people's messages say what was read on the phone."""
    id_ = id_of(event)
    if id_ is None:
        yield unreadable(event)
        return
    chat = chat_of(event, id_, mine=True)
    if is_mine(event, id_) and (chat is None or chat.is_person) and (tick := _tick(event, id_.key, event.payload)):
        yield tick


def _tick(event: Event, key: str, payload: Mapping[str, Any]) -> StatusUpdate | None:
    """The status an ``ack`` stands for; none while the message is still on its way to the server."""
    number = _number(payload.get("ack"))
    if number is None:
        number = _ACK_NAMES.get(str(payload.get("ackName") or "").upper())
    status = _ACKS.get(number) if number is not None else None
    if status is None:
        return None
    failed = status is Status.FAILED
    return StatusUpdate(
        provider_id=key,
        status=status,
        # Of a message itself only its own time is known; a tick has the time of its news.
        occurred_at=event.time(payload.get("timestamp") if event.name != "message.ack" else None),
        error={"code": "ACK_ERROR", "message": _("WhatsApp could not deliver this message.")} if failed else None,
        payload={"origin": "history"} if event.from_history else {},
    )


def parse_presence(event: Event) -> Iterator[InboundItem]:
    """A person is typing or recording."""
    chat = jid(event.payload.get("id"))
    if chat is None or not chat.is_person:
        return
    states = event.payload.get("presences")
    for state in states if isinstance(states, list) else ():
        if dig(state, "lastKnownPresence") in _WRITING:
            yield Typing(party_of(event, chat, mine=False))
            return


def parse_vote(event: Event) -> Iterator[InboundItem]:
    """What a person chose in a poll of ours."""
    vote, poll = event.payload.get("vote"), event.payload.get("poll")
    about = Event(event.name, vote if isinstance(vote, Mapping) else {}, event.raw, event.received_at, event.me)
    id_ = id_of(about)
    mine = is_mine(about, id_)
    chat = chat_of(about, id_, mine=mine)
    if id_ is None or chat is None:
        yield unreadable(event)
        return
    if not chat.is_person or mine:
        return
    options = [option for option in map(text, about.payload.get("selectedOptions") or ()) if option]
    yield InboundMessage(
        party=party_of(about, chat, mine=False),
        provider_id=id_.key,
        kind="interactive",
        occurred_at=about.time(about.payload.get("timestamp")),
        body=", ".join(options) or _("Took the vote back"),
        payload={"type": "poll_vote", "title": ", ".join(options), "options": options},
        reply_to=key_of(dig(poll, "id")),
    )


def parse_call(event: Event) -> Iterator[InboundItem]:
    """A call: a line in the conversation. It can be answered on the phone only."""
    chat = jid(event.payload.get("from"))
    if chat is None or not chat.is_person or event.payload.get("isGroup"):
        return
    step = event.name.partition(".")[2] or "received"
    sentences = {
        "received": _("Video call from this person") if event.payload.get("isVideo") else _("Call from this person"),
        "accepted": _("The call was answered on the phone"),
        "rejected": _("The call was not answered"),
    }
    yield InboundMessage(
        party=party_of(event, chat, mine=False),
        provider_id=f"call:{text(event.payload.get('id')) or event.fingerprint(event.payload)}:{step}"[:250],
        kind="system",
        occurred_at=event.time(event.payload.get("timestamp")),
        body=sentences.get(step) or sentences["received"],
        payload={"event": "call", "step": step},
        opens_conversation=step == "received",
        opens_window=False,
    )


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (OverflowError, TypeError, ValueError):
        return None
