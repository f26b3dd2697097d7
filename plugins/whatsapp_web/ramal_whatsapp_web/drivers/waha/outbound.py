"""The request that sends one message: where to, and its body.

Limits are checked here, before anything leaves: what is refused here raises InvalidPayload with a
sentence.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ramal.api import InvalidPayload, Outbound, OutboundFile, parse_phone
from ramal.api import gettext as _
from ramal_whatsapp_web import limits

Body = dict[str, Any]
#: Files up to here travel inside the request; the provider fetches larger ones by their link.
INLINE = 48 * limits.MEGABYTE
#: Bytes of a file read at once; a multiple of three, so that its base64 can be joined.
_CHUNK = 3 * 64 * 1024
_HOLE = "@@file@@"


@dataclass(frozen=True, slots=True)
class Request:
    """A send: its path and its body; ``file`` is the one whose bytes travel in it."""

    path: str
    body: Body
    file: OutboundFile | None = None


def request_of(outbound: Outbound, session: str, chat: str, reply_to: str | None) -> Request:
    """The request for a message to ``chat``; ``reply_to`` is the quoted message's whole id."""
    build = _BUILDERS.get(outbound.kind)
    if build is None:
        raise InvalidPayload(_("WhatsApp can't send messages of kind %(kind)s.", kind=outbound.kind))
    request = build(outbound)
    body = {"session": session, "chatId": chat, **request.body}
    if reply_to:
        body["reply_to"] = reply_to
    return Request(request.path, body, request.file)


def encoded(request: Request) -> tuple[Iterator[bytes], int]:
    """The body of a request with a file inside, piece by piece, and its length in bytes.

    A file of a hundred megabytes is never in memory as a whole.
    """
    assert request.file is not None
    # The key is looked for with its quotes, which no text inside the JSON has: a caption may say anything.
    before, after = json.dumps(request.body).split(f'"data": "{_HOLE}"')
    head, tail = f'{before}"data": '.encode(), after.encode()
    size = Path(request.file.path).stat().st_size
    length = len(head) + 1 + 4 * ((size + 2) // 3) + 1 + len(tail)
    return _pieces(head + b'"', request.file.path, b'"' + tail), length


def _pieces(head: bytes, path: str, tail: bytes) -> Iterator[bytes]:
    yield head
    with Path(path).open("rb") as content:
        while chunk := content.read(_CHUNK):
            yield base64.b64encode(chunk)
    yield tail


def within(text: str | None, most: int, what: str) -> str:
    """``text`` if it is not empty and has at most ``most`` characters."""
    if not text:
        raise InvalidPayload(_("%(what)s must not be empty.", what=what))
    if len(text) > most:
        raise InvalidPayload(_("%(what)s is longer than %(most)s characters.", what=what, most=most))
    return text


def _text(outbound: Outbound) -> Request:
    text = within(outbound.body, limits.TEXT, _("The text"))
    return Request("/api/sendText", {"text": text, "linkPreview": "http" in text})


def _file(outbound: Outbound) -> Request:
    if len(outbound.files) != 1:
        raise InvalidPayload(_("A WhatsApp message carries exactly one file."))
    file = outbound.files[0]
    _check(outbound.kind, file)
    path, extra = _ENDPOINTS[outbound.kind]
    body: Body = {"file": {"mimetype": file.mime_type, "filename": file.filename}, **extra}
    if outbound.body:
        if outbound.kind in limits.CAPTIONLESS:
            raise InvalidPayload(_("WhatsApp sends no text together with audio or stickers."))
        body["caption"] = within(outbound.body, limits.CAPTION, _("The caption"))
    if file.size > INLINE and file.url:
        body["file"]["url"] = file.url
        return Request(path, body)
    body["file"]["data"] = _HOLE
    return Request(path, body, file)


def _check(kind: str, file: OutboundFile) -> None:
    if file.size == 0:
        raise InvalidPayload(_("The file is empty."))
    if file.size > limits.MEDIA[kind]:
        most = limits.MEDIA[kind] // limits.MEGABYTE
        raise InvalidPayload(_("WhatsApp takes at most %(most)s MB for this kind of file.", most=most))
    allowed = limits.MIME_TYPES.get(kind)
    if allowed and file.mime_type.split(";")[0].strip().lower() not in allowed:
        raise InvalidPayload(_("WhatsApp takes only these types here: %(types)s.", types=", ".join(sorted(allowed))))


def _location(outbound: Outbound) -> Request:
    place = outbound.payload
    if place.get("latitude") is None or place.get("longitude") is None:
        raise InvalidPayload(_("A location needs latitude and longitude."))
    title = place.get("name") or place.get("address") or ""
    return Request(
        "/api/sendLocation", {"latitude": place["latitude"], "longitude": place["longitude"], "title": title}
    )


def _contacts(outbound: Outbound) -> Request:
    people = outbound.payload.get("contacts") or []
    if not 1 <= len(people) <= limits.CONTACTS:
        raise InvalidPayload(_("Between 1 and %(most)s contacts can be sent.", most=limits.CONTACTS))
    return Request("/api/sendContactVcard", {"contacts": [{"vcard": vcard(person)} for person in people]})


def vcard(person: Mapping[str, Any]) -> str:
    """A contact as the vCard that WhatsApp shows with a button to write to them."""
    name = _escaped(within(str(person.get("name") or ""), 200, _("The contact's name")))
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}"]
    for phone in person.get("phones") or ():
        try:
            number = parse_phone(str(phone))
        except ValueError:
            lines.append(f"TEL;type=CELL:{_escaped(str(phone))}")
        else:
            lines.append(f"TEL;type=CELL;type=VOICE;waid={number[1:]}:{number}")
    return "\n".join([*lines, "END:VCARD"])


def _escaped(value: str) -> str:
    flat = " ".join(value.split())
    return flat.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


#: Kind of file → where to, and what else is said. Voice and video are converted to what WhatsApp plays.
_ENDPOINTS: Mapping[str, tuple[str, Body]] = {
    "image": ("/api/sendImage", {}),
    "video": ("/api/sendVideo", {"convert": True}),
    "voice": ("/api/sendVoice", {"convert": True}),
    "audio": ("/api/sendFile", {}),
    "document": ("/api/sendFile", {}),
}
_BUILDERS: Mapping[str, Callable[[Outbound], Request]] = {
    "text": _text,
    **dict.fromkeys(_ENDPOINTS, _file),
    "location": _location,
    "contact": _contacts,
}
