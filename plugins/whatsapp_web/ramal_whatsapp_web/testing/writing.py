"""What happens outside: people write, react, edit, vote, type and call; owners use their own phone."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ramal_whatsapp_web.testing import pictures
from ramal_whatsapp_web.testing.history import Message
from ramal_whatsapp_web.testing.network import Device, Happening
from ramal_whatsapp_web.testing.people import Person, phone_key
from ramal_whatsapp_web.testing.sending import key_of, without
from ramal_whatsapp_web.testing.world import World

Options = Mapping[str, Any]
FILE_KINDS = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
PRESENCES = frozenset({"typing", "recording", "paused", "online", "offline"})
CHANGES = frozenset({"reaction", "edit", "revoke", "vote"})


class Writing:
    """Options are the same in Python and over ``/__control__``.

    Who and where: ``number`` or ``lid`` (with ``name``, ``known``, ``addressing``), ``to`` (the
    business's session name or number; the only one by default). What: ``kind`` (text, image, video, audio,
    voice, document, sticker, location, contact, unsupported; reaction, edit, revoke, vote; typing,
    recording, paused, online, offline; call) with ``body``; ``content`` (bytes) or ``data`` (base64),
    ``mimetype``, ``filename``; ``latitude``, ``longitude``, ``place``, ``address``; ``card_name``,
    ``card_phone``; ``reply_to``, ``forwarded``, ``timestamp`` (Unix seconds), ``key``, ``raw``;
    ``target`` with ``emoji``, ``body`` or ``options``.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def person_writes(self, options: Options) -> str:
        """A person does something; its key."""
        with self._world.lock:
            device = self._world.business(options.get("to"))
            person = self._world.person_of(options)
            return self._act(device, person, options, from_me=False)

    def owner_writes(self, options: Options) -> str:
        """The business's owner does something on the phone; devices hear it as an echo."""
        with self._world.lock:
            device = self._world.business(options.get("to"))
            person = self._world.person_of(options)
            return self._act(device, person, options, from_me=True)

    def owner_reads(self, options: Options) -> None:
        """The owner opens the chat on the phone: the person's messages get blue ticks, no event is sent."""
        with self._world.lock:
            device = self._world.business(options.get("to"))
            person = self._world.person_of(options)
            for bubble in person.chats.get(device.account.number, ()):
                bubble.read = bubble.read or bubble.author == "me"
            chat = device.history.chat(person)
            if chat is not None:
                chat.unread = 0

    def reveal(self, options: Options) -> None:
        """From now on devices know both number and LID of a person; ``options`` names both, or one."""
        with self._world.lock:
            person = self._world.person_of(options)
            person.known = "both"

    def _act(self, device: Device, person: Person, options: Options, *, from_me: bool) -> str:
        kind = str(options.get("kind") or "text")
        key = str(options.get("key") or phone_key())
        row = {"at": self._world.clock.time(), "kind": kind, "key": key, "number": person.number, "lid": person.lid}
        row |= {"to": device.account.number, "from_me": from_me}
        if kind in PRESENCES:
            happening = Happening("presence.update", person, details={"presence": kind})
        elif kind == "call":
            happening = Happening("call.received", person, details={"key": key, "video": bool(options.get("video"))})
        elif kind in CHANGES:
            happening = self._change(device, person, kind, key, options, from_me=from_me)
            row |= {name: happening.details.get(name) for name in ("target", "body", "emoji", "options")}
        else:
            message = self._message(person, kind, key, options, from_me=from_me)
            happening = Happening("message.any", person, message)
            bubble = self._world.bubble(device.account, message)
            person.show(device.account.number, bubble)
            row |= {"text": message.body, "file": bubble.file, "quote": message.quote, "details": bubble.details}
        if kind not in PRESENCES:
            self._world.written.append(row)
        self._world.network.tell(device.account, [happening])
        return key

    def _message(self, person: Person, kind: str, key: str, options: Options, *, from_me: bool) -> Message:
        at = int(options.get("timestamp") or self._world.clock.time())
        message = Message(key, person, from_me, at, kind, ack=1 if from_me else 2)
        message.quote, message.forwarded = key_of(options.get("reply_to")), bool(options.get("forwarded"))
        message.body = options.get("body")
        if kind in FILE_KINDS:
            content, mimetype, filename = _content(kind, options)
            message.file = self._world.keep(content, mimetype, filename)
        elif kind == "location":
            message.location = {
                "latitude": options.get("latitude", -23.561414),
                "longitude": options.get("longitude", -46.655881),
                "name": options.get("place", "Loja fictícia"),
                "address": options.get("address"),
            }
        elif kind == "contact":
            name, phone = options.get("card_name", "Fulana de Tal"), str(options.get("card_phone", "+5511900000009"))
            waid = phone.removeprefix("+")
            card = f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL;waid={waid}:{phone}\nEND:VCARD"
            message.vcards = (card,)
        elif kind == "text":
            message.body = options.get("body", "Olá!")
        else:
            message.raw = dict(options.get("raw") or {"interactiveMessage": {"header": {"title": kind}}})
        return message

    def _change(
        self, device: Device, person: Person, kind: str, key: str, options: Options, *, from_me: bool
    ) -> Happening:
        target = key_of(options["target"]) or ""
        who = device.account.number if from_me else "me"
        bubble = person.bubble(device.account.number, target)
        details: dict[str, Any] = {"key": key, "target": target, "from_me": from_me}
        if kind == "reaction":
            details["emoji"] = options.get("emoji") or ""
            details["target_from_me"] = bubble is not None and bubble.author != "me"
            if bubble is not None:
                bubble.reactions = without(bubble.reactions, who, details["emoji"])
            return Happening("message.reaction", person, details=details)
        if kind == "vote":
            return Happening("poll.vote", person, details=details | {"options": list(options["options"])})
        if kind == "edit":
            details["body"] = str(options["body"])
            if bubble is not None:
                bubble.text, bubble.edited = details["body"], True
            return Happening("message.edited", person, details=details)
        if bubble is not None:
            bubble.revoked = True
        return Happening("message.revoked", person, details=details)


def _content(kind: str, options: Options) -> tuple[bytes, str, str | None]:
    """The file that options bring, or a sample of the kind."""
    content, mimetype, filename = pictures.sample(kind)
    if options.get("content") is not None:
        content = bytes(options["content"])
    elif options.get("data") is not None:
        content = base64.b64decode(options["data"])
    return content, options.get("mimetype") or mimetype, options.get("filename") or filename
