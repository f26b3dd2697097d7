"""Event bodies as WAHA's GOWS engine writes them.

Shapes after WAHA's documentation of events and messages; ``_data`` after whatsmeow's ``events.Message``
(``Info`` with ``Chat``, ``Sender`` and their ``…Alt``, ``Message`` in protobuf's JSON names).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ramal_whatsapp_web.testing.history import File, History, Message
from ramal_whatsapp_web.testing.network import Account, Device, Happening
from ramal_whatsapp_web.testing.people import Person

ENVIRONMENT = {"version": "2026.9.1", "engine": "GOWS", "tier": "CORE", "browser": None}
ACK_NAMES = {-1: "ERROR", 0: "PENDING", 1: "SERVER", 2: "DEVICE", 3: "READ", 4: "PLAYED"}
#: Kind of a message: the protobuf message's field, and whatsmeow's MediaType.
_FILE_FIELDS = {
    "image": ("imageMessage", "image"),
    "video": ("videoMessage", "video"),
    "audio": ("audioMessage", "audio"),
    "voice": ("audioMessage", "ptt"),
    "document": ("documentMessage", "document"),
    "sticker": ("stickerMessage", "sticker"),
}
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True)
class View:
    """From where a payload is seen: the device, and the knobs that change its shape."""

    device: Device
    from_is_chat: bool = True
    #: Show the person under the other id of theirs.
    other: bool = False

    @property
    def account(self) -> Account:
        return self.device.account

    @property
    def history(self) -> History:
        return self.device.history

    def chat_id(self, person: Person) -> str:
        return (person.other_address if self.other else None) or person.address


def me(device: Device) -> dict[str, Any]:
    """The account behind a session, as ``me`` everywhere."""
    account = device.account
    who: dict[str, Any] = {"id": f"{account.number}@c.us", "pushName": account.name, "lid": f"{account.lid}@lid"}
    who["jid"] = device.jid
    if account.restricted_until is not None:
        who["reachoutTimelock"] = timelock(account)
    return who


def timelock(account: Account) -> dict[str, Any]:
    """WhatsApp's restriction on writing to new contacts."""
    until = account.restricted_until
    ends = int(until) if until is not None else None
    return {"enforcementType": "DEFAULT", "isActive": until is not None, "timeEnforcementEnds": ends}


def envelope(session: str, event: str, payload: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """The webhook's body around a payload. ``fields``: ``me`` and ``metadata``."""
    return {
        "id": f"evt_{ulid()}",
        "timestamp": int(time.time() * 1000),
        "event": event,
        "session": session,
        "metadata": fields.get("metadata") or {},
        "me": fields.get("me"),
        "payload": dict(payload),
        "engine": "GOWS",
        "environment": ENVIRONMENT,
    }


def ulid() -> str:
    """Lower-case ULID: 48 bits of milliseconds, 80 of chance."""
    return f"{_base32(int(time.time() * 1000), 10)}{_base32(secrets.randbits(40), 8)}{_base32(secrets.randbits(40), 8)}"


def _base32(number: int, length: int) -> str:
    return "".join([_CROCKFORD[(number >> shift) & 31] for shift in range(5 * length - 5, -1, -5)])


def serialized(from_me: bool, chat_id: str, key: str) -> str:
    return f"{'true' if from_me else 'false'}_{chat_id}_{key}"


def message(view: View, item: Message, media: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A message, as in ``message``, ``message.any`` and the history. ``media``: url, mimetype, filename, error."""
    chat_id = view.chat_id(item.chat)
    mine = f"{view.account.number}@c.us"
    by_chat = view.from_is_chat or not item.from_me
    quoted = view.history.find(item.quote) if item.quote else None
    return {
        "id": serialized(item.from_me, chat_id, item.key),
        "timestamp": item.at,
        "from": chat_id if by_chat else mine,
        "fromMe": item.from_me,
        "source": item.source,
        "body": item.body,
        "to": (None if view.from_is_chat else mine) if by_chat else chat_id,
        "participant": None,
        "hasMedia": item.file is not None,
        "media": dict(media) if media else None,
        "mediaUrl": media.get("url") if media else None,
        "ack": item.ack,
        "ackName": ACK_NAMES[item.ack],
        "location": _location(item),
        "vCards": list(item.vcards),
        "replyTo": _reply_to(view, item, quoted),
        "_data": {"Info": info(view, item), "Message": protobuf(view, item, quoted), "IsEphemeral": False},
    }


def info(view: View, item: Message) -> dict[str, Any]:
    """whatsmeow's MessageInfo: who, where, when, and the alternative ids as far as they are known."""
    chat = _jid(view.chat_id(item.chat))
    known = item.chat.known == "both" and item.chat.other_address
    alternative = _jid(item.chat.address if view.other else item.chat.other_address or "") if known else ""
    return {
        "Chat": chat,
        "Sender": view.device.jid if item.from_me else chat,
        "IsFromMe": item.from_me,
        "IsGroup": False,
        "AddressingMode": "lid" if chat.endswith("@lid") else "pn",
        "SenderAlt": "" if item.from_me else alternative,
        "RecipientAlt": alternative if item.from_me else "",
        "ID": item.key,
        "Type": "media" if item.file else "text",
        "PushName": view.account.name if item.from_me else item.chat.name,
        "Timestamp": datetime.fromtimestamp(item.at, UTC).isoformat().replace("+00:00", "Z"),
        "MediaType": _FILE_FIELDS[item.kind][1] if item.file else "",
        "Edit": "",
    }


def protobuf(view: View, item: Message, quoted: Message | None) -> dict[str, Any]:
    """The message's content in protobuf's JSON."""
    if item.raw is not None:
        return item.raw
    context = _context(view, item, quoted)
    if item.vcards:
        return _cards(item.vcards, context)
    content: dict[str, Any] = {"conversation": item.body or ""}
    if item.file is not None:
        content = {_FILE_FIELDS[item.kind][0]: _file_fields(item, item.file) | context}
    elif item.location is not None:
        content = {"locationMessage": _place(item.location) | context}
    elif item.poll is not None:
        content = {"pollCreationMessageV3": _poll(item.poll) | context}
    elif context:
        content = {"extendedTextMessage": {"text": item.body or ""} | context}
    return content


def _place(location: Mapping[str, Any]) -> dict[str, Any]:
    place = {"degreesLatitude": location["latitude"], "degreesLongitude": location["longitude"]}
    return place | {key: location[key] for key in ("name", "address") if location.get(key)}


def _cards(vcards: tuple[str, ...], context: dict[str, Any]) -> dict[str, Any]:
    cards = [{"displayName": card_name(card), "vcard": card} for card in vcards]
    if len(cards) == 1:
        return {"contactMessage": cards[0] | context}
    return {"contactsArrayMessage": {"contacts": cards} | context}


def _poll(poll: Mapping[str, Any]) -> dict[str, Any]:
    options = [{"optionName": name} for name in poll["options"]]
    selectable = 0 if poll.get("multipleAnswers") else 1
    return {"name": poll["name"], "options": options, "selectableOptionsCount": selectable}


def card_name(vcard: str) -> str:
    lines = (line.partition(":") for line in vcard.splitlines())
    return next((value.strip() for name, _, value in lines if name == "FN"), "")


def _file_fields(item: Message, file: File) -> dict[str, Any]:
    fields: dict[str, Any] = {"mimetype": file.mimetype, "fileLength": file.size, "mediaKey": file.sha256[:43] + "="}
    if item.body:
        fields["caption"] = item.body
    if file.filename:
        fields["fileName"] = file.filename
    if item.kind in {"audio", "voice"}:
        fields |= {"PTT": item.kind == "voice", "seconds": 2}
    return fields


def _context(view: View, item: Message, quoted: Message | None) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if item.quote:
        author = view.account.number if quoted and quoted.from_me else None
        context["stanzaID"] = item.quote
        context["participant"] = f"{author}@s.whatsapp.net" if author else _jid(view.chat_id(item.chat))
        context["quotedMessage"] = {"conversation": quoted.body or ""} if quoted else {}
    if item.forwarded:
        context |= {"isForwarded": True, "forwardingScore": 1}
    return {"contextInfo": context} if context else {}


def _reply_to(view: View, item: Message, quoted: Message | None) -> dict[str, Any] | None:
    if not item.quote:
        return None
    author = f"{view.account.number}@c.us" if quoted and quoted.from_me else view.chat_id(item.chat)
    return {"id": item.quote, "participant": author, "body": quoted.body if quoted else None, "_data": {}}


def _location(item: Message) -> dict[str, Any] | None:
    if item.location is None:
        return None
    place = item.location
    described = place.get("name") or place.get("address") or ""
    return {
        "description": described,
        "latitude": str(place["latitude"]),
        "longitude": str(place["longitude"]),
        "name": place.get("name"),
        "address": place.get("address"),
    }


def _jid(chat_id: str) -> str:
    return chat_id.replace("@c.us", "@s.whatsapp.net")


# --- what is not a message ------------------------------------------------------------------------------


def happening(view: View, item: Happening, at: float) -> dict[str, Any]:
    """The payload of everything but ``message`` and ``message.any``. ``at`` in Unix seconds."""
    builder = _BUILDERS[item.event]
    return builder(view, item, at)


def ack(view: View, item: Happening, at: float) -> dict[str, Any]:
    chat_id, level, key = view.chat_id(item.person), item.details["ack"], item.details["target"]
    return {
        "id": serialized(True, chat_id, key),
        "from": chat_id,
        "to": None,
        "participant": None,
        "fromMe": True,
        "ack": level,
        "ackName": ACK_NAMES[level],
        "_data": {"MessageIDs": [key], "Chat": _jid(chat_id), "Timestamp": _iso(at)},
    }


def reaction(view: View, item: Happening, at: float) -> dict[str, Any]:
    chat_id, details = view.chat_id(item.person), item.details
    target = view.history.find(details["target"])
    to_mine = target.from_me if target else bool(details.get("target_from_me"))
    return {
        "id": serialized(details["from_me"], chat_id, details["key"]),
        "timestamp": int(at),
        "from": chat_id,
        "fromMe": details["from_me"],
        "source": details.get("source", "app"),
        "to": None,
        "participant": None,
        "reaction": {"text": details["emoji"], "messageId": serialized(to_mine, chat_id, details["target"])},
    }


def edited(view: View, item: Happening, at: float) -> dict[str, Any]:
    details = item.details
    change = _change(item, at)
    payload = message(view, change)
    payload["_data"]["Message"] = {
        "protocolMessage": {
            "type": 14,
            "key": _target(view, item),
            "editedMessage": {"conversation": details["body"]},
        }
    }
    return payload | {"body": details["body"], "editedMessageId": details["target"]}


def revoked(view: View, item: Happening, at: float) -> dict[str, Any]:
    details = item.details
    after = message(view, _change(item, at))
    after["_data"]["Message"] = {"protocolMessage": {"type": 0, "key": _target(view, item)}}
    return {"after": after, "before": None, "revokedMessageId": details["target"], "_data": after["_data"]}


def _target(view: View, item: Happening) -> dict[str, Any]:
    """The key of the message that is edited or revoked."""
    chat = _jid(view.chat_id(item.person))
    return {"ID": item.details["target"], "fromMe": item.details["from_me"], "remoteJID": chat}


def _change(item: Happening, at: float) -> Message:
    """An edit or a revocation is a message of its own, with a key of its own."""
    details = item.details
    source = details.get("source", "app")
    return Message(details["key"], item.person, details["from_me"], int(at), "text", source=source)


def presence(view: View, item: Happening, at: float) -> dict[str, Any]:
    chat_id = view.chat_id(item.person)
    seen = {"participant": chat_id, "lastKnownPresence": item.details["presence"], "lastSeen": None}
    return {"id": chat_id, "presences": [seen]}


def vote(view: View, item: Happening, at: float) -> dict[str, Any]:
    chat_id, details = view.chat_id(item.person), item.details
    mine = f"{view.account.number}@c.us"
    return {
        "vote": {
            "id": serialized(False, chat_id, details["key"]),
            "to": mine,
            "from": chat_id,
            "fromMe": False,
            "participant": None,
            "selectedOptions": details["options"],
            "timestamp": int(at * 1000),
        },
        "poll": {"id": serialized(True, chat_id, details["target"]), "to": chat_id, "from": mine, "fromMe": True},
    }


def call(view: View, item: Happening, at: float) -> dict[str, Any]:
    details = item.details
    return {
        "id": details["key"],
        "from": view.chat_id(item.person),
        "timestamp": int(at),
        "isVideo": details.get("video", False),
        "isGroup": False,
        "_data": {"CallID": details["key"], "From": _jid(view.chat_id(item.person))},
    }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


_BUILDERS = {
    "message.ack": ack,
    "message.reaction": reaction,
    "message.edited": edited,
    "message.revoked": revoked,
    "presence.update": presence,
    "poll.vote": vote,
    "call.received": call,
    "call.rejected": call,
}
