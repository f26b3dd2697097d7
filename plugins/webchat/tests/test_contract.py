"""The framework's own suites, run over this plugin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select

from ramal.api import Status
from ramal.database.session import db
from ramal.inbox.models import Message
from ramal.testing.channel_contract import ChannelSimulator, Item, channel_contract
from ramal.testing.plugin_contract import plugin_contract


class Site(ChannelSimulator):
    """A site with the widget: what its visitors' browsers send is written straight into deliveries."""

    kind: ClassVar[str] = "webchat"

    def settings(self) -> Mapping[str, Any]:
        return {"allowed_origins": ["https://loja.example"]}

    def delivery(self, items: Sequence[Item]) -> bytes:
        return json.dumps({"items": list(items)}).encode()

    def message(self, id: str, text: str, *, person: str, at: datetime, reply_to: str | None = None) -> Item:
        return {
            "type": "message",
            "visitor": {"id": person, "name": person.title()},
            "client_id": id,
            "kind": "text",
            "body": text,
            "reply_to": reply_to,
            "at": at.isoformat(),
        }

    def status(self, provider_id: str, status: Status, *, at: datetime) -> Item | None:
        if status not in (Status.DELIVERED, Status.READ):
            return None  # browsers know of no other
        return {"type": "receipt", "id": provider_id, "status": status.value, "at": at.isoformat()}

    def sent(self) -> Sequence[tuple[str, str | None]]:
        """The visitor's screen is our own table: what was sent is what stands there."""
        rows = db.session.execute(
            select(Message.provider_id, Message.body)
            .where(Message.direction == "out", Message.provider_id.is_not(None))
            .order_by(Message.seq)
        )
        return [(provider_id, body) for provider_id, body in rows if provider_id]


TestPlugin = plugin_contract("webchat")
TestChannel = channel_contract(Site)
