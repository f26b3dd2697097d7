"""A channel on which people write, and the worker that brings it to the plugin."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask

from ramal.api import current_organization, ingest, new_id
from ramal.channels.context import secrets_purpose
from ramal.channels.models import ConnectedChannel
from ramal.database import crypto
from ramal.database.session import db, transaction
from ramal.events.worker_steps import drain_events_once
from ramal.inbox.models import Conversation
from ramal.pipeline.inbound import drain_once
from ramal.pipeline.targets import cache
from ramal.testing import channels as echo

#: Seconds after the channel's epoch: later than now, so that a message counts as written now.
_NOW = 10 * 365 * 24 * 3600
STRANGER = "5511987654321"


class Line:
    """A connected channel, from the side of those who write."""

    def __init__(self, app: Flask, name: str = "WhatsApp da loja") -> None:
        echo.install(app)
        cache().forget()
        id_ = new_id()
        self.channel = ConnectedChannel(
            id=id_,
            kind="echo",
            plugin="echo",
            name=name,
            settings={"provider": str(id_)},
            secrets=crypto.encrypt({"secret": "sesame"}, secrets_purpose(id_)),
        )
        with transaction() as session:
            session.add(self.channel)
        self.organization_id = current_organization()

    def deliver(self, *items: dict[str, Any]) -> None:
        """Let items come in and work on them until all is quiet."""
        ingest(self.channel.id, echo.delivery(*items))
        while drain_once() or drain_events_once():
            pass
        db.session.rollback()

    def write(self, body: str = "Quero um orçamento", sender: str = STRANGER, **more: Any) -> Conversation:
        """Somebody writes; their conversation."""
        item = echo.message(str(new_id()), body, sender=sender, at=_NOW, name=more.pop("name", "Joana Prado"), **more)
        self.deliver(item)
        query = db.select(Conversation).where(Conversation.channel_id == self.channel.id)
        return db.session.execute(query.order_by(Conversation.id.desc())).scalars().first()

    def contact(self) -> uuid.UUID:
        """Who wrote last."""
        query = db.select(Conversation.contact_id).where(Conversation.channel_id == self.channel.id)
        found: uuid.UUID = db.session.execute(query.order_by(Conversation.id.desc())).scalars().first()
        return found
