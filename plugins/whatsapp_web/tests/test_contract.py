"""The framework's own suites, run over this plugin with both of its drivers."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from flask import current_app

from ramal.api import FailureClass, HttpClient, Status
from ramal.testing.channel_contract import ChannelSimulator, Item, SeenChange, channel_contract
from ramal.testing.plugin_contract import plugin_contract
from ramal_whatsapp_web.drivers.waha.signature import sign
from ramal_whatsapp_web.testing import WahaSimulator

SECRET = "the provider's and ours"
PEOPLE = {"ana": "5511987650101", "bia": "5511987650102"}
_ACKS = {Status.SENT: 1, Status.DELIVERED: 2, Status.READ: 3, Status.PLAYED: 4, Status.FAILED: -1}
_CHANGES: Mapping[str, Literal["reaction", "edit", "revoke"]] = {
    "react": "reaction",
    "edit": "edit",
    "revoke": "revoke",
}
_numbers = itertools.count(5511900000100)


class Waha(ChannelSimulator):
    """A number at a simulator of its own; deliveries are written by hand, in the shapes of its engine."""

    kind: ClassVar[str] = "whatsapp_web"
    driver: ClassVar[str] = "waha"

    def __init__(self) -> None:
        self.waha = WahaSimulator(fast=True).start()
        self.session = ""

    def settings(self) -> Mapping[str, Any]:
        return {
            "driver": self.driver,
            "server_url": self.waha.url,
            "api_key": self.waha.api_key,
            "webhook_secrets": [SECRET],
            "messages_per_minute": 6000,
            "ramp_days": 0,
        }

    def connected(self, channel_id: uuid.UUID) -> None:
        self.session = channel_id.hex
        self.waha.link(self.session, str(next(_numbers)))
        host = urlsplit(self.waha.url).netloc
        current_app.extensions["ramal.http_client"] = HttpClient(allow=(host,))

    def close(self) -> None:
        self.waha.stop()

    # --- deliveries -----------------------------------------------------------------------------

    def delivery(self, items: Sequence[Item]) -> bytes:
        return json.dumps(list(items)).encode()

    def headers(self, body: bytes) -> Mapping[str, str]:
        return {"x-webhook-hmac": sign(body, SECRET), "x-webhook-hmac-algorithm": "sha512"}

    def message(self, id: str, text: str, *, person: str, at: datetime, reply_to: str | None = None) -> Item:
        message: dict[str, Any] = {"conversation": text}
        if reply_to:
            message = {"extendedTextMessage": {"text": text, "contextInfo": {"stanzaID": reply_to}}}
        reply = {"id": reply_to, "participant": f"{PEOPLE[person]}@c.us", "body": None} if reply_to else None
        # What we do to it later, the provider does to a message that it knows, too.
        self.waha.person_writes(to=self.session, number=PEOPLE[person], key=id, body=text, timestamp=at.timestamp())
        return self._message(id, person, at, body=text, replyTo=reply, _data={"Message": message})

    def media(self, id: str, file: str, *, person: str, at: datetime) -> Item:
        link = f"http://localhost:3000/api/files/{self.session}/{file}"
        media = {"url": link, "mimetype": "application/pdf", "filename": file, "error": None}
        return self._message(
            id, person, at, hasMedia=True, media=media, _data={"Message": {"documentMessage": {"fileName": file}}}
        )

    def put_file(self, file: str, content: bytes | None) -> None:
        store, name = self.waha.world.files, file.partition(".")[0]
        held = store.keep(content or b"-", "application/pdf", file)
        store.link(self.session, name, held, until=0.0 if content is None else 2.0**40)

    def unknown(self, id: str, *, person: str, at: datetime) -> Item:
        return self._message(id, person, at, _data={"Message": {"newsletterAdminInviteMessage": {"caption": "?"}}})

    def status(self, provider_id: str, status: Status, *, at: datetime) -> Item:
        payload = {"id": f"true_{PEOPLE['ana']}@c.us_{provider_id}", "fromMe": True, "ack": _ACKS[status]}
        return self._event("message.ack", payload, at)

    def echo(self, id: str, text: str, *, person: str, at: datetime) -> Item:
        payload = {"id": f"true_{PEOPLE[person]}@c.us_{id}", "fromMe": True, "source": "app", "body": text}
        return self._event("message.any", payload | {"timestamp": at.timestamp()}, at)

    def edit(self, key: str, target: str, text: str, *, person: str, at: datetime) -> Item:
        changed = {"body": text, "editedMessageId": target}
        return self._event("message.edited", self._payload(key, person, at) | changed, at)

    def reaction(self, key: str, target: str, emoji: str | None, *, person: str, at: datetime) -> Item:
        # The engine says fromMe from the other person's side: only the key counts.
        about = {"messageId": f"false_{PEOPLE[person]}@c.us_{target}", "text": emoji or ""}
        return self._event("message.reaction", self._payload(key, person, at) | {"reaction": about}, at)

    def revoke(self, key: str, target: str, *, person: str, at: datetime) -> Item:
        payload = {"after": self._payload(key, person, at), "before": None, "revokedMessageId": target}
        return self._event("message.revoked", payload, at)

    def _message(self, id: str, person: str, at: datetime, **more: Any) -> Item:
        return self._event("message.any", self._payload(id, person, at) | more, at)

    def _payload(self, id: str, person: str, at: datetime) -> dict[str, Any]:
        address = f"{PEOPLE[person]}@c.us"
        return {"id": f"false_{address}_{id}", "from": address, "fromMe": False, "timestamp": int(at.timestamp())}

    def _event(self, name: str, payload: Mapping[str, Any], at: datetime) -> Item:
        id_ = f"evt_{name}_{payload.get('id') or payload.get('revokedMessageId')}_{payload.get('ack')}"
        return {
            "id": id_,
            "timestamp": int(at.timestamp() * 1000),
            "event": name,
            "session": self.session,
            "engine": "GOWS",
            "payload": dict(payload),
        }

    # --- sending --------------------------------------------------------------------------------

    def sent(self) -> Sequence[tuple[str, str | None]]:
        return [(row["key"], row["text"]) for row in self.waha.ledger("sendText")]

    def changes(self) -> Sequence[SeenChange]:
        return [
            SeenChange(_CHANGES[row["operation"]], row["target"], row["body"] or row["emoji"] or None)
            for row in self.waha.ledger()
            if row["operation"] in _CHANGES
        ]

    def fail_next_change(self, failure: FailureClass) -> bool:
        if failure is FailureClass.PERMANENT:
            self.waha.fail(kind="error", status=400, on="change", count=1)
        return failure is FailureClass.PERMANENT

    def fail_next(self, failure: FailureClass) -> bool:
        known: Mapping[FailureClass, Mapping[str, Any]] = {
            FailureClass.UNKNOWN: {"kind": "drop_after"},
            FailureClass.PERMANENT: {"kind": "error", "status": 400},
            FailureClass.ACCOUNT: {"kind": "error", "status": 401},
        }
        if failure in known:
            self.waha.fail(**known[failure], count=1)
        return failure in known


class Simulator(Waha):
    """The same with the simulator's own driver."""

    driver: ClassVar[str] = "simulator"


TestPlugin = plugin_contract("whatsapp_web")
TestWaha = channel_contract(Waha)
TestSimulator = channel_contract(Simulator)
