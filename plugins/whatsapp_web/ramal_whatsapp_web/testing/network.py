"""The phone network: numbers, people, and which device is linked to which number.

Several simulators may share one, as several providers share the real one: a number stays linked
with whoever holds a device's credentials, and only one place at a time can be connected with them.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ramal_whatsapp_web.testing.clock import Clock
from ramal_whatsapp_web.testing.history import History, Message
from ramal_whatsapp_web.testing.people import Addressing, Known, Person, canonical, digits, lid_for

PairingProblem = Literal["expired", "unknown", "wrong_number", "banned"]
STATE_FORMAT = "waha-simulator/1"


class PairingError(Exception):
    """The phone refuses to link: the code is ``expired`` or ``unknown``, the number is another, or banned."""

    def __init__(self, problem: PairingProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class NotLinkedError(Exception):
    """These credentials are worth nothing any more: the device was removed on the phone."""


@dataclass(frozen=True)
class Ban:
    """WhatsApp's verdict. ``until`` in Unix seconds; None is for good. Codes after whatsmeow's TempBanReason."""

    until: float | None = None
    code: int = 101
    message: str = "you sent too many messages to people who don't have you in their address books"


class BannedError(Exception):
    def __init__(self, ban: Ban) -> None:
        super().__init__(ban.message)
        self.ban = ban


@dataclass
class Happening:
    """Something a device learns from the network: a WAHA event and what it is about."""

    event: str
    person: Person
    message: Message | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Holder(Protocol):
    """Whoever is connected with a device's credentials: a session of a simulator."""

    @property
    def hears(self) -> bool:
        """Whether the network reaches it; False while it only pretends to work."""

    def learn(self, happening: Happening) -> None: ...
    def replaced(self) -> None: ...
    def unlinked(self) -> None: ...
    def banned(self, ban: Ban) -> None: ...


@dataclass(eq=False)
class Account:
    """A business's number: the phone that scans, and its devices."""

    number: str
    name: str
    lid: str
    ban: Ban | None = None
    #: Reachout timelock: no messages to people without an established chat (error 463).
    restricted_until: float | None = None
    devices: list[Device] = field(default_factory=list)


@dataclass(eq=False)
class Device:
    """One linked device: its credentials, its memory, and who uses it now."""

    id: int
    account: Account
    secret: str
    history: History = field(default_factory=History)
    holder: Holder | None = None
    #: What came while nobody could hear it.
    waiting: list[Happening] = field(default_factory=list)
    linked: bool = True

    @property
    def jid(self) -> str:
        return f"{self.account.number}:{self.id}@s.whatsapp.net"


class Pairing(Protocol):
    """A session that shows a QR code or a pairing code."""

    def paired(self, device: Device) -> None: ...


class PhoneNetwork:
    """``lock`` guards everything in it and in the sessions connected to it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.people: list[Person] = []
        self._by_number: dict[str, Person] = {}
        self._by_lid: dict[str, Person] = {}
        self._offers: dict[str, Pairing] = {}
        self._codes: dict[str, tuple[str, Pairing]] = {}
        self._expired: set[str] = set()

    # --- numbers and people -----------------------------------------------------------------------

    def account(self, number: str, name: str = "Loja Fictícia") -> Account:
        """The business's number, made on first use. ``number``: digits with country code."""
        with self.lock:
            plain = digits(number)
            if plain not in self.accounts:
                self.accounts[plain] = Account(plain, name, lid_for(plain))
            return self.accounts[plain]

    def person(
        self,
        number: str | None = None,
        lid: str | None = None,
        *,
        name: str | None = None,
        known: Known | None = None,
        addressing: Addressing | None = None,
        registered: bool = True,
    ) -> Person:
        """Find by number or LID, or make. ``known`` is what devices see: "phone", "lid" or "both".

        Without ``known`` a new person with a number is known by phone, one with only a LID by that.
        """
        with self.lock:
            plain, masked = digits(number or ""), digits(lid or "")
            if not plain and not masked:
                raise ValueError("a person needs a number or a LID")
            person, other = self._by_number.get(plain), self._by_lid.get(masked)
            if person is not None and other is not None and person is not other:
                raise ValueError(f"{plain} and {masked} are two people")
            person = person or other
            if person is None:
                person = Person(name or "Fulana de Tal", known="phone" if plain else "lid", registered=registered)
                self.people.append(person)
            person.number = plain or person.number
            person.lid = masked or person.lid or lid_for(plain)
            person.name = name or person.name
            person.known = known or person.known
            person.addressing = addressing or person.addressing
            person.registered = person.registered or registered
            self._index(person)
            return person

    def _index(self, person: Person) -> None:
        if person.number:
            self._by_number[person.number] = person
        if person.lid:
            self._by_lid[person.lid] = person

    def find(self, chat_id: str) -> Person | None:
        """Exactly this number or LID, as a device addresses it."""
        plain = digits(chat_id)
        return self._by_lid.get(plain) if chat_id.endswith("@lid") else self._by_number.get(plain)

    def registered(self, number: str) -> Person | None:
        """Who has WhatsApp on this phone, in either spelling of a Brazilian mobile number."""
        wanted = canonical(digits(number))
        with self.lock:
            found = (person for person in self.people if person.number and person.registered)
            return next((person for person in found if canonical(person.number or "") == wanted), None)

    def chat_partner(self, chat_id: str) -> Person:
        """Whom a device writes to; someone unknown is made, and is not on WhatsApp."""
        with self.lock:
            found = self.find(chat_id)
            if found is not None:
                return found
            plain = digits(chat_id)
            if chat_id.endswith("@lid"):
                return self.person(lid=plain, known="lid", registered=False)
            return self.person(number=plain, known="phone", registered=False)

    # --- linking ----------------------------------------------------------------------------------

    def offer(self, value: str, pairing: Pairing) -> None:
        """A session shows this QR code now."""
        self._offers[value] = pairing

    def offer_code(self, code: str, number: str, pairing: Pairing) -> None:
        """A session shows this pairing code to the owner of ``number``."""
        self._codes[code.replace("-", "")] = (canonical(digits(number)), pairing)

    def withdraw(self, value: str) -> None:
        """A QR code or pairing code is no longer shown."""
        plain = value.replace("-", "") if value.replace("-", "") in self._codes else value
        if self._offers.pop(plain, None) or self._codes.pop(plain, None):
            self._expired.add(plain)

    def scan(self, value: str, number: str, name: str = "Loja Fictícia") -> Device:
        """The phone of ``number`` scans a QR code. Raises PairingError."""
        with self.lock:
            pairing = self._offers.get(value)
            if pairing is None:
                raise PairingError("expired" if value in self._expired else "unknown")
            return self._link(pairing, number, name)

    def enter_code(self, code: str, number: str, name: str = "Loja Fictícia") -> Device:
        """The owner of ``number`` types a pairing code on the phone. Raises PairingError."""
        with self.lock:
            plain = code.replace("-", "").upper()
            meant, pairing = self._codes.get(plain, ("", None))
            if pairing is None:
                raise PairingError("expired" if plain in self._expired else "unknown")
            if canonical(digits(number)) != meant:
                raise PairingError("wrong_number")
            return self._link(pairing, number, name)

    def _link(self, pairing: Pairing, number: str, name: str) -> Device:
        account = self.account(number, name)
        if self._ban(account):
            raise PairingError("banned")
        device = self.new_device(account)
        pairing.paired(device)
        return device

    def new_device(self, account: Account, secret: str | None = None) -> Device:
        device = Device(len(account.devices) + 1, account, secret or secrets.token_urlsafe(48))
        account.devices.append(device)
        return device

    def attach(self, device: Device, holder: Holder) -> None:
        """Connect with a device's credentials; whoever was connected with them is put out.

        Raises NotLinkedError, BannedError.
        """
        with self.lock:
            if not device.linked:
                raise NotLinkedError
            ban = self._ban(device.account)
            if ban is not None:
                raise BannedError(ban)
            before, device.holder = device.holder, holder
            if before is not None and before is not holder:
                before.replaced()

    def detach(self, device: Device, holder: Holder) -> None:
        with self.lock:
            if device.holder is holder:
                device.holder = None

    def unlink(self, device: Device) -> None:
        """The owner removes the device on the phone (Linked devices > Log out)."""
        with self.lock:
            device.linked = False
            if device in device.account.devices:
                device.account.devices.remove(device)
            holder, device.holder = device.holder, None
            if holder is not None:
                holder.unlinked()

    def ban(self, account: Account, ban: Ban) -> None:
        """WhatsApp bans the number; all its devices are put out."""
        with self.lock:
            account.ban = ban
            for device in account.devices:
                holder, device.holder = device.holder, None
                if holder is not None:
                    holder.banned(ban)

    def _ban(self, account: Account) -> Ban | None:
        ban = account.ban
        if ban is not None and ban.until is not None and ban.until <= self.clock.time():
            account.ban = ban = None
        return ban

    # --- credentials that travel ------------------------------------------------------------------

    def export(self, device: Device) -> bytes:
        """A device's credentials; whoever has them can connect in its place."""
        account = device.account
        state = {"format": STATE_FORMAT, "number": account.number, "name": account.name, "secret": device.secret}
        return json.dumps(state).encode()

    def adopt(self, state: bytes) -> Device:
        """The device of exported credentials. One that this network has never seen is made.

        Raises ValueError for bytes that are no such state.
        """
        try:
            document = json.loads(state)
            known = document["format"] == STATE_FORMAT
            number, name, secret = document["number"], document["name"], document["secret"]
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise ValueError("these bytes are no state of a session")
        with self.lock:
            account = self.account(number, name)
            held = next((device for device in account.devices if device.secret == secret), None)
            return held or self.new_device(account, secret)

    # --- what happens -----------------------------------------------------------------------------

    def tell(self, account: Account, happenings: Iterable[Happening]) -> None:
        """All devices of a number learn of something, now or when they are back."""
        with self.lock:
            for device in list(account.devices):
                for happening in happenings:
                    self.tell_device(device, happening)

    def tell_device(self, device: Device, happening: Happening) -> None:
        with self.lock:
            if device.holder is not None and device.holder.hears:
                remember(device, happening)
                device.holder.learn(happening)
            else:
                device.waiting.append(happening)


def remember(device: Device, happening: Happening) -> None:
    """Change the device's memory as the happening says."""
    history, message, details = device.history, happening.message, happening.details
    if happening.event == "message.any" and message is not None:
        history.add(message)
        return
    target = history.find(str(details.get("target", "")))
    if target is None:
        return
    if happening.event == "message.edited":
        target.body = details["body"]
    elif happening.event == "message.revoked":
        history.remove(target.key)
    elif happening.event == "message.ack":
        target.ack = max(target.ack, details["ack"]) if details["ack"] >= 0 else -1
