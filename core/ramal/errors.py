"""The error classes of the house: a code for programs, a sentence for people, details by field.

They are raised low (services, channels, plugins) and rendered in one place (``ramal.http.errors``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

Details = Mapping[str, Sequence[str]]


class RamalError(Exception):
    """Base of every error that a person or a client program is meant to read."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500

    def __init__(self, message: str, details: Details | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = dict(details or {}) | extra


class InvalidPayload(RamalError):
    """The request's body, query or headers do not fit; ``details`` names each field."""

    code = "INVALID_PAYLOAD"
    status = 422


class Unauthorized(RamalError):
    """No credentials, or ones that are wrong, expired or revoked."""

    code = "UNAUTHORIZED"
    status = 401


class Forbidden(RamalError):
    """Known who asks, and not allowed."""

    code = "FORBIDDEN"
    status = 403


class NotFound(RamalError):
    """It does not exist, or belongs to another organization: the two look alike on purpose."""

    code = "NOT_FOUND"
    status = 404


class Conflict(RamalError):
    """The state of the thing does not allow it; the message says which state and who holds it."""

    code = "CONFLICT"
    status = 409


class RateLimited(RamalError):
    """Too often; ``details["retry_after"]`` in seconds."""

    code = "RATE_LIMITED"
    status = 429


class UpstreamError(RamalError):
    """A provider outside answered with an error, or not at all."""

    code = "UPSTREAM_ERROR"
    status = 502


class Unavailable(RamalError):
    """We can't do it durably now (database away); the caller should try again."""

    code = "INTERNAL_ERROR"
    status = 503


class PluginError(RamalError):
    """A plugin is missing, broken, or used against the rules of the framework."""
