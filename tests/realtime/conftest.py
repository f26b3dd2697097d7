"""A real server, and real clients on its socket."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websocket
from flask import Flask

from ramal.database.session import transaction, use_organization
from ramal.events.hub import Hub
from ramal.events.sequencer import sequence
from ramal.events.services import emit_event
from ramal.events.types import TYPES, EventType, register_event_type
from ramal.testing.client import access_token
from ramal.testing.factories import Member

if "test.shown" not in TYPES:
    register_event_type(EventType("test.shown", realtime="test.shown"))
    register_event_type(EventType("test.admins", realtime="test.admins", permission="plugin.manage"))


@pytest.fixture
def server(hub: Hub, port: int) -> str:
    """``host:port`` of the application."""
    return f"127.0.0.1:{port}"


class Client:
    """A socket that says hello and remembers what it hears."""

    def __init__(self, ws: websocket.WebSocket) -> None:
        self.ws = ws
        self.position: int | None = None

    def hello(self, last: int | None = None) -> Client:
        self.send(type="hello", last=last)
        greeting = self.next()
        assert greeting["type"] == "hello"
        self.position = greeting["position"]
        return self

    def send(self, **message: Any) -> None:
        self.ws.send(json.dumps(message))

    def next(self, timeout: float = 60) -> dict[str, Any]:
        self.ws.settimeout(timeout)
        found: dict[str, Any] = json.loads(self.ws.recv())
        return found

    def until(self, type: str, timeout: float = 60) -> dict[str, Any]:
        """The next message of this type."""
        while (found := self.next(timeout))["type"] != type:
            continue
        return found

    def silent(self) -> bool:
        """Whether nothing comes before the answer to a ping, which is asked for after a look of the hub."""
        self.send(type="ping")
        return self.next()["type"] == "pong"

    def close_code(self, timeout: float = 60) -> int:
        """Read until the server ends it."""
        self.ws.settimeout(timeout)
        while True:
            opcode, data = self.ws.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")


Connect = Callable[..., Client]
Happen = Callable[..., int]


@pytest.fixture
def connect(app: Flask, server: str) -> Iterator[Connect]:
    """``connect(member)`` by cookie, ``connect(ticket="…")`` by ticket."""
    with contextlib.ExitStack() as stack:

        def open_socket(member: Member | None = None, *, ticket: str | None = None, **options: Any) -> Client:
            url = f"ws://{server}/ws" + (f"?ticket={ticket}" if ticket else "")
            options.setdefault("origin", f"http://{server}")
            if member is not None:
                options["cookie"] = f"ramal_access={access_token(app, member)}"
            # As in test_gevent.py: what is read is decoded anyway.
            ws = websocket.create_connection(url, timeout=60, skip_utf8_validation=True, **options)
            stack.callback(ws.shutdown)
            return Client(ws)

        yield open_socket


@pytest.fixture
def happen(app: Flask) -> Happen:
    """Write an event, number it, and announce it."""

    def write(
        organization_id: uuid.UUID, type: str = "test.shown", *, conversation_id: uuid.UUID | None = None, **data: Any
    ) -> int:
        with app.app_context():
            use_organization(organization_id)
            with transaction():
                event = emit_event(type, data, conversation_id=conversation_id)
            sequence()
            with transaction() as session:
                session.refresh(event)
        assert event.position is not None
        return event.position

    return write


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
    return found
