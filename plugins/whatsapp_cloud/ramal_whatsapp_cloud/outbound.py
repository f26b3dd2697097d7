"""The body of ``POST /{phone_number_id}/messages`` for one outgoing message or reaction.

Limits are checked here, before anything leaves: the provider's own refusal of a long button title
comes as a bare "parameter value is not valid". Every check raises InvalidPayload with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ramal.api import InvalidPayload, Outbound, OutboundChange, OutboundFile
from ramal.api import gettext as _
from ramal_whatsapp_cloud import limits
from ramal_whatsapp_cloud.parse.people import alias_of

Body = dict[str, Any]


def message_body(outbound: Outbound, media_id: str | None = None) -> Body:
    """The whole body; ``media_id`` is that of the uploaded file, for kinds that carry one."""
    build = _CONTENT.get(outbound.kind)
    if build is None:
        raise InvalidPayload(_("WhatsApp can't send messages of kind %(kind)s.", kind=outbound.kind))
    body: Body = {
        "messaging_product": "whatsapp",
        **recipient(outbound),
        **build(outbound, media_id),
        "biz_opaque_callback_data": within(outbound.client_ref, limits.OPAQUE, "client_ref"),
    }
    if outbound.reply_to:
        body["context"] = {"message_id": outbound.reply_to}
    return body


def reaction_body(change: OutboundChange) -> Body:
    """A reaction is a message of its own; an empty emoji takes it back. Nothing else can be changed with this API."""
    if change.kind != "reaction":
        raise InvalidPayload(_("WhatsApp's official API can't edit or delete messages."))
    return {
        "messaging_product": "whatsapp",
        **recipient(change),
        "type": "reaction",
        "reaction": {"message_id": change.target, "emoji": change.emoji or ""},
        "biz_opaque_callback_data": within(change.client_ref, limits.OPAQUE, "client_ref"),
    }


def recipient(outbound: Outbound | OutboundChange) -> Body:
    """``to`` for a phone or a group, ``recipient`` for a business-scoped id.

    A BSUID in ``to`` is accepted and silently dropped by the provider.
    """
    if any(alias.kind == "group" and alias.value == outbound.address for alias in outbound.aliases):
        return {"recipient_type": "group", "to": outbound.address}
    alias = alias_of(outbound.address)
    if alias is None:
        raise InvalidPayload(_("This person has no WhatsApp address."))
    field = "to" if alias.kind == "phone" else "recipient"
    return {"recipient_type": "individual", field: alias.value}


def check_file(kind: str, file: OutboundFile) -> None:
    """Refuse a file that the provider would refuse, with its limit in the sentence."""
    if file.size == 0:
        raise InvalidPayload(_("The file is empty."))
    if file.size > limits.MEDIA[kind]:
        most = limits.MEDIA[kind] / limits.MEGABYTE
        raise InvalidPayload(_("WhatsApp takes at most %(most).1f MB for this kind of file.", most=most))
    allowed = limits.MIME_TYPES.get(kind)
    if allowed and file.mime_type.split(";")[0].strip().lower() not in allowed:
        names = ", ".join(sorted(allowed))
        raise InvalidPayload(_("WhatsApp takes only these types here: %(types)s.", types=names))


def only_file(outbound: Outbound) -> OutboundFile:
    """The file of a media message: WhatsApp carries exactly one in each."""
    if len(outbound.files) != 1:
        raise InvalidPayload(_("A WhatsApp message carries exactly one file."))
    return outbound.files[0]


def within(text: str | None, most: int, what: str) -> str:
    """``text`` if it is not empty and has at most ``most`` characters."""
    if not text:
        raise InvalidPayload(_("%(what)s must not be empty.", what=what))
    if len(text) > most:
        raise InvalidPayload(_("%(what)s is longer than %(most)s characters.", what=what, most=most))
    return text


def _text(outbound: Outbound, _media_id: str | None) -> Body:
    text = within(outbound.body, limits.TEXT, _("The text"))
    return {"type": "text", "text": {"body": text, "preview_url": "http" in text}}


def _media(outbound: Outbound, media_id: str | None) -> Body:
    file = only_file(outbound)
    kind = "audio" if outbound.kind == "voice" else outbound.kind
    media: Body = {"id": media_id}
    if outbound.kind == "voice":
        media["voice"] = True
    if kind == "document":
        media["filename"] = file.filename
    if outbound.body:
        if outbound.kind in limits.CAPTIONLESS:
            raise InvalidPayload(_("WhatsApp sends no text together with audio or stickers."))
        media["caption"] = within(outbound.body, limits.CAPTION, _("The caption"))
    return {"type": kind, kind: media}


def _location(outbound: Outbound, _media_id: str | None) -> Body:
    place = outbound.payload
    if place.get("latitude") is None or place.get("longitude") is None:
        raise InvalidPayload(_("A location needs latitude and longitude."))
    keys = ("latitude", "longitude", "name", "address")
    return {"type": "location", "location": {key: place[key] for key in keys if place.get(key) is not None}}


def _contacts(outbound: Outbound, _media_id: str | None) -> Body:
    people = outbound.payload.get("contacts") or []
    if not 1 <= len(people) <= limits.CONTACTS:
        raise InvalidPayload(_("Between 1 and %(most)s contacts can be sent.", most=limits.CONTACTS))
    return {"type": "contacts", "contacts": [_card(person) for person in people]}


def _card(person: Mapping[str, Any]) -> Body:
    name = within(person.get("name"), limits.TEXT, _("The contact's name"))
    phones = [{"phone": phone, "type": "CELL"} for phone in person.get("phones") or ()]
    first = name.split()[0] if name.split() else name
    return {"name": {"formatted_name": name, "first_name": first}, "phones": phones}


def _interactive(outbound: Outbound, _media_id: str | None) -> Body:
    payload = outbound.payload
    build = {"button": _buttons, "list": _list}.get(str(payload.get("type")))
    if build is None:
        raise InvalidPayload(_("Only buttons and lists can be sent."))
    interactive: Body = {
        "type": payload["type"],
        "body": {"text": within(outbound.body, limits.INTERACTIVE_BODY, _("The text"))},
        "action": build(payload),
    }
    if payload.get("header"):
        header = within(payload["header"], limits.INTERACTIVE_HEADER, _("The header"))
        interactive["header"] = {"type": "text", "text": header}
    if payload.get("footer"):
        footer = within(payload["footer"], limits.INTERACTIVE_FOOTER, _("The footer"))
        interactive["footer"] = {"text": footer}
    return {"type": "interactive", "interactive": interactive}


def _buttons(payload: Mapping[str, Any]) -> Body:
    buttons = payload.get("buttons") or []
    if not 1 <= len(buttons) <= limits.BUTTONS:
        raise InvalidPayload(_("Between 1 and %(most)s buttons can be sent.", most=limits.BUTTONS))
    _distinct(button.get("id") for button in buttons)
    return {"buttons": [{"type": "reply", "reply": _button(button)} for button in buttons]}


def _button(button: Mapping[str, Any]) -> Body:
    return {
        "id": within(button.get("id"), limits.BUTTON_ID, _("The button's id")),
        "title": within(button.get("title"), limits.BUTTON_TITLE, _("The button's title")),
    }


def _list(payload: Mapping[str, Any]) -> Body:
    sections = payload.get("sections") or []
    rows = [row for section in sections for row in section.get("rows") or ()]
    if not 1 <= len(sections) <= limits.LIST_SECTIONS or not 1 <= len(rows) <= limits.LIST_ROWS:
        raise InvalidPayload(_("A list has between 1 and %(most)s rows.", most=limits.LIST_ROWS))
    _distinct(row.get("id") for row in rows)
    several = len(sections) > 1
    return {
        "button": within(payload.get("button"), limits.LIST_BUTTON, _("The list's button")),
        "sections": [_section(section, titled=several) for section in sections],
    }


def _section(section: Mapping[str, Any], *, titled: bool) -> Body:
    """A section; its title is required as soon as there are several."""
    built: Body = {"rows": [_row(row) for row in section.get("rows") or ()]}
    if titled or section.get("title"):
        built["title"] = within(section.get("title"), limits.SECTION_TITLE, _("The section's title"))
    if not built["rows"]:
        raise InvalidPayload(_("A section of a list must not be empty."))
    return built


def _row(row: Mapping[str, Any]) -> Body:
    built: Body = {
        "id": within(row.get("id"), limits.ROW_ID, _("The row's id")),
        "title": within(row.get("title"), limits.ROW_TITLE, _("The row's title")),
    }
    if row.get("description"):
        most = limits.ROW_DESCRIPTION
        built["description"] = within(row["description"], most, _("The row's description"))
    return built


def _distinct(ids: Any) -> None:
    values = list(ids)
    if len(set(values)) != len(values):
        raise InvalidPayload(_("Two choices have the same id."))


_CONTENT: Mapping[str, Callable[[Outbound, str | None], Body]] = {
    "text": _text,
    "image": _media,
    "video": _media,
    "audio": _media,
    "voice": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contact": _contacts,
    "interactive": _interactive,
}
