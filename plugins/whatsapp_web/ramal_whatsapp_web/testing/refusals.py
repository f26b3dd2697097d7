"""How the provider says no: its JSON errors, a proxy's page, and a cut connection."""

from __future__ import annotations

import contextlib
import json
import socket
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response


class RefusalError(Exception):
    """An answer that is not a success. Shapes after WAHA's (NestJS): ``statusCode, message, error``."""

    def __init__(self, status: int, message: str | list[str], **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "error": HTTPStatus(status).phrase, "statusCode": status, **fields}

    def response(self) -> Response:
        headers = {"Retry-After": "2"} if self.status == 429 else {}
        return Response(json.dumps(self.body), self.status, headers=headers, content_type="application/json")


class WrongStatusError(RefusalError):
    """The session is not in a state for this call; 422 with the state and what was expected."""

    def __init__(self, session: str, status: str, expected: str) -> None:
        words = "Session status is not as expected. Try again later or restart the session"
        super().__init__(422, words)
        self.body = {"error": words, "session": session, "status": status, "expected": [expected]}


def unknown_session(name: str) -> RefusalError:
    """404 for a session that was never created, or was deleted."""
    return RefusalError(404, f"We didn't find a session with name '{name}'. Please create it first.")


def crashed(message: str) -> RefusalError:
    """500 as an exception inside the engine shows, for example ``server returned error 463``."""
    refusal = RefusalError(500, "Internal server error")
    refusal.body = {"statusCode": 500, "exception": {"message": f"2 UNKNOWN: {message}", "code": 2, "details": message}}
    return refusal


def proxy_page(status: int) -> Response:
    """What stands between us and the provider answers instead of it."""
    phrase = HTTPStatus(status).phrase
    page = f"<html><head><title>{status} {phrase}</title></head><body><h1>{phrase}</h1></body></html>"
    return Response(page, status, content_type="text/html")


def hang_up(request: Request) -> Response:
    """Cut the caller's connection without a byte of answer; the response returned goes nowhere."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
