"""The way out: never into our own network, whatever name, redirect or number leads there."""

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ramal.http.client import AddressRefused, AnswerTooLarge, HttpClient, http_client, is_public


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1") as running:
        yield running


@pytest.fixture
def allowed(server: HTTPServer) -> HttpClient:
    return HttpClient((f"127.0.0.1:{server.port}",))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.0.0.8/",
        "http://192.168.1.1/",
        "http://172.16.0.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
    ],
)
def test_no_spelling_of_an_inner_address_gets_through(url: str) -> None:
    with pytest.raises((AddressRefused, httpx2.ConnectError, httpx2.InvalidURL)):
        HttpClient().get(url)


@pytest.mark.parametrize("address", ["192.0.0.8", "fec0::1", "3fff::1", "5f00::1", "100.64.0.1", "64:ff9b:1::1"])
def test_addresses_of_special_purpose_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_public_addresses_pass(address: str) -> None:
    assert is_public(address)


def test_only_the_allowed_port_is_opened(server: HTTPServer, allowed: HttpClient) -> None:
    server.expect_request("/").respond_with_data("hello")
    assert allowed.get(server.url_for("/")).text == "hello"
    with pytest.raises(AddressRefused):
        allowed.get("http://127.0.0.1:1/")
    with pytest.raises(AddressRefused):
        HttpClient().get(server.url_for("/"))


def test_a_redirect_inside_is_refused(server: HTTPServer, allowed: HttpClient) -> None:
    server.expect_request("/").respond_with_response(Response(status=302, headers={"Location": "http://127.0.0.1:1/"}))
    assert allowed.get(server.url_for("/")).status_code == 302, "not followed unless asked"
    with pytest.raises(AddressRefused):
        allowed.get(server.url_for("/"), follow_redirects=True)


def resolving(*answers: str) -> Callable[..., list[tuple[object, ...]]]:
    """A name server under somebody else's control: another answer each time it is asked."""
    left = list(answers)

    def getaddrinfo(_host: str, port: int, **_options: object) -> list[tuple[object, ...]]:
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return getaddrinfo


def test_a_name_is_judged_by_where_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ramal.http.client.socket.getaddrinfo", resolving("10.1.2.3"))
    with pytest.raises(AddressRefused):
        HttpClient().get("https://innocent.example/")


def test_a_name_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Public when it was checked, private a moment later: the connection goes where the check looked."""
    connected = []

    def connect(address: tuple[str, int], *_more: object, **_options: object) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("ramal.http.client.socket.getaddrinfo", resolving("93.184.215.14", "127.0.0.1"))
    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(httpx2.ConnectError):
        HttpClient().get("http://rebind.example/")
    assert connected == ["93.184.215.14"]


def test_one_inner_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(_host: str, port: int, **_options: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("93.184.215.14", port)), (2, 1, 6, "", ("192.168.0.1", port))]

    monkeypatch.setattr("ramal.http.client.socket.getaddrinfo", both)
    with pytest.raises(AddressRefused):
        HttpClient().get("http://mixed.example/")


def test_an_answer_is_read_up_to_the_cap(server: HTTPServer, allowed: HttpClient) -> None:
    server.expect_request("/").respond_with_data(b"x" * 5000)
    assert len(allowed.get(server.url_for("/"), max_bytes=5000).content) == 5000
    with pytest.raises(AnswerTooLarge):
        allowed.get(server.url_for("/"), max_bytes=4999)


def test_a_compressed_bomb_counts_at_its_full_size(server: HTTPServer, allowed: HttpClient) -> None:
    bomb = gzip.compress(b"\0" * 2_000_000)
    server.expect_request("/").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    assert allowed.get(server.url_for("/")).content == b"\0" * 2_000_000
    with pytest.raises(AnswerTooLarge):
        allowed.get(server.url_for("/"), max_bytes=100_000)


def test_a_server_that_says_nothing_times_out(server: HTTPServer, allowed: HttpClient) -> None:
    release = threading.Event()

    def wait(_request: Request) -> Response:
        release.wait(20)
        return Response("late")

    server.expect_request("/").respond_with_handler(wait)
    try:
        with pytest.raises(httpx2.ReadTimeout):
            allowed.post(server.url_for("/"), json={"a": 1}, timeout=0.2)
    finally:
        release.set()


@pytest.fixture
def dripping() -> Iterator[Callable[[bytes, bytes], int]]:
    """``dripping(said, drop)``: the port of a server that says ``said`` at once and then one ``drop`` after another."""
    over = threading.Event()
    with contextlib.ExitStack() as opened:

        def start(said: bytes, drop: bytes) -> int:
            listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve() -> None:
                with contextlib.suppress(OSError), listener.accept()[0] as connection:
                    connection.sendall(said)
                    while not over.wait(0.02):
                        connection.sendall(drop)

            threading.Thread(target=serve, daemon=True).start()
            port: int = listener.getsockname()[1]
            return port

        yield start
        over.set()


@pytest.mark.parametrize(
    ("said", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n"),
        (b"", b""),
    ],
    ids=["body", "headers", "nothing"],
)
def test_a_server_that_drips_is_left_in_time(dripping: Callable[[bytes, bytes], int], said: bytes, drop: bytes) -> None:
    port = dripping(said, drop)
    client = HttpClient((f"127.0.0.1:{port}",))
    began = time.monotonic()
    with pytest.raises(httpx2.ReadTimeout):
        client.get(f"http://127.0.0.1:{port}/", timeout=30, within=0.5)
    assert time.monotonic() - began < 15
    client.close()


def test_a_name_that_does_not_exist_is_a_connection_error() -> None:
    with pytest.raises(httpx2.ConnectError):
        HttpClient().get("http://does-not-exist.invalid/")


def test_the_environment_sets_no_proxy(
    server: HTTPServer, allowed: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.expect_request("/").respond_with_data("direct")
    assert HttpClient((f"127.0.0.1:{server.port}",)).get(server.url_for("/")).text == "direct"
    allowed.close()


@pytest.mark.usefixtures("app")
def test_an_application_has_one_client() -> None:
    assert http_client() is http_client()
