"""WebSocket frames of a server, encoded once and sent to many (RFC 6455 section 5.2).

They are not compressed, although the client may offer it: a compressor for each socket would cost
a hundred kilobytes of memory, and a frame without RSV1 is legal either way (RFC 7692).
"""

from __future__ import annotations

import json
import struct
from typing import Any

_TEXT, _CLOSE = 0x81, 0x88

#: Close codes (RFC 6455 section 7.4.1).
GOING_AWAY, POLICY_VIOLATION, TRY_AGAIN_LATER = 1001, 1008, 1013


def text_frame(message: Any) -> bytes:
    """A text frame with ``message`` as JSON."""
    return _frame(_TEXT, json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; ``reason`` is at most 123 bytes of UTF-8."""
    return _frame(_CLOSE, struct.pack("!H", code) + reason.encode()[:123])


def _frame(head: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", head, size) + payload
    if size < 65_536:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload
