"""What the provider accepted and what its customers wrote: in order, on disk before any answer."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Ledger:
    """An append-only list of JSON objects, each with its ``seq``; survives a restart with ``path``."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._rows: list[dict[str, Any]] = []
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._rows = _read(path)
            self._file = path.open("a", encoding="utf-8")

    def append(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Add ``row`` durably and give it the next number, counted from 1."""
        with self._lock:
            written = {"seq": len(self._rows) + 1, **row}
            if self._file is not None:
                self._file.write(json.dumps(written, ensure_ascii=False) + "\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            self._rows.append(written)
            return written

    def rows(self, after: int = 0) -> list[dict[str, Any]]:
        """The rows with a ``seq`` above ``after``."""
        with self._lock:
            return list(self._rows[after:])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _read(path: Path) -> list[dict[str, Any]]:
    """The complete rows; a last line cut by a crash was never answered for, so it is dropped."""
    if not path.exists():
        return []
    raw = path.read_bytes()
    whole, newline, torn = raw.rpartition(b"\n")
    if torn:
        path.write_bytes(whole + newline)
    return [json.loads(line) for line in whole.splitlines() if line]
