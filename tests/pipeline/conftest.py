"""An organization with a connected echo channel, and what tests do with them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text

from ramal.channels.context import secrets_purpose
from ramal.channels.models import ConnectedChannel
from ramal.database import crypto
from ramal.database.base import new_id
from ramal.database.session import transaction
from ramal.inbox.models import OutboxItem
from ramal.inbox.services.sending import send_message
from ramal.pipeline.inbound import drain_once
from ramal.pipeline.outbound import Sender, outcomes
from ramal.pipeline.targets import cache
from ramal.testing import channels as echo
from ramal.testing.factories import TestOrganization

SECRET = "sesame"
#: Seconds after the echo channel's epoch: later than now, so it is clamped to now.
NOW = 10 * 365 * 24 * 3600


@pytest.fixture(scope="session")
def ramal_app(ramal_app: Flask) -> Flask:
    echo.install(ramal_app)
    return ramal_app


@dataclass
class Wire:
    """One connected channel seen from the provider's side, and the database behind it."""

    channel: ConnectedChannel
    client: FlaskClient
    engine: Engine
    provider: echo.EchoProvider
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"/webhooks/echo/{self.channel.id}"

    def post(self, body: bytes, **headers: str) -> int:
        """A signed webhook; the answer's status."""
        signature = {"X-Echo-Signature": echo.sign(body, SECRET)}
        return self.client.post(self.url, data=body, headers=signature | headers).status_code

    def deliver(self, *items: Any) -> None:
        """Post items in one delivery and drain."""
        assert self.post(echo.delivery(*items)) == 200
        self.drain()

    def drain(self) -> int:
        total = 0
        while handled := drain_once():
            total += handled
        return total

    def conversation(self, sender: str = "5511987654321", opened: str = "m0") -> uuid.UUID:
        """A conversation that someone opened just now."""
        self.deliver(echo.message(opened, sender=sender, at=NOW))
        query = "select conversation_id as id from message where provider_id = :opened and channel_id = :channel"
        return self.one(query, opened=opened, channel=self.channel.id).id

    def send(self, conversation_id: uuid.UUID, body: str = "olá", **extra: Any) -> uuid.UUID:
        """Queue a message as the inbox does."""
        return send_message(conversation_id, client_id=new_id(), body=body, **extra).id

    def rows(self, query: str, **parameters: Any) -> list[Any]:
        """Rows as the database's owner sees them."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), parameters).mappings())

    def one(self, query: str, **parameters: Any) -> Any:
        (row,) = self.rows(query, **parameters)
        return row

    def run(self, statement: str, **parameters: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), parameters)


@pytest.fixture
def connect(app: Flask, organization: TestOrganization, owner_engine: Engine) -> Callable[..., Wire]:
    """``connect(name, **columns)``: a connected echo channel; ``settings`` are its settings."""

    cache().forget()

    def connect(
        name: str = "Echo", *, settings: dict[str, Any] | None = None, secret: str = SECRET, **columns: Any
    ) -> Wire:
        id_ = new_id()
        settings = {"provider": f"{name}-{id_}", **(settings or {})}
        channel = ConnectedChannel(
            id=id_,
            kind="echo",
            plugin="echo",
            name=name,
            settings=settings,
            secrets=crypto.encrypt({"secret": secret}, secrets_purpose(id_)),
            external_ref=settings.get("account"),
            **columns,
        )
        with transaction() as session:
            session.add(channel)
        return Wire(channel, app.test_client(), owner_engine, echo.provider(settings["provider"]))

    return connect


@pytest.fixture
def wire(connect: Callable[..., Wire]) -> Wire:
    return connect()


@pytest.fixture
def sender(app: Flask) -> Iterator[Callable[[], None]]:
    """``sender()``: run the sender until it has nothing to do for now."""
    made = Sender(threads=4)

    def run(most: float = 10.0) -> None:
        end = time.monotonic() + most
        while made.run_once():
            assert time.monotonic() < end, "the sender does not come to rest"

    yield run
    made.close()


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, uuid.UUID], None]:
    """``poison("record", message_id)``: writing this message's outcome down fails for a reason that will not pass."""

    def poison(name: str, message_id: uuid.UUID) -> None:
        real = getattr(outcomes, name)

        def fail(batch: Any, results: Any) -> None:
            if any(str(message_id) in str(row) for row in about(batch, results)):
                raise TypeError("nobody thought of this")
            real(batch, results)

        monkeypatch.setattr(outcomes, name, fail)

    def about(batch: Any, results: Any) -> Any:
        ids = [getattr(each, "item_id", each) for each in results]
        return batch.session.scalars(select(OutboxItem.message_id).where(OutboxItem.id.in_(ids)))

    return poison
