"""Ids as WAHA's engines write them.

A message is ``{fromMe}_{chat}_{KEY}[_{participant}]``, or only the ``KEY``. The KEY alone names it:
one message may come as ``…@lid_KEY`` and as ``…@c.us_KEY``, and in reactions ``fromMe`` is sometimes
said from the other person's side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SERIALIZED = re.compile(r"(?P<mine>true|false)_(?P<chat>[^_]+@[a-z.]+)_(?P<key>[^_]+)(?:_(?P<participant>.+))?")
_JID = re.compile(r"(?P<user>[^@:]+)(?::\d+)?@(?P<server>[a-z.]+)")
#: Two names of one server.
_PHONE_SERVERS = frozenset({"c.us", "s.whatsapp.net"})


@dataclass(frozen=True, slots=True)
class MessageId:
    """The parts of a message's id; only the key is always there."""

    key: str
    chat: str | None = None
    mine: bool | None = None
    participant: str | None = None


@dataclass(frozen=True, slots=True)
class Jid:
    """An address: its user part, and the kind of thing it addresses."""

    user: str
    server: str

    @property
    def kind(self) -> str:
        """phone, lid, group, newsletter, broadcast, or the server's name."""
        if self.server in _PHONE_SERVERS:
            return "phone"
        return {"lid": "lid", "g.us": "group", "newsletter": "newsletter", "broadcast": "broadcast"}.get(
            self.server, self.server
        )

    @property
    def is_person(self) -> bool:
        """Whether one person answers there."""
        return self.kind in {"phone", "lid"}


def message_id(value: Any) -> MessageId | None:
    """The id in any of its shapes: text, ``{_serialized}``, ``{id, fromMe, remote}``, ``{key: {id}}``."""
    if isinstance(value, str):
        return _from_text(value.strip())
    if not isinstance(value, Mapping):
        return None
    for name in ("_serialized", "key", "id", "ID"):
        if found := message_id(value.get(name)):
            return MessageId(
                found.key,
                found.chat or text(value.get("remote") or value.get("remoteJid")),
                found.mine if found.mine is not None else _flag(value.get("fromMe")),
                found.participant or text(value.get("participant")),
            )
    return None


def key_of(value: Any) -> str | None:
    """Only the key of an id."""
    found = message_id(value)
    return found.key if found else None


def jid(value: Any) -> Jid | None:
    """An address without its device; None for anything else."""
    if isinstance(value, Mapping):
        value = value.get("_serialized") or value.get("user")
    match = _JID.fullmatch(writable(value).strip()) if isinstance(value, str) else None
    return Jid(match["user"], match["server"]) if match else None


def text(value: Any) -> str | None:
    """A text that says something, or None; numbers as text. Always one that can be stored."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return (writable(value).strip() or None) if isinstance(value, str) else None


def writable(value: str) -> str:
    """Without what JSON can spell and no database keeps: NUL, and halves of characters."""
    return value.replace("\x00", "").encode(errors="replace").decode()


def _from_text(value: str) -> MessageId | None:
    """Ids are chosen by the sender's program. They are looked up as they are stored: without NUL, and writable."""
    value = writable(value)
    match = _SERIALIZED.fullmatch(value)
    if match:
        return MessageId(match["key"], match["chat"], match["mine"] == "true", match["participant"])
    return MessageId(value) if value and " " not in value else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
