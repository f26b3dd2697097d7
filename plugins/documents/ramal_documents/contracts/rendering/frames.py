"""How the application and the processes that lay out speak: a length, then so many bytes.

What comes back is read as JSON and bytes, never unpickled: whoever makes documents of strangers is not trusted.
"""

from __future__ import annotations

import json
import os
import selectors
import struct
import time
from dataclasses import dataclass

_HEAD = struct.Struct(">Q")
LONGEST_ANSWER = 128 * 1024 * 1024


class Gone(Exception):
    """The other side ended."""


class TooLate(Exception):
    """Nothing came until the deadline."""


@dataclass(frozen=True)
class Answer:
    """What became of a job: a `code` of `stops`, or empty with HTML, PDF and pages."""

    code: str = ""
    detail: str = ""
    line: int | None = None
    pages: int = 0
    html: bytes = b""
    pdf: bytes = b""

    def packed(self) -> bytes:
        """For the way."""
        head = [self.code, self.detail[:1000], self.line, self.pages, len(self.html)]
        written = json.dumps(head).encode()
        return _HEAD.pack(len(written)) + written + self.html + self.pdf

    @classmethod
    def unpacked(cls, content: bytes) -> Answer:
        """From the way; `Gone` for what is no answer."""
        try:
            (length,) = _HEAD.unpack(content[: _HEAD.size])
            start = _HEAD.size + length
            code, detail, line, pages, html = json.loads(content[_HEAD.size : start])
            return cls(
                str(code),
                str(detail),
                None if line is None else int(line),
                int(pages),
                content[start : start + int(html)],
                content[start + int(html) :],
            )
        except (struct.error, ValueError, TypeError) as error:
            raise Gone from error


def send(descriptor: int, content: bytes) -> None:
    """One frame; `Gone` when nobody reads."""
    left = memoryview(_HEAD.pack(len(content)) + content)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError as error:
        raise Gone from error


def receive(descriptor: int, deadline: float | None = None, longest: int = LONGEST_ANSWER) -> bytes:
    """One frame; `Gone` at the end or for one that is too long, `TooLate` after `deadline` (monotonic seconds)."""
    (length,) = _HEAD.unpack(_exactly(descriptor, _HEAD.size, deadline))
    if length > longest:
        raise Gone
    return _exactly(descriptor, length, deadline)


def _exactly(descriptor: int, length: int, deadline: float | None) -> bytes:
    found = bytearray()
    while len(found) < length:
        if deadline is not None:
            _wait(descriptor, deadline)
        part = os.read(descriptor, min(length - len(found), 1 << 20))
        if not part:
            raise Gone
        found += part
    return bytes(found)


def _wait(descriptor: int, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise TooLate
