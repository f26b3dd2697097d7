"""POSTs over kept connections, with as little work as HTTP/1.1 allows: webhooks leave by the thousand.

The standard library's client spends three quarters of a webhook's time on headers.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT = 20.0
_MOST_HEAD = 64 * 1024


class WireError(ConnectionError):
    """The other side closed the connection, or answered with something that is not HTTP."""


class Wire:
    """Connections of one thread, one an address. Errors are OSError; ValueError for an address that is none."""

    def __init__(self) -> None:
        self._kept: dict[str, socket.socket] = {}

    def close(self) -> None:
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()

    def post(self, address: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer."""
        url = urlsplit(address)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError(f"not an address for webhooks: {address}")
        place = f"{url.scheme}://{url.netloc}"
        path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        lines = [f"POST {path} HTTP/1.1", f"Host: {url.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        request = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        kept = self._kept.pop(place, None)
        if kept is not None:
            try:
                return self._exchange(place, kept, request)
            except ConnectionError:
                pass  # the other side closed a connection that rested; a new one tells the truth
        port = url.port or (443 if url.scheme == "https" else 80)
        return self._exchange(place, _connect(url.hostname, port, secure=url.scheme == "https"), request)

    def _exchange(self, place: str, connection: socket.socket, request: bytes) -> int:
        """Send and read one answer; the connection is kept if both sides want to."""
        with contextlib.ExitStack() as unless_kept:
            unless_kept.callback(connection.close)
            connection.sendall(request)
            status, keep = _read(connection)
            if keep:
                self._kept[place] = connection
                unless_kept.pop_all()
        return status


def _connect(host: str, port: int, *, secure: bool) -> socket.socket:
    connection = socket.create_connection((host, port), timeout=TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ssl.create_default_context().wrap_socket(connection, server_hostname=host) if secure else connection


def _read(connection: socket.socket) -> tuple[int, bool]:
    """Status, and whether the connection can be used again. An answer of unknown length ends it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
        if len(data) > _MOST_HEAD:
            raise WireError("a head without an end")
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    version, _, words = lines[0].partition(" ")
    if not version.startswith("HTTP/1.") or not words[:3].isdigit():
        raise WireError("not HTTP")
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip().lower() for name, _, value in pairs}
    status, length = int(words[:3]), headers.get("content-length", "")
    if status in {204, 304}:
        length = "0"
    keep = version == "HTTP/1.1" and headers.get("connection") != "close" and length.isdigit()
    missing = int(length) - len(rest) if keep else 0
    while missing > 0:
        missing -= len(_more(connection))
    return status, keep


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise WireError("closed in the middle")
    return data
