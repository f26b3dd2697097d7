"""The one way out for HTTP: with timeouts, size caps, and never into our own network.

Every URL that a tenant, a provider or a webhook had a hand in goes through :class:`HttpClient`.
The name is resolved by us, refused if any of its addresses is not a public one, and the connection
goes to the address that was checked: a name that resolves differently a moment later changes
nothing. Redirects make connections of their own, so they are checked alike. ``RAMAL_OUTBOUND_ALLOW``
opens single ``host:port`` pairs.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import httpcore2
import httpx2
from flask import current_app

from ramal.config import current_settings
from ramal.errors import UpstreamError
from ramal.i18n import gettext as _

#: Seconds: to connect, between two pieces of an answer, and for the whole of an answer that is read as one.
CONNECT_TIMEOUT, READ_TIMEOUT, WHOLE_TIMEOUT = 5.0, 20.0, 300.0
#: An answer read as a whole may be this large (bytes) unless the caller says otherwise.
MAX_BYTES = 8 * 1024 * 1024
#: Bytes handed to a connection at once.
_PIECE = 64 * 1024
_LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30.0)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Addresses that carry an IPv4 address inside: NAT64, 6to4, Teredo. ``is_global`` does not look into them.
_TRANSLATED = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))

#: Of special purpose (IANA's registries, RFC 3879), and not known as such to every Python.
_SPECIAL = tuple(ipaddress.ip_network(net) for net in ("192.0.0.0/24", "fec0::/10", "3fff::/20", "5f00::/16"))


class AddressRefused(UpstreamError):
    """The address is not on the public Internet, and nobody allowed it."""


class AnswerTooLarge(UpstreamError):
    """The answer is larger than the caller is ready to take."""


class HttpClient:
    """A guarded HTTP client; safe to share between threads. ``allow``: ``host:port`` pairs beyond the guard.

    Errors are httpx2's own (``httpx2.TimeoutException``, ``httpx2.TransportError``, …), plus
    :class:`AddressRefused` and :class:`AnswerTooLarge`. HTTP error statuses are no exceptions.
    """

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        self._client = httpx2.Client(
            transport=_GuardedTransport(allow),
            timeout=httpx2.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
            headers={"User-Agent": "Ramal"},
            trust_env=False,
            max_redirects=5,
        )

    def request(
        self, method: str, url: str, *, max_bytes: int = MAX_BYTES, within: float = WHOLE_TIMEOUT, **options: Any
    ) -> httpx2.Response:
        """Send a request and read its answer, of at most ``max_bytes`` bytes.

        ``within`` so many seconds it is over, however slowly the other side drips: httpx2.TimeoutException then.
        ``options`` are httpx2's: params, headers, json, data, content, files, timeout (seconds between two
        pieces), follow_redirects (False).
        """
        with _over(within), self.stream(method, url, **options) as response:
            body = b"".join(_capped(response, max_bytes))
        # The bytes are decoded already; what described their coding would be wrong now.
        headers = [(k, v) for k, v in response.headers.multi_items() if k.lower() not in _OF_THE_CODING]
        whole = httpx2.Response(response.status_code, headers=headers, content=body, request=response.request)
        whole.history = response.history
        return whole

    def get(self, url: str, **options: Any) -> httpx2.Response:
        """GET."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx2.Response:
        """POST."""
        return self.request("POST", url, **options)

    @contextlib.contextmanager
    def stream(self, method: str, url: str, **options: Any) -> Iterator[httpx2.Response]:
        """Send a request; read the answer inside the block. The caller caps what it reads."""
        if options.get("timeout", 0) is None:
            del options["timeout"]  # None would mean "for ever"
        with self._client.stream(method, url, **options) as response:
            yield response

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._client.close()


#: When the request of this thread must be over, by the monotonic clock.
_deadline: ContextVar[float | None] = ContextVar("ramal_http_deadline", default=None)
_OF_THE_CODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_making = threading.Lock()


def http_client() -> HttpClient:
    """The client of this process and application, with the exceptions of RAMAL_OUTBOUND_ALLOW."""
    with _making:
        client = current_app.extensions.get("ramal.http_client")
        if client is None:
            client = current_app.extensions["ramal.http_client"] = HttpClient(current_settings().outbound_allow)
    assert isinstance(client, HttpClient)
    return client


def is_public(address: str) -> bool:
    """Whether an IP address is on the public Internet: not private, loopback, link-local, reserved or multicast."""
    ip: _Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _SPECIAL)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The machine's authorities; reading them takes 50 ms."""
    return httpx2.create_ssl_context(trust_env=False)


class _GuardedTransport(httpx2.HTTPTransport):
    def __init__(self, allow: tuple[str, ...]) -> None:
        super().__init__(verify=_trusted(), trust_env=False)
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trusted(),
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=_GuardedBackend(allow),
        )


class _GuardedBackend(httpcore2.SyncBackend):
    """Opens connections, and only to addresses that were checked."""

    def __init__(self, allow: tuple[str, ...]) -> None:
        self._allow = frozenset(pair.lower() for pair in allow)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failed: Exception | None = None
        for address in self._checked(host, port):
            try:
                left = _left(timeout, httpcore2.ConnectTimeout)
                return _TimedStream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore2.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, *_arguments: Any, **_options: Any) -> httpcore2.NetworkStream:
        raise AddressRefused(_("This address is not on the public Internet."))

    def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host}: {error}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if f"{host}:{port}".lower() in self._allow:
            return addresses
        if not all(is_public(address) for address in addresses):
            raise AddressRefused(_("%(host)s is not on the public Internet.", host=host))
        return addresses


class _TimedStream(httpcore2.NetworkStream):
    """A connection that knows when its request must be over. The timeouts of httpx2 are for one piece each."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@contextlib.contextmanager
def _over(within: float) -> Iterator[None]:
    token = _deadline.set(time.monotonic() + within)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    """The shorter of the piece's time and what is left for the whole; ``error`` if nothing is."""
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise error("the whole took too long")
    return left if timeout is None else min(timeout, left)


def _capped(response: httpx2.Response, max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > max_bytes:
            raise AnswerTooLarge(_("The answer is larger than %(size)s bytes.", size=max_bytes))
        yield chunk
