"""Close a connection in the middle of an exchange, as a network does."""

from __future__ import annotations

import contextlib
import socket

from werkzeug.wrappers import Request, Response


def hang_up(request: Request) -> Response:
    """Cut the caller's connection without a byte of answer; the response returned goes nowhere."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
