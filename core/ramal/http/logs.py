"""Structured logs: one JSON line an event, with the request's id, and without secrets."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request

from ramal.http.lean import is_lean
from ramal.http.principal import principal_or_none

MASK = "***"
_SECRET_NAMES = re.compile(
    r"(?i)pass(word|wd)?|secret|token|authorization|cookie|api_?key|credential|signature|totp|csrf"
)
_SECRET_TEXTS = (
    re.compile(r"(?i)(bearer\s+|basic\s+)[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"()\bey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),  # JWT
    re.compile(r"()\bram_[A-Za-z0-9_-]{16,}"),  # our API tokens
    re.compile(r"()\bEAA[A-Za-z0-9]{20,}"),  # Meta access tokens
    re.compile(r"(?i)((?:access_token|api_key|password|secret|token|hub\.verify_token)=)[^&\s\"']+"),
    re.compile(r"(://[^/\s:@]+:)[^@\s/]+(?=@)"),  # a password in a URL
    re.compile(r"()\b\d{3}\.\d{3}\.\d{3}-\d{2}\b"),  # CPF
    re.compile(r"()(?<![\w-])\+?\d{2}[ ]?\(?\d{2}\)?[ ]?9?\d{4}-?\d{4}(?![\w-])"),  # phone
)
#: Beyond this depth a value is cut, so that a log line can't grow without end.
_DEPTH = 6

log = structlog.get_logger("ramal.access")


def mask(value: Any, depth: int = 0) -> Any:
    """A copy without secrets: values under telling names, and tokens, CPFs and phones in any text."""
    if depth > _DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {
            key: MASK if _SECRET_NAMES.search(str(key)) and item else mask(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(item, depth + 1) for item in value]
    if isinstance(value, str):
        for pattern in _SECRET_TEXTS:
            value = pattern.sub(rf"\g<1>{MASK}", value)
        return value
    return mask(value.decode(errors="replace"), depth) if isinstance(value, bytes) else value


def _mask_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    masked: dict[str, Any] = mask(dict(event))
    return masked


def configure() -> None:
    """Send our logs and the standard library's through one chain: JSON lines, or readable ones on a terminal."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(default=str)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger("ramal")
    root.handlers[:] = [handler]
    root.propagate = True
    root.setLevel(os.environ.get("RAMAL_LOG_LEVEL", "INFO").upper())


def init_app(app: Flask) -> None:
    """Write a line for every request that is not a probe, a file or an accepted webhook."""
    app.before_request(_begin)
    app.after_request(_access)


def _begin() -> None:
    g.started = time.perf_counter()


def _access(response: Response) -> Response:
    if is_lean() and response.status_code < 400:
        return response
    principal = principal_or_none()
    log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        user=str(principal.user_id) if principal else None,
        organization=str(principal.organization_id) if principal else None,
    )
    return response
