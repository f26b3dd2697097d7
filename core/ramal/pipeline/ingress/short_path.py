"""Accepted webhooks take a short path through the application: verify, commit, 200.

A request that Flask's whole machinery handles costs several times its INSERT. So what will be
answered with a plain 200 is answered here, with an application context and nothing else; for
anything else (a refusal, an error, another method) the same request goes the ordinary way.
"""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import structlog
from flask import Flask

from ramal.channels.types import WebhookRequest
from ramal.errors import RamalError
from ramal.http.metrics import REQUESTS, SECONDS
from ramal.pipeline.ingress import services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)

_PREFIX = "/webhooks/"
_HEADERS = [("Content-Length", "0"), ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
_UUID = 36


class ShortPath:
    """Wraps an application's ``wsgi_app``."""

    def __init__(self, app: Flask, ordinary: WSGIApplication) -> None:
        self._app = app
        self._ordinary = ordinary
        self._limit = app.config["MAX_CONTENT_LENGTH"]
        self._counts = {
            name: (REQUESTS.labels("POST", name, "200"), SECONDS.labels(name))
            for name in ("webhooks.receive", "webhooks.receive_shared")
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].startswith(_PREFIX):
            accepted = self._accept(environ)
            if accepted is not None:
                start_response("200 OK", _HEADERS)
                return accepted
        return self._ordinary(environ, start_response)

    def _accept(self, environ: WSGIEnvironment) -> Iterable[bytes] | None:
        """Take the delivery in; None if the ordinary way is to answer."""
        segment, _, channel = environ["PATH_INFO"].removeprefix(_PREFIX).partition("/")
        length = environ.get("CONTENT_LENGTH") or ""
        if not length.isdigit() or int(length) > self._limit or len(channel) not in (0, _UUID):
            return None
        began = time.perf_counter()
        body = environ["wsgi.input"].read(int(length))
        # Whoever comes after us reads it from the beginning.
        environ["wsgi.input"] = io.BytesIO(body)
        if len(body) != int(length) or not self._received(segment, channel, _request(environ, body)):
            return None
        count, seconds = self._counts["webhooks.receive" if channel else "webhooks.receive_shared"]
        count.inc()
        seconds.observe(time.perf_counter() - began)
        return ()

    def _received(self, segment: str, channel: str, request: WebhookRequest) -> bool:
        try:
            with self._app.app_context():
                if channel:
                    services.receive(segment, uuid.UUID(channel), request)
                else:
                    services.receive_shared(segment, request)
        except (RamalError, ValueError):
            return False
        except Exception:
            log.exception("webhook.failed", path=_PREFIX + segment)
            return False
        return True


def _request(environ: WSGIEnvironment, body: bytes) -> WebhookRequest:
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return WebhookRequest("POST", headers, dict(parse_qsl(environ.get("QUERY_STRING", ""))), body)


def init_app(app: Flask) -> None:
    """Put the short path before everything else."""
    wrap: Callable[..., Any] = ShortPath(app, app.wsgi_app)
    app.wsgi_app = wrap  # type: ignore[method-assign]
