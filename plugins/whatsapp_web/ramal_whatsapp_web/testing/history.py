"""What a linked device remembers: messages by chat, whether or not anyone was told of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ramal_whatsapp_web.testing.people import Person

Source = Literal["app", "api"]


@dataclass
class File:
    """A file of a message; its bytes stand in the file store under ``sha256``."""

    sha256: str
    mimetype: str
    filename: str | None
    size: int


@dataclass(eq=False)
class Message:
    """One message of one chat, from the business's side. ``at`` is in Unix seconds."""

    key: str
    chat: Person
    from_me: bool
    at: int
    kind: str
    body: str | None = None
    file: File | None = None
    location: dict[str, Any] | None = None
    vcards: tuple[str, ...] = ()
    quote: str | None = None
    forwarded: bool = False
    source: Source = "app"
    ack: int = 1
    poll: dict[str, Any] | None = None
    #: A ready object of WhatsApp's own for kinds that have no builder.
    raw: dict[str, Any] | None = None
    #: Whether it left the provider's server; False while a session only pretends to work.
    carried: bool = True


@dataclass
class Chat:
    """One conversation of a device."""

    person: Person
    messages: list[Message] = field(default_factory=list)
    unread: int = 0

    @property
    def newest(self) -> Message:
        """The latest by time; of one second, the one that came last."""
        return max(reversed(self.messages), key=lambda message: message.at)


class History:
    """The messages of one device."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self._by_key: dict[str, Message] = {}

    def add(self, message: Message) -> None:
        chat = self.chats.setdefault(id(message.chat), Chat(message.chat))
        chat.messages.append(message)
        chat.unread = 0 if message.from_me else chat.unread + 1
        self._by_key[message.key] = message

    def find(self, key: str) -> Message | None:
        return self._by_key.get(key)

    def remove(self, key: str) -> None:
        """Forget a message that was deleted for everyone."""
        message = self._by_key.pop(key, None)
        if message is not None:
            self.chats[id(message.chat)].messages.remove(message)

    def chat(self, person: Person) -> Chat | None:
        return self.chats.get(id(person))

    def overview(self) -> list[Chat]:
        """Chats with messages, the one with the newest first."""
        held = [chat for chat in self.chats.values() if chat.messages]
        return sorted(held, key=lambda chat: chat.newest.at, reverse=True)

    def newest_first(self, person: Person) -> Iterator[Message]:
        """The chat's messages by time, newest first; those of one second in reverse order of arrival."""
        chat = self.chat(person)
        ordered = sorted(chat.messages, key=lambda message: message.at) if chat else []
        return reversed(ordered)

    def all(self) -> Iterator[Message]:
        return iter(self._by_key.values())
