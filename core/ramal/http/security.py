"""Security headers of every answer, and the Content-Security-Policy with a nonce per request.

A view that must differ (a page meant for another site's frame) sets its own header, which is left
alone; :func:`allow_sources` widens the policy of one answer, ``register_csp_sources`` of all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence

from flask import Flask, Response, current_app, g, request

from ramal.http.lean import is_lean

Sources = Mapping[str, Sequence[str]]

#: Directives of pages; ``{nonce}`` is the request's.
_PAGE: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'", "'nonce-{nonce}'"),
    "style-src": ("'self'", "'nonce-{nonce}'"),
    "img-src": ("'self'", "data:", "blob:"),
    "font-src": ("'self'",),
    "media-src": ("'self'", "blob:"),
    "connect-src": ("'self'",),
    "manifest-src": ("'self'",),
    "worker-src": ("'self'",),
    "frame-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
}
_NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'"
#: A source could end the directive and start another one.
_FORBIDDEN = frozenset(";,\n\r ")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}


def init_app(app: Flask) -> None:
    """Set the headers on every answer."""
    app.extensions["ramal.csp"] = {}
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_set_headers)


def csp_nonce() -> str:
    """The nonce of this request's inline scripts, styles and import map."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def add_csp_sources(app: Flask, sources: Sources) -> None:
    """Widen the policy of every page (what ``register_csp_sources`` answered). ValueError if it makes no sense."""
    check_sources(sources)
    for directive, values in sources.items():
        app.extensions["ramal.csp"].setdefault(directive, []).extend(values)


def check_sources(sources: Sources) -> None:
    """ValueError unless all are plain sources of known directives."""
    for directive, values in sources.items():
        if directive not in _PAGE or directive == "default-src":
            raise ValueError(f"{directive!r} is not a directive that can be widened")
        if isinstance(values, str):
            raise ValueError(f"{directive}: a list of sources is wanted, not a text")
        for value in values:
            if not value or _FORBIDDEN & set(value) or value.startswith("'unsafe"):
                raise ValueError(f"{directive}: {value!r} is not an acceptable source")


def allow_sources(**directives: Iterable[str]) -> None:
    """Widen the policy of this answer: ``allow_sources(frame_ancestors=["https://shop.example"])``."""
    extra: dict[str, list[str]] = g.setdefault("csp_extra", {})
    for name, values in directives.items():
        extra.setdefault(name.replace("_", "-"), []).extend(values)


def policy() -> str:
    """The Content-Security-Policy of this request's page."""
    nonce = csp_nonce()
    added: Sources = current_app.extensions["ramal.csp"]
    extra: Sources = g.get("csp_extra", {})
    parts = []
    for directive, own in _PAGE.items():
        values = [value.format(nonce=nonce) for value in own]
        values += [*added.get(directive, ()), *extra.get(directive, ())]
        if len(values) > 1 and "'none'" in values:
            values.remove("'none'")
        parts.append(f"{directive} {' '.join(dict.fromkeys(values))}")
    return "; ".join(parts)


def _set_headers(response: Response) -> Response:
    headers = response.headers
    if is_lean():
        headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if "Content-Security-Policy" not in headers:
        page = response.mimetype == "text/html"
        headers["Content-Security-Policy"] = policy() if page else _NOT_A_PAGE
    if "frame-ancestors" in g.get("csp_extra", {}):
        del headers["X-Frame-Options"]
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in headers and response.mimetype in ("text/html", "application/json"):
        headers["Cache-Control"] = "no-store"
    return response
