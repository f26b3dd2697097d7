"""What happened, in order: append-only lists that survive a restart when they have a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Ledger:
    """JSON objects, each with its ``seq``, counted from 1."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._rows: list[dict[str, Any]] = []
        self._file = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._rows = _read(path)
            self._file = path.open("a", encoding="utf-8")

    def append(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Add ``row`` and give it the next number; it is handed to the system before this returns."""
        with self._lock:
            written = {"seq": len(self._rows) + 1, **row}
            if self._file is not None:
                self._file.write(json.dumps(written, ensure_ascii=False) + "\n")
                self._file.flush()
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
    """The complete rows; a last line cut by a crash is dropped."""
    if not path.exists():
        return []
    raw = path.read_bytes()
    whole, newline, torn = raw.rpartition(b"\n")
    if torn:
        path.write_bytes(whole + newline)
    return [json.loads(line) for line in whole.splitlines() if line]
