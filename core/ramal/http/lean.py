"""Which requests take a short path: providers' webhooks, static and signed files, and probes.

They carry no login and no language, so the per-request work of the other modules asks here first.
"""

from __future__ import annotations

from flask import request

_WEBHOOKS = "/webhooks/"
_LEAN = (_WEBHOOKS, "/static/", "/files/", "/health", "/metrics")


def is_webhook() -> bool:
    """Whether a provider calls: such requests skip all per-request work (``http.application``)."""
    return request.path.startswith(_WEBHOOKS)


def is_lean() -> bool:
    """Whether the current request goes without login, language and rate limit."""
    return request.path.startswith(_LEAN)
