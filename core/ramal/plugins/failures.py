"""Counting what plugins do wrong, per organization; too much in a short while suspends the plugin there."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque

import structlog

from ramal.database.session import organization_id_or_none

log = structlog.get_logger("ramal.plugins")

#: This many failures of one plugin within so many seconds, in one organization, suspend it there.
LIMIT, WINDOW = 20, 300.0

_lock = threading.Lock()
_recent: dict[tuple[uuid.UUID, str], deque[float]] = {}


def note_failure(plugin: str, hook: str, error: BaseException) -> None:
    """Log a plugin's failure; the one that is too many suspends it for the current organization."""
    log.error("plugin failed", plugin=plugin, hook=hook, error=str(error), exc_info=error)
    organization_id = organization_id_or_none()
    if organization_id is not None and _too_many(organization_id, plugin):
        from ramal.plugins.services import suspend_plugin

        suspend_plugin(organization_id, plugin, f"{LIMIT} failures in {WINDOW / 60:.0f} minutes; the last: {error}")


def forget_failures(organization_id: uuid.UUID, plugin: str) -> None:
    """Start counting anew (the plugin was resumed)."""
    with _lock:
        _recent.pop((organization_id, plugin), None)


def _too_many(organization_id: uuid.UUID, plugin: str) -> bool:
    now = time.monotonic()
    with _lock:
        times = _recent.setdefault((organization_id, plugin), deque(maxlen=LIMIT))
        times.append(now)
        if len(times) < LIMIT or now - times[0] > WINDOW:
            return False
        times.clear()
        return True
