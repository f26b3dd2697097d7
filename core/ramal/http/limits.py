"""Rate limits in Redis, kept in this process's memory while Redis is away: never a reason to fail.

Flask-Limiter's middleware would run on every webhook, so this uses the library underneath it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from ramal.errors import RateLimited
from ramal.http.principal import principal_or_none
from ramal.i18n import gettext as _

log = structlog.get_logger("ramal.http")
_View = TypeVar("_View", bound=Callable[..., Any])

#: Seconds during which Redis is not asked again after it failed.
_REST = 5.0


class Limiter:
    """Counts hits in fixed windows."""

    def __init__(self, redis_url: str) -> None:
        self._memory = FixedWindowRateLimiter(MemoryStorage())
        self._redis: FixedWindowRateLimiter | None = None
        self._asleep_until = 0.0
        if redis_url:
            storage = RedisStorage(redis_url, key_prefix="ramal:limit", socket_timeout=0.5, socket_connect_timeout=0.5)
            self._redis = FixedWindowRateLimiter(storage)

    def hit(self, item: RateLimitItem, *key: str) -> int | None:
        """Count one; None if it is within the limit, else the seconds until the window ends."""
        if self._redis is not None and time.monotonic() >= self._asleep_until:
            try:
                return _hit(self._redis, item, key)
            except Exception as error:
                self._asleep_until = time.monotonic() + _REST
                log.warning("rate limits are counted in memory: Redis is away", detail=str(error))
        return _hit(self._memory, item, key)


def _hit(strategy: FixedWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> int | None:
    if strategy.hit(item, *key):
        return None
    return max(1, int(strategy.get_window_stats(item, *key).reset_time - time.time()) + 1)


def init_app(app: Flask) -> None:
    """Make the counter of this application."""
    app.extensions["ramal.limits"] = Limiter(app.extensions["ramal.settings"].redis_url)


def limit(rate: str, *, key: Callable[[], str] | None = None) -> Callable[[_View], _View]:
    """Allow a view ``rate`` calls (``"10/minute"``) for each caller: the user, or the address without login.

    ``key`` names the caller in another way. RateLimited, with ``retry_after`` in seconds, beyond it.
    """
    item = parse(rate)

    def decorate(view: _View) -> _View:
        @wraps(view)
        def limited(*args: Any, **kwargs: Any) -> Any:
            hit(item, view.__module__ + "." + view.__qualname__, key() if key else caller())
            return view(*args, **kwargs)

        return limited  # type: ignore[return-value]

    return decorate


def hit(rate: RateLimitItem | str, name: str, key: str) -> None:
    """Count one use of ``name`` by ``key``; RateLimited beyond ``rate``."""
    item = parse(rate) if isinstance(rate, str) else rate
    limiter: Limiter = current_app.extensions["ramal.limits"]
    wait = limiter.hit(item, name, key)
    if wait is not None:
        raise RateLimited(_("Too many requests; try again in %(seconds)s seconds.", seconds=wait), retry_after=wait)


def caller() -> str:
    """Who is counted: the user, or the network address of a request without login."""
    principal = principal_or_none()
    if principal is not None and principal.user_id is not None:
        return f"user:{principal.user_id}"
    return f"ip:{client_ip()}"


def client_ip() -> str:
    """The caller's address. Behind a proxy it is right when the server trusts that proxy (ProxyFix)."""
    return request.remote_addr or "unknown"
