"""Which requests take the short path: providers' webhooks, static and signed files, and probes.

They carry no login and no language, and a webhook must cost little more than its INSERT, so the
per-request work of the other modules asks here first.
"""

from __future__ import annotations

from flask import request

_LEAN = ("/webhooks/", "/static/", "/files/", "/health", "/metrics")


def is_lean() -> bool:
    """Whether the current request goes without login, language and rate limit."""
    return request.path.startswith(_LEAN)
