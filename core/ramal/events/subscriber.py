"""One socket as the hub sees it: who looks, and the frames that wait for them."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ramal.events.frames import TRY_AGAIN_LATER, close_frame
from ramal.http.principal import Principal

#: Frames that may wait for a slow socket before it is dropped.
QUEUE_LIMIT = 1000
#: Seconds a dropped socket has to read what is under way, and learn why.
LAST_SECONDS = 10.0


def _nothing() -> None:
    """Before the socket serves."""


@dataclass(eq=False)
class Subscriber:
    """``principal`` sees an organization; with ``conversation_id`` it is a visitor, who sees that only."""

    principal: Principal
    conversation_id: uuid.UUID | None = None
    #: When the login was last known to count, in seconds since 1970.
    since: float = field(default_factory=time.time)
    #: What ``since`` is of: an API token has no session, but a hash.
    token_hash: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    frames: deque[bytes] = field(default_factory=deque)
    #: Monotonic seconds at which the socket is cut; None while all is well.
    cut_at: float | None = None
    #: Tells the socket's thread to look here, and ends the socket whatever its thread waits for.
    wake: Callable[[], None] = _nothing
    cut: Callable[[], None] = _nothing

    def push(self, frame: bytes) -> None:
        """Queue a frame. One too many drops the socket: its client comes back and resumes."""
        if self.cut_at is not None:
            return
        if len(self.frames) >= QUEUE_LIMIT:
            self.close(TRY_AGAIN_LATER, "too slow")
            return
        self.frames.append(frame)
        self.wake()

    def close(self, code: int, reason: str) -> None:
        """Say goodbye after the frame that is under way, instead of all that waits."""
        if self.cut_at is None:
            self.frames.clear()
            self.frames.append(close_frame(code, reason))
            # Set last: the thread that sends takes it as the word that the goodbye is in the queue.
            self.cut_at = time.monotonic() + LAST_SECONDS
            self.wake()
