"""What the business does through the API: sends, edits, revocations, reactions, receipts, typing."""

from __future__ import annotations

import base64
import binascii
import functools
import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2

from ramal_whatsapp_web.testing import payloads
from ramal_whatsapp_web.testing.history import File, Message
from ramal_whatsapp_web.testing.network import Device, Happening
from ramal_whatsapp_web.testing.people import Person, device_key
from ramal_whatsapp_web.testing.refusals import RefusalError, crashed
from ramal_whatsapp_web.testing.sessions import Session
from ramal_whatsapp_web.testing.world import World

Body = Mapping[str, Any]
_KINDS = {
    "sendImage": "image",
    "sendFile": "document",
    "sendVoice": "voice",
    "sendVideo": "video",
    "sendSticker": "sticker",
}
_MOST_BYTES = 100 * 1024 * 1024
FETCH_TIMEOUT = 20.0


class Sending:
    """One method for each thing that can be asked for; each raises RefusalError to refuse."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send(self, session: Session, operation: str, body: Body) -> dict[str, Any]:
        """Take a message: into the memory and the ledger, on its way, and announced. The API's answer."""
        file = self._file(body["file"]) if "file" in body else None
        with self._world.lock:
            device = session.working()
            chat = self._partner(device, str(body["chatId"]))
            message = self._message(device, chat, operation, body, file)
            self._accept(session, device, message, operation, str(body["chatId"]))
            return self.answer(device, message, str(body["chatId"]))

    def _message(self, device: Device, chat: Person, operation: str, body: Body, file: File | None) -> Message:
        message = Message(device_key(), chat, True, int(self._world.clock.time()), "text", source="api", ack=0)
        if operation == "forwardMessage":
            return self._forwarded(device, message, body)
        message.quote = key_of(body.get("reply_to"))
        message.body = body.get("text", body.get("caption"))
        if file is not None:
            message.file = file
            message.kind = _KINDS[operation]
        elif operation == "sendLocation":
            message.kind = "location"
            message.location = {"latitude": body["latitude"], "longitude": body["longitude"], "name": body.get("title")}
        elif operation == "sendContactVcard":
            message.kind = "contact"
            message.vcards = tuple(_vcard(contact) for contact in body["contacts"])
        elif operation == "sendPoll":
            message.kind, message.poll, message.body = "poll", dict(body["poll"]), body["poll"]["name"]
        elif operation == "sendList":
            message.kind, message.raw = "list", {"listMessage": dict(body["message"])}
            message.body = body["message"].get("description") or body["message"]["title"]
        return message

    def _forwarded(self, device: Device, message: Message, body: Body) -> Message:
        original = device.history.find(key_of(body["messageId"]) or "")
        if original is None:
            raise RefusalError(404, f"Message not found: {body['messageId']}")
        message.kind, message.body, message.file = original.kind, original.body, original.file
        message.location, message.vcards, message.forwarded = original.location, original.vcards, True
        return message

    def _accept(self, session: Session, device: Device, message: Message, operation: str, address: str) -> None:
        world = self._world
        failure = world.behaviour.strike("send", session.name, address, "lost", "ack_error")
        message.carried = not session.pretending
        reaches = message.carried and failure is None and message.chat.registered
        world.received.append(self._row(session, device, message, operation, address) | {"reached": reaches})
        device.history.add(message)
        if not message.carried:
            return  # a session that only pretends answers as if all were well
        world.announce(session, Happening("message.any", message.chat, message))
        for other in device.account.devices:
            if other is not device:
                echo = replace(message, source="app")
                world.network.tell_device(other, Happening("message.any", message.chat, echo))
        if failure is None:
            world.carry(device, message)
        elif failure.kind == "ack_error":
            world.report(device, message, [-1])

    def _row(self, session: Session, device: Device, message: Message, operation: str, address: str) -> dict[str, Any]:
        bubble = self._world.bubble(device.account, message)
        return {
            "at": self._world.clock.time(),
            "operation": operation,
            "session": session.name,
            "number": device.account.number,
            "to": address,
            "person": message.chat.id,
            "key": message.key,
            "kind": message.kind,
            "text": message.body,
            "file": bubble.file,
            "quote": message.quote,
            "details": bubble.details,
        }

    def _partner(self, device: Device, chat_id: str) -> Person:
        """Whom the chat id names. Raises RefusalError for nonsense, groups, and numbers without WhatsApp."""
        if not re.fullmatch(r"\+?\d{5,20}(@c\.us|@lid|@s\.whatsapp\.net)?", chat_id):
            raise RefusalError(422, f"chatId is not one of a direct chat: {chat_id}")
        person = self._world.network.chat_partner(chat_id)
        if self._world.behaviour.refuse_unknown and not person.registered:
            raise crashed("no LID found for user")
        until = device.account.restricted_until
        fresh = device.history.chat(person) is None
        if until is not None and until > self._world.clock.time() and fresh:
            raise crashed("server returned error 463")
        return person

    def _file(self, file: Body) -> File:
        """Bytes from base64, or fetched from the caller's URL as the provider does."""
        if file.get("data") is not None:
            try:
                content = base64.b64decode(file["data"], validate=True)
            except (binascii.Error, ValueError):
                raise RefusalError(400, ["file.data must be base64 encoded"]) from None
        else:
            content = _fetch(str(file["url"]))
        if not content:
            raise crashed("file is empty")
        return self._world.keep(content, str(file["mimetype"]), file.get("filename"))

    def answer(self, device: Device, message: Message, chat_id: str) -> dict[str, Any]:
        """The answer to a send, in the shape of the engine that the knob names."""
        shape = self._world.behaviour.id_shape
        full = payloads.serialized(True, chat_id if "@" in chat_id else f"{chat_id}@c.us", message.key)
        if shape == "webjs":
            remote = full.split("_")[1]
            parts = {"fromMe": True, "remote": remote, "id": message.key, "_serialized": full}
            return {"id": parts, "ack": 0, "body": message.body, "timestamp": message.at}
        if shape == "noweb":
            key = {"remoteJid": chat_id.replace("@c.us", "@s.whatsapp.net"), "fromMe": True, "id": message.key}
            return {"key": key, "messageTimestamp": str(message.at), "status": "PENDING"}
        view = payloads.View(device)
        return {"id": full, "_data": {"Info": payloads.info(view, message)}}

    # --- changes to messages ----------------------------------------------------------------------

    def edit(self, session: Session, chat_id: str, message_id: str, text: str) -> dict[str, Any]:
        """Change our own words."""
        with self._world.lock:
            device, message = self._own(session, message_id)
            bubble = message.chat.bubble(device.account.number, message.key)
            if bubble is not None and not session.pretending:
                bubble.text, bubble.edited = text, True
            details = {"key": device_key(), "target": message.key, "body": text, "from_me": True, "source": "api"}
            return self._changed(session, device, message, "edit", "message.edited", details, chat_id)

    def revoke(self, session: Session, chat_id: str, message_id: str) -> dict[str, Any]:
        """Delete for everyone."""
        with self._world.lock:
            device, message = self._own(session, message_id)
            bubble = message.chat.bubble(device.account.number, message.key)
            if bubble is not None and not session.pretending:
                bubble.revoked = True
            details = {"key": device_key(), "target": message.key, "from_me": True, "source": "api"}
            return self._changed(session, device, message, "revoke", "message.revoked", details, chat_id)

    def react(self, session: Session, message_id: str, emoji: str) -> dict[str, Any]:
        """Put an emoji on a message, ours or theirs; "" takes it back."""
        with self._world.lock:
            device = session.working()
            message = device.history.find(key_of(message_id) or "")
            if message is None:
                raise RefusalError(404, f"Message not found: {message_id}")
            bubble = message.chat.bubble(device.account.number, message.key)
            if bubble is not None and not session.pretending:
                bubble.reactions = without(bubble.reactions, device.account.number, emoji)
            details = {"key": device_key(), "target": message.key, "emoji": emoji, "from_me": True, "source": "api"}
            return self._changed(session, device, message, "react", "message.reaction", details, message.chat.address)

    def _own(self, session: Session, message_id: str) -> tuple[Device, Message]:
        device = session.working()
        message = device.history.find(key_of(message_id) or "")
        if message is None or not message.from_me:
            raise RefusalError(404, f"Message not found: {message_id}")
        return device, message

    def _changed(
        self,
        session: Session,
        device: Device,
        message: Message,
        operation: str,
        event: str,
        details: dict[str, Any],
        chat_id: str,
    ) -> dict[str, Any]:
        row = {"at": self._world.clock.time(), "operation": operation, "session": session.name}
        row |= {"number": device.account.number, "to": chat_id, "person": message.chat.id}
        self._world.received.append(row | {name: details.get(name) for name in ("key", "target", "body", "emoji")})
        self._world.network.tell_device(device, Happening(event, message.chat, details=details))
        change = Message(details["key"], message.chat, True, int(self._world.clock.time()), "text", source="api")
        return self.answer(device, change, chat_id)

    # --- receipts and typing ------------------------------------------------------------------------

    def seen(self, session: Session, chat_id: str, message_ids: list[str]) -> list[str]:
        """Blue ticks on the person's phone; all unread ones without ids. The keys that were marked."""
        with self._world.lock:
            device = session.working()
            person = self._world.network.chat_partner(chat_id)
            chat = device.history.chat(person)
            keys = [key_of(message_id) or "" for message_id in message_ids]
            if not keys and chat is not None and chat.unread:
                theirs = [message.key for message in chat.messages if not message.from_me]
                keys = theirs[-chat.unread :]
            for key in keys if not session.pretending else ():
                bubble = person.bubble(device.account.number, key)
                if bubble is not None:
                    bubble.read = True
            if chat is not None:
                chat.unread = 0
            self._note(session, device, "seen", chat_id, person, {"keys": keys})
            return keys

    def typing(self, session: Session, chat_id: str, presence: str) -> None:
        """``typing``, ``recording``, ``paused``, ``online`` or ``offline``."""
        with self._world.lock:
            device = session.working()
            person = self._world.network.chat_partner(chat_id) if chat_id else None
            self._note(session, device, "presence", chat_id, person, {"presence": presence})

    def _note(
        self,
        session: Session,
        device: Device,
        operation: str,
        chat_id: str,
        person: Person | None,
        rest: dict[str, Any],
    ) -> None:
        row = {"at": self._world.clock.time(), "operation": operation, "session": session.name}
        row |= {"number": device.account.number, "to": chat_id, "person": person.id if person else None}
        self._world.received.append(row | rest)


def key_of(message_id: Any) -> str | None:
    """The bare key of ``true_5511…@c.us_3EB0…`` or of a key as it is."""
    if not message_id:
        return None
    parts = str(message_id).split("_")
    return parts[2] if len(parts) >= 3 and parts[0] in {"true", "false"} else str(message_id)


def without(reactions: dict[str, str], who: str, emoji: str) -> dict[str, str]:
    """One reaction a person: the new one in place of the old one, or none."""
    rest = {name: value for name, value in reactions.items() if name != who}
    return rest | ({who: emoji} if emoji else {})


def _vcard(contact: Mapping[str, Any]) -> str:
    if contact.get("vcard"):
        return str(contact["vcard"])
    phone = str(contact["phoneNumber"])
    waid = contact.get("whatsappId") or re.sub(r"\D", "", phone)
    name = contact["fullName"]
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL;type=VOICE;waid={waid}:{phone}\nEND:VCARD"


@functools.cache
def tls() -> ssl.SSLContext:
    """The machine's trusted certificates, read once."""
    return httpx2.create_ssl_context()


def _fetch(url: str) -> bytes:
    try:
        answer = httpx2.get(url, timeout=FETCH_TIMEOUT, follow_redirects=True, verify=tls())
        answer.raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise crashed(f"failed to fetch {url}: {type(error).__name__}") from None
    if len(answer.content) > _MOST_BYTES:
        raise crashed("file is too large")
    return answer.content
