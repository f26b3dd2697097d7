"""A webhook endpoint that remembers what it got, and answers what it is told to."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Received:
    """One webhook that was answered with 2xx. Header names are in lower case."""

    raw: bytes
    headers: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.raw)
        return document

    def signed_with(self, key: str) -> bool:
        """Whether ``X-Webhook-Hmac`` is the hex HMAC-SHA512 of the raw body."""
        digest = hmac.new(key.encode(), self.raw, hashlib.sha512).hexdigest()
        return hmac.compare_digest(digest, self.headers.get("x-webhook-hmac", ""))


class Callback:
    """``with Callback() as callback: …``; ``callback.url`` goes into a session's ``config.webhooks``."""

    def __init__(self, port: int = 0) -> None:
        #: Statuses for the next requests, first one first; 200 when there are none.
        self.answers: list[int] = []
        self.received: list[Received] = []
        #: How many requests came, also refused ones.
        self.requests = 0
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.callback = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Callback:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    def take(self, raw: bytes, headers: dict[str, str]) -> int:
        """One request: the status to answer."""
        with self._changed:
            self.requests += 1
            status = self.answers.pop(0) if self.answers else 200
            if 200 <= status < 300:
                self.received.append(Received(raw, headers))
                self._changed.notify_all()
            return status

    def bodies(self, event: str | None = None, session: str | None = None) -> list[dict[str, Any]]:
        """The whole bodies, of one event or session if given, in the order they came."""
        bodies = [item.body for item in list(self.received)]
        return [body for body in bodies if event in {None, body["event"]} and session in {None, body["session"]}]

    def payloads(self, event: str, session: str | None = None) -> list[dict[str, Any]]:
        return [body["payload"] for body in self.bodies(event, session)]

    def wait(self, event: str, count: int = 1, timeout: float = 20.0) -> list[dict[str, Any]]:
        """The payloads of ``event`` as soon as there are ``count``. Raises TimeoutError with what came instead."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.payloads(event)) >= count, timeout):
                raise TimeoutError(f"{count} x {event} awaited, came: {[body['event'] for body in self.bodies()]}")
        return self.payloads(event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    callback: Callback


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = self.server.callback.take(raw, {name.lower(): value for name, value in self.headers.items()})
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """No line per request."""
