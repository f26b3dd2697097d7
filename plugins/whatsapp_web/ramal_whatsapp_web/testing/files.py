"""Files: the bytes behind messages, and the links under which they can be fetched for a while."""

from __future__ import annotations

import hashlib
import mimetypes
import threading

from ramal_whatsapp_web.testing.history import File

_EXTENSIONS = {"audio/ogg": "oga", "image/jpeg": "jpeg", "image/webp": "webp", "video/mp4": "mp4"}


class FileStore:
    """Bytes by their hash; links by session and message."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes: dict[str, bytes] = {}
        self._links: dict[str, tuple[File, float]] = {}

    def keep(self, content: bytes, mimetype: str, filename: str | None = None) -> File:
        """Store ``content``; the same bytes are stored once."""
        sha256 = hashlib.sha256(content).hexdigest()
        with self._lock:
            self._bytes[sha256] = content
        return File(sha256, mimetype, filename, len(content))

    def read(self, sha256: str) -> bytes:
        """The bytes. Raises KeyError for a hash nobody stored."""
        with self._lock:
            return self._bytes[sha256]

    def link(self, session: str, key: str, file: File, until: float) -> str:
        """Make the file fetchable until a time; the path below ``/api/files/``."""
        path = f"{session}/{key}.{extension(file.mimetype)}"
        with self._lock:
            self._links[path] = (file, until)
        return path

    def fetch(self, path: str, now: float) -> tuple[File, bytes] | None:
        """File and bytes behind a link; None when it has expired or never was."""
        with self._lock:
            file, until = self._links.get(path, (None, 0.0))
            if file is None or now >= until:
                self._links.pop(path, None)
                return None
            return file, self._bytes[file.sha256]

    def all(self) -> dict[str, bytes]:
        with self._lock:
            return dict(self._bytes)


def extension(mimetype: str) -> str:
    """A file name's ending for a type, as the provider chooses it."""
    plain = mimetype.split(";", maxsplit=1)[0].strip()
    return _EXTENSIONS.get(plain) or (mimetypes.guess_extension(plain) or ".bin").removeprefix(".")
