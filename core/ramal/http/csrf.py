"""Cross-site request forgery: what a browser sends by itself (cookies) never suffices.

Two checks: the request comes from a page of ours (Sec-Fetch-Site, else Origin), and it repeats a
value that only such a page can read (cookie ``csrf_access_token`` → header ``X-CSRF-TOKEN`` or
form field ``csrf_token``). The value is a keyed hash of the session, so it stays the same when
tokens are refreshed, and another site's cookie can't stand in for it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import Response, g, request

from ramal.config import current_settings
from ramal.database.crypto import derive_key
from ramal.errors import Forbidden
from ramal.i18n import gettext as _

COOKIE = "csrf_access_token"
HEADER = "X-CSRF-TOKEN"
FIELD = "csrf_token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def token_for(binding: str) -> str:
    """The value that belongs to a session (its id), or to a random word before login."""
    return _sign(current_settings().secret_keys[0], binding)


def check(binding: str) -> None:
    """Forbidden unless the current request may change something for the session ``binding``."""
    if request.method in SAFE:
        return
    check_origin()
    given = request.headers.get(HEADER) or request.form.get(FIELD) or ""
    keys = current_settings().secret_keys
    if not any(hmac.compare_digest(given.encode(), _sign(key, binding).encode()) for key in keys):
        raise Forbidden(_("This page is out of date: load it again and repeat."))


def check_origin() -> None:
    """Forbidden when the browser says that another site made the request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        origin = request.headers.get("Origin")
        allowed = origin is None or same_origin(origin)
    if not allowed:
        raise Forbidden(_("This request came from another site."))


def same_origin(origin: str) -> bool:
    """Whether ``origin`` is this installation's own (by the request's host, or the public URL)."""
    given = urlsplit(origin)
    if given.scheme not in ("http", "https"):
        return False
    public = urlsplit(current_settings().base_url)
    return given.netloc in (request.host, public.netloc)


# --- before login -----------------------------------------------------------------------------------


def visitor_token() -> str:
    """The value of a form shown before login; its random half travels in the cookie."""
    word = request.cookies.get(COOKIE, "")
    if not _is_word(word):
        word = secrets.token_urlsafe(24)
        g.csrf_cookie = word
    return token_for(word)


def check_visitor() -> None:
    """Forbidden unless the form was shown by us to this browser."""
    word = request.cookies.get(COOKIE, "")
    if not _is_word(word):
        raise Forbidden(_("This page is out of date: load it again and repeat."))
    check(word)


def set_visitor_cookie(response: Response) -> Response:
    """Give the browser the random half, if one was made."""
    if g.get("csrf_cookie"):
        response.set_cookie(COOKIE, g.csrf_cookie, secure=request.is_secure, samesite="Lax")
    return response


def _is_word(value: str) -> bool:
    return 24 <= len(value) <= 64


def _sign(key: str, binding: str) -> str:
    return hmac.new(derive_key(key, "csrf"), binding.encode(), hashlib.sha256).hexdigest()
