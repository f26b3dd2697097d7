"""Webhook bodies as the provider writes them: every kind of inbound message, and the ticks."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from typing import Any

#: Kinds whose object is a file.
FILE_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})


def new_wamid() -> str:
    """An id as the provider makes them: unique, opaque, with = and / in it."""
    return "wamid." + base64.b64encode(b"SIM" + secrets.token_bytes(21)).decode()


def envelope(waba_id: str, field: str, value: Mapping[str, Any], at: int | None = None) -> dict[str, Any]:
    """One change in one entry."""
    entry: dict[str, Any] = {"id": waba_id, "changes": [{"field": field, "value": dict(value)}]}
    if at is not None:
        entry["time"] = at
    return {"object": "whatsapp_business_account", "entry": [entry]}


def message(wamid: str, customer: Mapping[str, Any], content: Mapping[str, Any], at: int) -> dict[str, Any]:
    """An entry of ``messages[]``. ``content`` has ``type``, the type's object and, perhaps, context."""
    written: dict[str, Any] = {"id": wamid, "timestamp": str(at)}
    if customer.get("wa_id"):
        written["from"] = customer["wa_id"]
    if customer.get("user_id"):
        written["from_user_id"] = customer["user_id"]
    return written | dict(content)


def contact(customer: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of ``contacts[]``."""
    profile = {key: customer[key] for key in ("name", "username") if customer.get(key)}
    ids = {key: customer[key] for key in ("wa_id", "user_id") if customer.get(key)}
    return {"profile": profile, **ids}


def content(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """``type`` and the type's object, from a few options; a ready object in ``options[kind]`` wins.

    Raises KeyError for a kind that has no builder and no ready object.
    """
    built: dict[str, Any] = {"type": kind}
    if kind in options:
        built[kind] = options[kind]
    elif kind in FILE_KINDS:
        keys = ("id", "mime_type", "sha256", "caption", "filename", "voice", "animated")
        built[kind] = {key: options[key] for key in keys if options.get(key) is not None}
    else:
        built |= _BUILDERS[kind](options)
    if options.get("reply_to"):
        built["context"] = {"id": options["reply_to"], "from": options.get("business", "")}
    for key in ("context", "referral", "errors", "group_id", "identity"):
        if key in options:
            built[key] = options[key]
    return built


def status(
    wamid: str, word: str, to: str, client_ref: str | None, error: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An entry of ``statuses[]``; ``failed`` comes without pricing."""
    written: dict[str, Any] = {"id": wamid, "status": word, "timestamp": str(int(time.time()))}
    written["recipient_user_id" if "." in to else "recipient_id"] = to
    if client_ref is not None:
        written["biz_opaque_callback_data"] = client_ref
    if error is not None:
        written["errors"] = [dict(error)]
    elif word == "sent":
        written["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "category": "service",
            "type": "regular",
        }
    return written


def _text(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": {"body": options.get("body", "Olá!")}}


def _location(options: Mapping[str, Any]) -> dict[str, Any]:
    place = {"latitude": -23.561414, "longitude": -46.655881, "name": "Loja fictícia"}
    return {"location": place | {key: options[key] for key in place if key in options}}


def _contacts(options: Mapping[str, Any]) -> dict[str, Any]:
    name = options.get("card_name", "Fulana de Tal")
    phone = options.get("card_phone", "+55 11 90000-0009")
    first = name.split()[0]
    card = {
        "name": {"formatted_name": name, "first_name": first},
        "phones": [{"phone": phone, "type": "CELL"}],
    }
    return {"contacts": [card]}


def _button(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"button": {"text": options.get("title", "Sim"), "payload": options.get("button_id", "yes")}}


def _interactive(options: Mapping[str, Any]) -> dict[str, Any]:
    kind = options.get("interactive_type", "button_reply")
    reply = {"id": options.get("button_id", "yes"), "title": options.get("title", "Sim")}
    return {"interactive": {"type": kind, kind: reply}}


def _order(options: Mapping[str, Any]) -> dict[str, Any]:
    item = {"product_retailer_id": "SKU-1", "quantity": 2, "item_price": 19.9, "currency": "BRL"}
    return {"order": {"catalog_id": "1", "text": options.get("body", ""), "product_items": [item]}}


def _reaction(options: Mapping[str, Any]) -> dict[str, Any]:
    reaction = {"message_id": options["target"]}
    if options.get("emoji"):
        reaction["emoji"] = options["emoji"]
    return {"reaction": reaction}


def _edit(options: Mapping[str, Any]) -> dict[str, Any]:
    inner = {"type": "text", "text": {"body": options.get("body", "")}}
    return {"edit": {"original_message_id": options["target"], "message": inner}}


def _revoke(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"revoke": {"original_message_id": options["target"]}}


def _system(options: Mapping[str, Any]) -> dict[str, Any]:
    body = options.get("body", "Número alterado")
    return {"system": {"type": "user_changed_number", "body": body, "wa_id": options["new_wa_id"]}}


def _unsupported(options: Mapping[str, Any]) -> dict[str, Any]:
    details = "Message type is currently not supported."
    error = {"code": 131051, "title": "Message type unknown", "error_data": {"details": details}}
    return {"errors": [error], "unsupported": {"type": options.get("unsupported_type", "poll")}}


_BUILDERS = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
    "unsupported": _unsupported,
}
