"""JSON as the database can hold it, and the natural keys of things without an id."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ramal.api import gettext as _

MAX_DEPTH = 60


def load_document(raw: bytes) -> dict[str, Any]:
    """The webhook's JSON object. Raises ValueError with a sentence when there is none.

    NaN, infinities, NUL characters and half surrogate pairs are legal in Python's JSON and in none
    of PostgreSQL's types: the numbers become null and the characters are replaced here, once.
    """
    try:
        document = loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError(_("The body is not JSON.")) from None
    if not isinstance(document, dict):
        raise ValueError(_("The body is JSON, but not an object."))
    if _deeper_than(document, MAX_DEPTH):
        raise ValueError(_("The body is nested too deeply."))
    return document


def loads(text: str) -> Any:
    """``json.loads`` whose result PostgreSQL can hold. Raises ValueError or RecursionError."""
    value = json.loads(text, parse_constant=lambda _name: None, parse_float=_finite)
    return _storable(value) if _has_unstorable_text(text) else value


def fingerprint(*parts: Any) -> str:
    """The natural key of something without an id: a hash of its canonical JSON."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _finite(text: str) -> float | None:
    number = float(text)
    return None if number in (float("inf"), float("-inf")) else number


def _deeper_than(document: Any, limit: int) -> bool:
    level = [document]
    for _depth in range(limit):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _has_unstorable_text(text: str) -> bool:
    lowered = text.lower()
    return "\\u0000" in lowered or "\\ud" in lowered


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
