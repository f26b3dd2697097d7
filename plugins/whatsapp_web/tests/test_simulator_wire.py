"""The wire that webhooks leave by: kept connections, and answers of every kind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from ramal_whatsapp_web.testing import Callback
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback
from ramal_whatsapp_web.testing.wire import Wire, WireError


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


class Peer:
    """Answers each connection's first request with fixed bytes, then closes it."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/hook?a=1"
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Peer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        for answer in self._answers:
            connection, _ = self._socket.accept()
            with connection:
                self.requests.append(connection.recv(65536))
                connection.sendall(answer)


def test_a_connection_is_kept(wire: Wire, waha_callback: Callback) -> None:
    waha_callback.answers = [200, 500, 204]
    statuses = [wire.post(waha_callback.url, {"X-A": "1"}, b"{}") for _ in range(4)]
    assert statuses == [200, 500, 204, 200]
    assert len(wire._kept) == 1


def test_a_connection_that_was_closed_at_rest_is_made_anew(wire: Wire) -> None:
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with Peer(kept, kept) as peer:
        assert [wire.post(peer.url, {}, b"{}") for _ in range(2)] == [200, 200]
        assert peer.requests[0].startswith(b"POST /hook?a=1 HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\nwhatever",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
)
def test_answers_that_end_the_connection(wire: Wire, answer: bytes) -> None:
    with Peer(answer) as peer:
        assert wire.post(peer.url, {}, b"{}") == 200
    assert wire._kept == {}


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 huh\r\n\r\n", b"HTTP/1.1 200 OK\r\n"])
def test_what_is_not_an_answer_is_an_error(wire: Wire, answer: bytes) -> None:
    with Peer(answer) as peer, pytest.raises(WireError):
        wire.post(peer.url, {}, b"{}")


def test_a_head_without_end_is_an_error(wire: Wire) -> None:
    with Peer(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000) as peer, pytest.raises(ConnectionError):
        wire.post(peer.url, {}, b"{}")


@pytest.mark.parametrize("address", ["gopher://x/y", "http:///y", "nonsense"])
def test_what_is_not_an_address_is_an_error(wire: Wire, address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        wire.post(address, {}, b"{}")


def test_a_secure_address_wants_a_certificate(wire: Wire, waha_callback: Callback) -> None:
    with pytest.raises(OSError, match=r"SSL|ssl|reset|EOF"):
        wire.post(waha_callback.url.replace("http:", "https:"), {}, b"{}")
