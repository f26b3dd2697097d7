"""What an examination finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``mend`` says what to do about it; empty when all is well."""

    subject: str
    level: Level
    detail: str
    mend: str = ""


def well(subject: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(subject, "ok", detail)


def mind(subject: str, detail: str, mend: str) -> Finding:
    """It works, and should be looked at."""
    return Finding(subject, "warning", detail, mend)


def ill(subject: str, detail: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(subject, "error", detail, mend)


def examined(subject: str, look: Callable[[], Iterable[Finding]], mend: str) -> Iterator[Finding]:
    """What ``look`` finds; an exception of it is a finding too, mended as ``mend`` says."""
    try:
        yield from look()
    except Exception as error:  # whatever goes wrong is what we came to see
        yield ill(subject, _sentence(error), mend)


def _sentence(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
