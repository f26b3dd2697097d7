"""The socket in the real web server: gunicorn with gevent, the sequencer in a real worker."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from flask import Flask

from ramal.app import create_app
from ramal.database.session import db, transaction, use_organization
from ramal.events.services import emit_event
from ramal.testing.installation import Installation, Team, own_installation

from .conftest import Client

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("gevent")
    folder.chmod(0o711)
    folder.parent.chmod(0o711)
    with own_installation(folder, environment={"RAMAL_PLUGINS": ""}) as (made, _services):
        yield made.start()


@pytest.fixture(scope="module")
def team(installation: Installation) -> Team:
    return installation.team()


@pytest.fixture(scope="module")
def inside(installation: Installation) -> Iterator[Flask]:
    """The same installation, seen from this process."""
    app = create_app(installation.settings())
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def happen(inside: Flask, team: Team) -> Callable[..., None]:
    """Write an event that members see; the worker numbers it."""

    def write(**data: Any) -> None:
        with inside.app_context():
            use_organization(uuid.UUID(team.id))
            with transaction():
                emit_event("channel.status", data)

    return write


@pytest.fixture
def open_socket(installation: Installation, team: Team) -> Iterator[Callable[..., Client]]:
    opened: list[websocket.WebSocket] = []

    def connect(**options: Any) -> Client:
        ticket = team.api.post("/ws-ticket", {})["ticket"]
        ws = websocket.create_connection(
            # The client's own check of UTF-8 is a loop in Python: a second for each megabyte on a busy machine.
            f"ws://127.0.0.1:{installation.port}/ws?ticket={ticket}",
            timeout=60,
            skip_utf8_validation=True,
            **options,
        )
        opened.append(ws)
        return Client(ws)

    yield connect
    for ws in opened:
        ws.shutdown()


def test_no_byte_is_lost_to_a_client_that_reads_late(
    open_socket: Callable[..., Client], happen: Callable[..., None]
) -> None:
    """simple-websocket by itself drops what does not fit in the socket's buffer (its issue 45)."""
    late = open_socket(sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)]).hello()
    brisk = open_socket().hello()
    blobs = [letter * 3_000_000 for letter in "abc"]
    for blob in blobs:
        happen(blob=blob)
    for blob in blobs:
        assert brisk.until("channel.status")["data"]["blob"] == blob
    # Late, not slow: through so small a window a busy machine would not be done before the ping goes unanswered.
    late.ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
    late.send(type="ping")
    for blob in blobs:
        assert late.until("channel.status")["data"]["blob"] == blob
    assert late.next()["type"] == "pong"


def test_news_come_quickly(open_socket: Callable[..., Client], happen: Callable[..., None]) -> None:
    """By the doorbell, that is, and not by the looks once a second on the way."""
    client = open_socket().hello()
    waits = []
    for number in range(20):
        begin = time.monotonic()
        happen(number=number)
        assert client.until("channel.status")["data"]["number"] == number
        waits.append(time.monotonic() - begin)
    assert sorted(waits)[10] < 0.5


def test_frames_are_not_compressed_even_if_the_client_offers(
    open_socket: Callable[..., Client], happen: Callable[..., None]
) -> None:
    client = open_socket(header=["Sec-WebSocket-Extensions: permessage-deflate"]).hello()
    happen(word="x" * 5000)
    frame = client.ws.recv_frame()
    assert (frame.rsv1, frame.fin, frame.opcode) == (0, 1, websocket.ABNF.OPCODE_TEXT)
    assert json.loads(frame.data)["data"]["word"] == "x" * 5000


def test_a_stopped_server_says_goodbye_and_what_was_missed_is_resumed(
    installation: Installation, open_socket: Callable[..., Client], happen: Callable[..., None]
) -> None:
    client = open_socket().hello()
    happen(number=1)
    last = client.until("channel.status")["id"]
    installation.web.stop()
    assert client.close_code() == 1001
    happen(number=2)
    installation.web.start()
    installation.wait_ready()
    assert open_socket().hello(last).until("channel.status")["data"] == {"number": 2}
