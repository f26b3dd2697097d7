"""An id for every request: in its log lines, its errors, its audit rows and its answer."""

from __future__ import annotations

import re
import uuid

import structlog
from flask import Flask, Response, g, has_request_context, request

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def init_app(app: Flask) -> None:
    """Give each request an id, or take the proxy's."""
    app.before_request(begin)
    app.after_request(answer)


def request_id() -> str | None:
    """The id of the current request; None outside one."""
    return g.get("request_id") if has_request_context() else None


def begin() -> None:
    """Give the current request its id."""
    given = request.headers.get(HEADER, "")
    g.request_id = given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def answer(response: Response) -> Response:
    """Tell the caller the id."""
    response.headers[HEADER] = g.get("request_id", "")
    return response
