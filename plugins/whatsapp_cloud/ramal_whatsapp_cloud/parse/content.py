"""What a message says: the object of each ``type`` as kind, body, payload and files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ramal.api import MediaRef, MessageKind
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.document import loads
from ramal_whatsapp_cloud.parse.scope import errors_of, reason_of

Message = Mapping[str, Any]


@dataclass(frozen=True)
class Content:
    kind: MessageKind
    body: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[MediaRef, ...] = ()


def content_of(message: Message, raw: Mapping[str, Any], value_errors: tuple[Any, ...]) -> Content:
    """The content by ``type``; a placeholder with the raw message for a type we don't know.

    Also a placeholder when the type's own object is missing: WhatsApp then says why in the
    message's errors or in those of the whole value.
    """
    reader = READERS.get(message.get("type") or "")
    content = reader(message) if reader else None
    return content or placeholder(message, raw, value_errors)


def placeholder(message: Message, raw: Mapping[str, Any], value_errors: tuple[Any, ...]) -> Content:
    """A visible "we can't show this", with WhatsApp's reason if it gave one."""
    errors = [*errors_of(message.get("errors")), *errors_of(value_errors)]
    reason = reason_of(errors[0]) if errors else _("This kind of message is not supported yet.")
    kind = (message.get("unsupported") or {}).get("type") or message.get("type")
    return Content("unsupported", payload={"reason": reason, "type": kind, "raw": dict(raw)})


def _text(message: Message) -> Content | None:
    text = message.get("text")
    return Content("text", text.get("body") or "") if text is not None else None


def _media(kind: MessageKind) -> Callable[[Message], Content | None]:
    def read_media(message: Message) -> Content | None:
        media = message.get(kind) or {}
        if not (media.get("id") or media.get("url")):
            return None
        shown: MessageKind = "voice" if kind == "audio" and media.get("voice") else kind
        payload = {"animated": True} if media.get("animated") else {}
        return Content(shown, media.get("caption") or None, payload, (_media_ref(media),))

    return read_media


def _media_ref(media: Mapping[str, Any]) -> MediaRef:
    ref = {key: media[key] for key in ("id", "url") if media.get(key)}
    return MediaRef(
        ref,
        mime_type=media.get("mime_type") or None,
        filename=media.get("filename") or None,
        sha256=hex_digest(media.get("sha256")),
    )


def hex_digest(claimed: str | None) -> str | None:
    """A SHA-256 in hex, whether it came as hex or as base64; None when it is neither."""
    claimed = (claimed or "").strip()
    try:
        if len(claimed) == 64:
            return bytes.fromhex(claimed).hex()
        decoded = base64.b64decode(claimed, validate=True)
    except (ValueError, binascii.Error):
        return None
    return decoded.hex() if len(decoded) == 32 else None


def _location(message: Message) -> Content | None:
    place = message.get("location") or {}
    if place.get("latitude") is None or place.get("longitude") is None:
        return None
    return Content("location", place.get("name") or None, _present(place))


def _contacts(message: Message) -> Content | None:
    cards = message.get("contacts")
    if not cards:
        return None
    people = [_card(card) for card in cards]
    names = ", ".join(person["name"] for person in people if person["name"])
    payload: dict[str, Any] = {"contacts": people}
    if message.get("origin"):
        payload["origin"] = message["origin"]
    return Content("contact", names or None, payload)


def _card(card: Mapping[str, Any]) -> dict[str, Any]:
    name = card.get("name") or {}
    parts = (name.get("first_name"), name.get("last_name"))
    phones = [phone.get("phone") or phone.get("wa_id") for phone in card.get("phones") or ()]
    return {
        "name": name.get("formatted_name") or " ".join(part for part in parts if part),
        "phones": [phone for phone in phones if phone],
        "card": _present(card),
    }


def _button(message: Message) -> Content | None:
    button = message.get("button")
    if button is None:
        return None
    payload = {"type": "button", "id": button.get("payload"), "title": button.get("text")}
    return Content("interactive", button.get("text") or button.get("payload"), _present(payload))


def _interactive(message: Message) -> Content | None:
    interactive = message.get("interactive")
    if not interactive or not interactive.get("type"):
        return None
    kind = interactive["type"]
    reply = interactive.get(kind)
    if not isinstance(reply, dict):
        reply = {}
    payload = {"type": kind} | {key: value for key, value in reply.items() if key != "type"}
    if kind == "nfm_reply":
        payload["answers"] = _answers(reply.get("response_json"))
    return Content("interactive", _reply_text(kind, reply), _present(payload))


def _reply_text(kind: str, reply: Mapping[str, Any]) -> str:
    if kind == "call_permission_reply":
        accepted = reply.get("response") == "accept"
        return _("Accepted calls") if accepted else _("Declined calls")
    for key in ("title", "body", "name"):
        if isinstance(reply.get(key), str) and reply[key]:
            return str(reply[key])
    return kind


def _answers(response_json: str | None) -> Any:
    """The form's answers; it is a JSON *string* and may hold anything, or not be JSON at all."""
    try:
        return loads(response_json or "")
    except (ValueError, RecursionError):
        return None


def _order(message: Message) -> Content | None:
    order = message.get("order")
    if order is None:
        return None
    items = order.get("product_items") or []
    lines = [_order_line(item) for item in items]
    body = "\n".join([order["text"], *lines] if order.get("text") else lines)
    return Content("interactive", body or _("Order"), {"type": "order"} | _present(order))


def _order_line(item: Mapping[str, Any]) -> str:
    price = item.get("item_price")
    cost = "" if price is None else f" — {item.get('currency') or ''} {price:.2f}".rstrip()
    return f"{item.get('quantity') or 1:g} × {item.get('product_retailer_id') or '?'}{cost}"


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


READERS: Mapping[str, Callable[[Message], Content | None]] = {
    "text": _text,
    "image": _media("image"),
    "video": _media("video"),
    "document": _media("document"),
    "audio": _media("audio"),
    "voice": _media("voice"),
    "sticker": _media("sticker"),
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
}
