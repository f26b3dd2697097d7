"""The provider's side of the world: its sessions, files and ledgers, and the webhooks that leave it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ramal_whatsapp_web.testing import payloads
from ramal_whatsapp_web.testing.behaviour import Behaviour
from ramal_whatsapp_web.testing.courier import Courier
from ramal_whatsapp_web.testing.files import FileStore
from ramal_whatsapp_web.testing.history import File, Message
from ramal_whatsapp_web.testing.ledger import Ledger
from ramal_whatsapp_web.testing.network import Account, Device, Happening, PhoneNetwork
from ramal_whatsapp_web.testing.people import Person, Seen
from ramal_whatsapp_web.testing.refusals import RefusalError, unknown_session
from ramal_whatsapp_web.testing.sessions import Session

#: Events that the knobs may lose, repeat and reorder.
LOSABLE = frozenset({"message", "message.any", "message.reaction", "message.edited", "message.revoked", "message.ack"})


class World:
    """State behind the API of one simulator; ``lock`` is the network's and guards all of it."""

    def __init__(self, behaviour: Behaviour, network: PhoneNetwork, data_dir: Path | None = None) -> None:
        self.behaviour = behaviour
        self.network = network
        self.clock = network.clock
        self.lock = network.lock
        self.sessions: dict[str, Session] = {}
        self.files = FileStore()
        self.courier = Courier(behaviour, network.clock)
        #: What the provider was asked to do, and what people and owners did; in order.
        self.received = Ledger(data_dir / "received.jsonl" if data_dir else None)
        self.written = Ledger(data_dir / "written.jsonl" if data_dir else None)
        #: Where files are fetched from; the simulator knows its own address.
        self.base_url = ""

    # --- sessions ---------------------------------------------------------------------------------

    def session(self, name: str) -> Session:
        """Raises RefusalError (404) for a name nobody created."""
        session = self.sessions.get(name)
        if session is None:
            raise unknown_session(name)
        return session

    def create(self, name: str | None, config: Mapping[str, Any], *, start: bool = True) -> Session:
        """A new session. Raises RefusalError (422) when the name is taken."""
        with self.lock:
            chosen = name or f"session_{secrets.token_hex(6)}"
            if chosen in self.sessions:
                raise RefusalError(422, f"Session '{chosen}' already exists. Use PUT to update it.")
            session = Session(chosen, config, self.network, self.behaviour, self)
            self.sessions[chosen] = session
            if start:
                session.start()
            return session

    def delete(self, name: str) -> None:
        """Unlink and forget a session; nothing happens when there is none."""
        with self.lock:
            session = self.sessions.pop(name, None)
            if session is not None:
                session.forget()

    def business(self, where: str | None = None) -> Device:
        """The linked device meant by a session's name or a number; the first linked one without either.

        Raises KeyError when none is linked.
        """
        with self.lock:
            if where in self.sessions and (device := self.sessions[where].device) is not None:
                return device
            numbers = [where] if where else list(self.network.accounts)
            for number in numbers:
                account = self.network.accounts.get(number)
                if account is not None and account.devices:
                    return account.devices[0]
        raise KeyError(f"no linked number: {where or 'none at all'}")

    # --- what leaves ------------------------------------------------------------------------------

    def announce_status(self, session: Session) -> None:
        payload: dict[str, Any] = {"name": session.name, "status": session.status, "statuses": list(session.statuses)}
        if session.data is not None and self.behaviour.status_data:
            payload["data"] = session.data
        self._post(session, "session.status", payload, lane=f"{session.name} status")

    def announce(self, session: Session, happening: Happening) -> None:
        """Tell the subscribers, unless the session has fallen silent."""
        if session.silent or self.behaviour.silent or session.device is None:
            return
        views = [payloads.View(session.device, self.behaviour.from_is_chat)]
        message = happening.message
        both_known = message is not None and happening.person.other_address
        if both_known and self.behaviour.chance(self.behaviour.two_ids_rate):
            views.append(replace(views[0], other=True))
        for view in views:
            self._announce_as(session, happening, view)

    def _announce_as(self, session: Session, happening: Happening, view: payloads.View) -> None:
        lane = f"{session.name} {happening.person.id}"
        message = happening.message
        if message is None:
            payload = payloads.happening(view, happening, self.clock.time())
            self._post(session, happening.event, payload, lane)
            return
        payload = payloads.message(view, message, self.media(session, message))
        self._post(session, "message.any", payload, lane)
        if not message.from_me:
            self._post(session, "message", payload, lane)

    def _post(self, session: Session, event: str, payload: Mapping[str, Any], lane: str) -> None:
        wanted = [target for target in session.targets if target.wants(event)]
        if not wanted:
            return
        metadata = session.config.get("metadata")
        body = payloads.envelope(session.name, event, payload, me=session.me, metadata=metadata)
        for target in wanted:
            self.courier.post(lane, target, event, body, losable=event in LOSABLE)

    def media(self, session: Session, message: Message, *, download: bool | None = None) -> dict[str, Any] | None:
        """``{url, mimetype, filename, error}`` of a message's file, fetchable from now on for its lifetime."""
        wanted = self.behaviour.download_media if download is None else download
        if message.file is None or not wanted:
            return None
        until = self.clock.time() + self.behaviour.files_lifetime
        path = self.files.link(session.name, message.key, message.file, until)
        base = self.behaviour.media_base_url or self.base_url
        return {
            "url": f"{base}/api/files/{path}",
            "mimetype": message.file.mimetype,
            "filename": message.file.filename,
            "error": None,
        }

    # --- messages of ours, on their way -------------------------------------------------------------

    def carry(self, device: Device, message: Message, acks: list[int] | None = None) -> None:
        """Bring a message of ours to the person's phone and report how it fares. ``acks`` instead of the knob's."""
        message.carried = True
        if message.chat.registered:
            message.chat.show(device.account.number, self.bubble(device.account, message))
            self.report(device, message, acks)

    def carry_waiting(self, session: Session) -> None:
        """A session works again: what it only pretended to send goes out now, or is lost."""
        device = session.device
        held = [item for item in device.history.all() if not item.carried] if device is not None else []
        for message in held:
            if device is not None and not self.behaviour.pretending_loses:
                self.carry(device, message)

    def bubble(self, account: Account, message: Message) -> Seen:
        """How a message looks on the person's phone."""
        author = account.number if message.from_me else "me"
        details = {"location": message.location, "vcards": list(message.vcards) or None, "poll": message.poll}
        return Seen(
            key=message.key,
            author=author,
            kind=message.kind,
            text=message.body,
            at=message.at,
            file=asdict(message.file) if message.file else None,
            quote=message.quote,
            forwarded=message.forwarded,
            details={name: value for name, value in details.items() if value},
        )

    def report(self, device: Device, message: Message, acks: list[int] | None) -> None:
        """Acks one after the other; those of the knobs without ``acks``."""
        behaviour = self.behaviour
        levels = list(behaviour.acks) if acks is None else acks
        if acks is None and not behaviour.auto_acks:
            return
        if acks is None and message.kind == "voice" and 3 in levels:
            levels.append(4)
        if behaviour.chance(behaviour.ack_shuffle_rate):
            levels = behaviour.shuffled(levels)
        if levels and behaviour.chance(behaviour.ack_duplicate_rate):
            levels.insert(behaviour.below(len(levels)), levels[behaviour.below(len(levels))])
        if levels and behaviour.chance(behaviour.ack_regress_rate):
            levels.append(min(levels))
        for position, level in enumerate(levels, start=1):
            self._ack_later(device, message, level, behaviour.delay(behaviour.ack_delay) * position)

    def _ack_later(self, device: Device, message: Message, level: int, seconds: float) -> None:
        self.clock.later(seconds, lambda: self._ack(device, message, level))

    def ack(self, device: Device, key: str, level: int) -> None:
        """Report an ack (-1..4) of a message of ours, whatever came before. Raises KeyError for an unknown key."""
        with self.lock:
            message = device.history.find(key)
            if message is None:
                raise KeyError(key)
            self._ack(device, message, level)

    def _ack(self, device: Device, message: Message, level: int) -> None:
        """Also of a message that was deleted meanwhile: its ticks were under way."""
        with self.lock:
            if device.holder is not None:
                details = {"target": message.key, "ack": level}
                self.network.tell_device(device, Happening("message.ack", message.chat, details=details))
            else:
                message.ack = max(message.ack, level) if level >= 0 else -1

    def keep(self, content: bytes, mimetype: str, filename: str | None) -> File:
        return self.files.keep(content, mimetype, filename)

    def person_of(self, where: Mapping[str, Any]) -> Person:
        """The person that options name: ``number`` or ``lid``, with ``name``, ``known``, ``addressing``."""
        keys = ("name", "known", "addressing")
        return self.network.person(
            where.get("number"), where.get("lid"), **{key: where[key] for key in keys if where.get(key)}
        )
