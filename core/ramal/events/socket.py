"""One socket's conversation with its client: hello, resume, what it says, and all it is sent.

The request's own thread is the only writer of messages. Pings and pongs come from the library's
reader thread, so whatever is sent goes through :class:`WholeSocket`: one at a time, and all of it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
import uuid
from typing import Any

from simple_websocket import Server

from ramal.events.frames import POLICY_VIOLATION, text_frame
from ramal.events.hub import Hub, missed
from ramal.events.signals import announce_typing, announce_viewing
from ramal.events.subscriber import Subscriber

log = logging.getLogger(__name__)

#: Seconds a client has for its hello.
PATIENCE = 10.0
#: Seconds between two looks at what no event tells (a silent cut, viewers to be kept).
TICK = 20.0
#: Milliseconds a peer may leave what we sent unacknowledged before the kernel gives it up.
SILENT_MS = 60_000


class WholeSocket:
    """A socket whose ``send`` sends everything, one caller at a time.

    simple-websocket 1.1 calls ``send`` and ignores how much of it went out, from two threads; under
    gevent that tears frames apart (its issue 45).
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._lock = threading.Lock()

    def send(self, data: bytes) -> int:
        """Send all of ``data``."""
        with self._lock:
            self._inner.sendall(data)
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Connection:
    """Serves one socket until it ends."""

    def __init__(self, ws: Server, hub: Hub, subscriber: Subscriber) -> None:
        self._ws, self._hub, self._me = ws, hub, subscriber
        ws.sock = self._socket = WholeSocket(ws.sock)
        with contextlib.suppress(OSError, AttributeError):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_MS)
        subscriber.wake, subscriber.cut = ws.event.set, self._end
        self._registered = False
        self._opened = time.monotonic()
        self._viewing: uuid.UUID | None = None

    def serve(self) -> None:
        """Until either side ends it."""
        try:
            while self._ws.connected:
                self._read()
                self._write()
                self._ws.event.wait(TICK if self._registered else PATIENCE)
                self._ws.event.clear()
                self._tick()
            self._read()
        except OSError:
            pass  # the other side is gone
        finally:
            self._hub.unregister(self._me)
            self._look_at(None)
            self._end()

    def _write(self) -> None:
        frames, leaving = self._me.frames, self._me.cut_at is not None
        with contextlib.suppress(IndexError):  # another thread empties the queue to say goodbye
            while True:
                self._socket.send(frames.popleft())
        if leaving:
            self._ws.connected = False  # the goodbye was the last frame

    def _tick(self) -> None:
        if not self._registered and time.monotonic() - self._opened > PATIENCE:
            self._me.close(POLICY_VIOLATION, "no hello")
        if self._viewing is not None:
            self._tell_viewing(self._viewing, present=True)

    def _end(self) -> None:
        """End both threads' waiting for the client. What was sent still arrives."""
        self._ws.connected = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    # --- what the client says -------------------------------------------------------------------

    def _read(self) -> None:
        while self._ws.input_buffer:
            said = self._ws.input_buffer.pop(0)
            try:
                message = json.loads(said)
                handler = getattr(self, f"_on_{message['type']}", None)
            except (ValueError, TypeError, KeyError, RecursionError):
                continue
            if handler is not None:
                # uuid.UUID raises AttributeError for what is no text.
                with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
                    handler(message)

    def _on_hello(self, message: dict[str, Any]) -> None:
        if self._registered:
            return
        last = message.get("last")
        last = last if isinstance(last, int) and not isinstance(last, bool) and last >= 0 else None
        self._registered = True
        until = self._hub.register(self._me, last)
        self._socket.send(text_frame({"version": "v1", "type": "hello", "position": until}))
        if last is not None and last < until:
            self._replay(last, until)

    def _replay(self, last: int, until: int) -> None:
        principal = self._me.principal
        assert principal.organization_id is not None
        found = missed(principal.organization_id, self._me.conversation_id, last, until)
        if found is None:
            self._socket.send(text_frame({"version": "v1", "type": "resync", "position": until}))
            return
        for shown in found:
            if self._me.conversation_id is not None:
                frame = shown.for_visitor()
            else:
                frame = shown.for_member() if shown.type.shown_to(principal, shown.data) else None
            if frame is not None:
                self._socket.send(frame)

    def _on_ping(self, message: dict[str, Any]) -> None:
        self._socket.send(text_frame({"version": "v1", "type": "pong"}))

    def _on_typing(self, message: dict[str, Any]) -> None:
        principal = self._me.principal
        conversation_id = uuid.UUID(message["conversation_id"])
        if self._me.conversation_id is not None:
            return  # visitors say it through their channel, which knows their name
        if principal.can("conversation.reply"):
            announce_typing(
                conversation_id,
                by="agent",
                name=principal.name,
                user_id=principal.user_id,
                organization_id=principal.organization_id,
            )

    def _on_viewing(self, message: dict[str, Any]) -> None:
        if self._me.conversation_id is None:
            conversation_id = message["conversation_id"]
            self._look_at(None if conversation_id is None else uuid.UUID(conversation_id))

    def _look_at(self, conversation_id: uuid.UUID | None) -> None:
        if conversation_id == self._viewing:
            return
        before, self._viewing = self._viewing, conversation_id
        if before is not None:
            self._tell_viewing(before, present=False)
        if conversation_id is not None:
            self._tell_viewing(conversation_id, present=True)

    def _tell_viewing(self, conversation_id: uuid.UUID, *, present: bool) -> None:
        principal = self._me.principal
        if principal.user_id is None or principal.organization_id is None:
            return
        viewer = (principal.user_id, principal.name, self._me.id)
        announce_viewing(principal.organization_id, conversation_id, viewer, present=present)
