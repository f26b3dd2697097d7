"""Where bytes lie. One small protocol, so that another store can take the local disk's place."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from flask import current_app

from ramal.config import Settings


class Storage(Protocol):
    """Bytes by key. Keys are ours (never a name that a person chose) and use ``/`` as separator."""

    def put(self, key: str, source: Path) -> None:
        """Take over the finished local file ``source``; whole or not at all."""

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store a small object (a thumbnail)."""

    def open(self, key: str) -> BinaryIO:
        """Open for reading, seekable. FileNotFoundError if it is gone."""

    def path(self, key: str) -> Path:
        """A local file with these bytes, for programs that want a path."""

    def delete(self, key: str) -> None:
        """Remove it; nothing happens if it is gone already."""

    def scratch(self) -> Path:
        """A folder for unfinished files, on the same disk as the finished ones where that matters."""


class LocalDisk:
    """Files under one folder, readable by this account only."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: Path) -> None:
        target = self._place(key)
        source.chmod(0o600)
        with source.open("rb") as written:
            os.fsync(written.fileno())
        source.replace(target)

    def put_bytes(self, key: str, data: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=self.scratch(), delete=False) as file:
            file.write(data)
        self.put(key, Path(file.name))

    def open(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def path(self, key: str) -> Path:
        found = (self.root / key).resolve()
        if not found.is_relative_to(self.root.resolve()):
            raise FileNotFoundError(key)
        return found

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def scratch(self) -> Path:
        folder = self.root / "incoming"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _place(self, key: str) -> Path:
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return target


def store_of(settings: Settings) -> Storage:
    """The store that an installation with these settings has."""
    return LocalDisk(settings.data_dir / "files")


def storage() -> Storage:
    """The store of the current application."""
    found: Storage = current_app.extensions["ramal.storage"]
    return found


def new_key(organization_id: uuid.UUID, file_id: uuid.UUID) -> str:
    """Where a new file goes: by organization, then spread over 256 folders."""
    return f"{organization_id}/{file_id.hex[-2:]}/{file_id}"


@contextlib.contextmanager
def scratch_file() -> Iterator[tuple[Path, BinaryIO]]:
    """An unfinished file, removed at the end unless :meth:`Storage.put` took it."""
    handle, name = tempfile.mkstemp(dir=storage().scratch())
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield path, file
    finally:
        path.unlink(missing_ok=True)
