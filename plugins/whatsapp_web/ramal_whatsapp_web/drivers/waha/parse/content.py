"""What a message says: its kind, words and files, from WAHA's fields and the engine's own.

The engines differ: WEBJS names a ``type``, GOWS and NOWEB carry WhatsApp's own message with one
field for its kind (``Message`` or ``message``). Whatever is not known becomes a visible placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ramal.api import MediaRef, MessageKind
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.waha.parse.event import Event
from ramal_whatsapp_web.drivers.waha.parse.ids import text
from ramal_whatsapp_web.drivers.waha.parse.people import dig

#: WhatsApp's own field → our kind.
_FIELDS: Mapping[str, MessageKind] = {
    "conversation": "text",
    "extendedTextMessage": "text",
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
    "locationMessage": "location",
    "liveLocationMessage": "location",
    "contactMessage": "contact",
    "contactsArrayMessage": "contact",
    "buttonsResponseMessage": "interactive",
    "listResponseMessage": "interactive",
    "templateButtonReplyMessage": "interactive",
    "interactiveResponseMessage": "interactive",
    "pollCreationMessage": "interactive",
    "pollCreationMessageV2": "interactive",
    "pollCreationMessageV3": "interactive",
}
#: WEBJS's ``type`` → our kind.
_TYPES: Mapping[str, MessageKind] = {
    "chat": "text",
    "text": "text",
    "image": "image",
    "video": "video",
    "gif": "video",
    "ptv": "video",
    "audio": "audio",
    "ptt": "voice",
    "voice": "voice",
    "document": "document",
    "sticker": "sticker",
    "location": "location",
    "vcard": "contact",
    "multi_vcard": "contact",
    "buttons_response": "interactive",
    "list_response": "interactive",
    "poll_creation": "interactive",
}
#: A message inside a message.
_WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "deviceSentMessage",
)
_UNDECRYPTED = frozenset({"ciphertext", "undecryptable"})
_MEDIA: frozenset[str] = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
#: Of a file's size in bytes: more are no size, and no column takes them.
_SIZE_DIGITS = 15
_VCARD_NAME = re.compile(r"^FN[^:\r\n]*:(.+)$", re.M | re.I)
_VCARD_PHONE = re.compile(r"^(?:item\d+\.)?TEL([^:\r\n]*):(.+)$", re.M | re.I)


@dataclass(frozen=True, slots=True)
class Content:
    """A message's content in the core's words."""

    kind: MessageKind
    body: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[MediaRef, ...] = ()


def content_of(event: Event) -> Content:
    """What the message of this event says; a placeholder where its parts make no sense: somebody did write it."""
    try:
        return _content_of(event)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return unsupported(event, text_of(event))


def _content_of(event: Event) -> Content:
    payload = event.payload
    proto = proto_of(event)
    kind = _kind(event, proto)
    words = text_of(event)
    if kind in _MEDIA:
        return Content(kind, words, attachments=(_file(event, proto),))
    if kind == "location":
        return _location(payload, proto, words)
    if kind == "contact":
        return _contacts(payload, proto, words)
    if kind == "interactive":
        return _interactive(event, proto, words)
    if kind == "text" and words:
        return Content("text", words)
    return unsupported(event, words)


def unsupported(event: Event, words: str | None = None, reason: str = "unknown_kind") -> Content:
    """A placeholder that keeps what came."""
    sentence = {
        "unknown_kind": _("A message of a kind that can't be shown yet. It can be read on the phone."),
        "undecryptable": _("WhatsApp is still waiting for this message. It can be read on the phone."),
    }[reason]
    raw = {key: value for key, value in event.payload.items() if key != "_data"}
    return Content("unsupported", words or sentence, {"reason": reason, "raw": raw})


def is_undecrypted(event: Event) -> bool:
    """Whether the phone has the message, and the session could not open it."""
    kind = event.payload.get("type") or event.data.get("type")
    return kind in _UNDECRYPTED or bool(event.data.get("IsUnavailable"))


def proto_of(event: Event) -> tuple[str, Mapping[str, Any]] | None:
    """WhatsApp's own field of the message and its value, out of its wrappers."""
    message = event.data.get("Message") or event.data.get("message")
    for _depth in range(5):
        if not isinstance(message, Mapping):
            return None
        wrapper = next((message[name] for name in _WRAPPERS if isinstance(message.get(name), Mapping)), None)
        if wrapper is None:
            break
        message = wrapper.get("message") or wrapper.get("Message")
    if not isinstance(message, Mapping):
        return None
    for name in _FIELDS:
        value = message.get(name)
        if isinstance(value, Mapping):
            return name, value
        if isinstance(value, str):
            return name, {"text": value}
    return None


def text_of(event: Event) -> str | None:
    """The words of a message, or the caption of a file."""
    for value in (event.payload.get("body"), event.payload.get("caption"), event.payload.get("text")):
        if isinstance(value, str) and value.strip():
            return value
    proto = proto_of(event)
    found = (dig(proto[1], name) for name in ("text", "caption", "contentText")) if proto else ()
    return next((value for value in found if isinstance(value, str) and value.strip()), None)


def is_forwarded(event: Event) -> bool:
    """Whether the message was forwarded to us."""
    proto = proto_of(event)
    flags = (event.data.get("isForwarded"), dig(proto[1], "contextInfo", "isForwarded") if proto else None)
    return any(flag is True for flag in flags)


def _kind(event: Event, proto: tuple[str, Mapping[str, Any]] | None) -> MessageKind:
    payload = event.payload
    known = _FIELDS.get(proto[0]) if proto else None
    known = known or _TYPES.get(text(payload.get("type")) or text(event.data.get("type")) or "")
    if known == "audio" and proto and (proto[1].get("ptt") or proto[1].get("PTT")):
        return "voice"
    if known:
        return known
    if payload.get("location"):
        return "location"
    if payload.get("vCards"):
        return "contact"
    if payload.get("hasMedia") or isinstance(payload.get("media"), Mapping):
        return _kind_of_file(text(dig(payload, "media", "mimetype")) or "")
    named = text(payload.get("type")) or text(event.data.get("type")) or event.data.get("Message")
    return "text" if payload.get("body") and not named else "unsupported"


def _kind_of_file(mimetype: str) -> MessageKind:
    family = mimetype.partition("/")[0]
    if mimetype.startswith("image/webp"):
        return "sticker"
    if mimetype.startswith("audio/ogg"):
        return "voice"
    return {"image": "image", "video": "video", "audio": "audio"}.get(family, "document")  # type: ignore[return-value]


def _file(event: Event, proto: tuple[str, Mapping[str, Any]] | None) -> MediaRef:
    """Where the file is. Its address does not live long, and is missing where nothing was downloaded."""
    media = event.payload.get("media")
    media = media if isinstance(media, Mapping) else {}
    own: Mapping[str, Any] = proto[1] if proto else {}
    size = media.get("filesize") or own.get("fileLength")
    return MediaRef(
        ref={
            "url": text(media.get("url")) or text(event.payload.get("mediaUrl")),
            "id": event.payload.get("id") if isinstance(event.payload.get("id"), str) else None,
            "error": text(media.get("error")),
        },
        mime_type=text(media.get("mimetype")) or text(own.get("mimetype")),
        filename=text(media.get("filename")) or text(own.get("fileName")),
        size=_size(size),
    )


def _size(claimed: Any) -> int | None:
    """Bytes; None for what is no size that a file can have, which must not keep its message from being stored."""
    digits = str(claimed)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _SIZE_DIGITS else None


def _location(payload: Mapping[str, Any], proto: tuple[str, Mapping[str, Any]] | None, words: str | None) -> Content:
    given = payload.get("location")
    given = given if isinstance(given, Mapping) else {}
    own: Mapping[str, Any] = proto[1] if proto else {}
    place = {
        "latitude": _number(given.get("latitude"), own.get("degreesLatitude")),
        "longitude": _number(given.get("longitude"), own.get("degreesLongitude")),
        "name": text(given.get("name")) or text(given.get("title")) or text(own.get("name")),
        "address": text(given.get("address")) or text(given.get("description")) or text(own.get("address")),
    }
    # WEBJS puts the map's picture into the body.
    body = words if words and len(words) < 300 else None
    return Content("location", body, {key: value for key, value in place.items() if value is not None})


def _number(*values: Any) -> float | None:
    for value in values:
        try:
            return float(value)
        except (TypeError, ValueError):
            continue
    return None


def _contacts(payload: Mapping[str, Any], proto: tuple[str, Mapping[str, Any]] | None, words: str | None) -> Content:
    cards = [card for card in payload.get("vCards") or () if isinstance(card, str)]
    own: Mapping[str, Any] = proto[1] if proto else {}
    if not cards:
        listed = own.get("contacts") if isinstance(own.get("contacts"), list) else [own]
        cards = [card for item in listed or () if isinstance(card := dig(item, "vcard"), str)]
    if not cards and words and "BEGIN:VCARD" in words:
        cards = [words]
    people = [_contact(card) for card in cards]
    return Content("contact", ", ".join(person["name"] for person in people) or words, {"contacts": people})


def _contact(card: str) -> dict[str, Any]:
    name = _VCARD_NAME.search(card)
    phones = [number.strip() for _parameters, number in _VCARD_PHONE.findall(card)]
    return {"name": name[1].strip() if name else (phones[0] if phones else "?"), "phones": phones}


def _interactive(event: Event, proto: tuple[str, Mapping[str, Any]] | None, words: str | None) -> Content:
    own: Mapping[str, Any] = proto[1] if proto else event.data
    if (proto and proto[0].startswith("pollCreation")) or event.data.get("type") == "poll_creation":
        return _poll(own, words)
    chosen = own.get("singleSelectReply")
    id_ = (
        text(own.get("selectedButtonID") or own.get("selectedButtonId"))
        or text(own.get("selectedID") or own.get("selectedId"))
        or text(dig(chosen, "selectedRowID") or dig(chosen, "selectedRowId"))
    )
    title = text(own.get("title")) or text(own.get("selectedDisplayText")) or words
    type_ = "list_reply" if chosen is not None else "button_reply"
    picked = {"type": type_, "id": id_, "title": title}
    return Content("interactive", words or title, {key: value for key, value in picked.items() if value})


def _poll(own: Mapping[str, Any], words: str | None) -> Content:
    title = text(own.get("name")) or text(own.get("pollName")) or words or "?"
    listed = own.get("options") or own.get("pollOptions") or ()
    options = [option for item in listed if (option := text(dig(item, "optionName") or dig(item, "name") or item))]
    body = "\n".join([title, *(f"- {option}" for option in options)])
    return Content("interactive", body, {"type": "poll", "title": title, "options": options})
