"""People with WhatsApp on their phones, and what those phones show."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

#: What the business's devices know of a person: the number, the LID, or both.
Known = Literal["phone", "lid", "both"]
Addressing = Literal["phone", "lid"]

_MOBILE = re.compile(r"^55([1-9][1-9])9?([6-9]\d{7})$")


@dataclass
class Seen:
    """A bubble on a person's phone. ``author`` is a number, or "me" for their own."""

    key: str
    author: str
    kind: str
    text: str | None
    at: float
    file: dict[str, Any] | None = None
    quote: str | None = None
    forwarded: bool = False
    reactions: dict[str, str] = field(default_factory=dict)
    edited: bool = False
    revoked: bool = False
    #: Whether the other side's blue ticks came.
    read: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Person:
    """Someone of the outside world. ``number`` is as registered at WhatsApp: digits, perhaps without the 9."""

    name: str
    number: str | None = None
    lid: str | None = None
    known: Known = "phone"
    addressing: Addressing = "phone"
    #: False for a number that someone wrote to and that is not on WhatsApp.
    registered: bool = True
    #: Bubbles by chat (the business's number), in the order they came.
    chats: dict[str, list[Seen]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """One word for this person in ledgers."""
        return self.number or f"{self.lid}@lid"

    @property
    def address(self) -> str:
        """The chat id under which devices know this person: ``…@c.us`` or ``…@lid``."""
        by_lid = self.known == "lid" or (self.known == "both" and self.addressing == "lid")
        return f"{self.lid}@lid" if by_lid and self.lid else f"{self.number}@c.us"

    @property
    def other_address(self) -> str | None:
        """The other chat id, where both are known."""
        if self.known != "both" or not self.lid or not self.number:
            return None
        return f"{self.number}@c.us" if self.address.endswith("@lid") else f"{self.lid}@lid"

    def show(self, business: str, bubble: Seen) -> None:
        """Put a bubble at the end of the chat with ``business``."""
        self.chats.setdefault(business, []).append(bubble)

    def bubble(self, business: str, key: str) -> Seen | None:
        """The bubble with this key, newest first."""
        return next((seen for seen in reversed(self.chats.get(business, ())) if seen.key == key), None)

    def screen(self, business: str) -> list[dict[str, Any]]:
        """What the phone shows in the chat with ``business``, top to bottom."""
        return [asdict(seen) for seen in self.chats.get(business, ())]


def canonical(number: str) -> str:
    """One key for both spellings of a Brazilian mobile number."""
    match = _MOBILE.match(number)
    return f"55{match[1]}9{match[2]}" if match else number


def digits(address: str) -> str:
    """``5511…@c.us``, ``+55 11 …`` or ``123:7@s.whatsapp.net`` as digits."""
    return re.sub(r"\D", "", address.partition("@")[0].partition(":")[0])


def lid_for(number: str) -> str:
    """A LID that always belongs to this number: fifteen digits, as WhatsApp's."""
    return "2" + str(int(hashlib.sha256(number.encode()).hexdigest(), 16))[:14]


def phone_key() -> str:
    """The id of a message that a phone made: 32 hexadecimal digits."""
    return "3A" + secrets.token_hex(15).upper()


def device_key() -> str:
    """The id of a message that a linked device made: ``3EB0`` and 18 hexadecimal digits."""
    return "3EB0" + secrets.token_hex(9).upper()
