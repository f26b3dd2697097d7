"""The browser's login: two cookies it sends and scripts can't read, one that scripts can (CSRF).

Over HTTPS their names begin with ``__Host-``: no subdomain, and no plain-HTTP page, can set them.
"""

from __future__ import annotations

from flask import Response, g, request

from ramal.accounts.sessions import TokenPair
from ramal.config import current_settings
from ramal.http import csrf

_ACCESS, _REFRESH = "ramal_access", "ramal_refresh"


def read() -> tuple[str | None, str | None]:
    """(access token, refresh token) of the request."""
    return request.cookies.get(_name(_ACCESS)), request.cookies.get(_name(_REFRESH))


def give(pair: TokenPair) -> None:
    """Log the browser in with the answer to this request."""
    g.new_cookies = pair


def give_access(token: str) -> None:
    """Replace the access token with the answer to this request (another organization)."""
    g.new_access = token


def forget() -> None:
    """Log the browser out with the answer to this request."""
    g.new_cookies = None


def write(response: Response) -> Response:
    """Set or delete the cookies, if this request decided to."""
    csrf.set_visitor_cookie(response)
    if "new_access" in g:
        _set(response, _name(_ACCESS), g.new_access, current_settings().access_token_ttl, httponly=True)
    if "new_cookies" not in g:
        return response
    pair: TokenPair | None = g.new_cookies
    if pair is None:
        for name in (_name(_ACCESS), _name(_REFRESH)):
            response.delete_cookie(name, path="/", secure=_secure(), httponly=True, samesite="Lax")
        response.delete_cookie(csrf.COOKIE, path="/", secure=_secure(), samesite="Lax")
        return response
    lifetime = current_settings().refresh_token_ttl
    _set(response, _name(_ACCESS), pair.access, current_settings().access_token_ttl, httponly=True)
    _set(response, _name(_REFRESH), pair.refresh, lifetime, httponly=True)
    _set(response, csrf.COOKIE, csrf.token_for(str(pair.session_id)), lifetime, httponly=False)
    return response


def _set(response: Response, name: str, value: str, seconds: int, *, httponly: bool) -> None:
    response.set_cookie(name, value, max_age=seconds, path="/", secure=_secure(), httponly=httponly, samesite="Lax")


def _name(name: str) -> str:
    return f"__Host-{name}" if _secure() else name


def _secure() -> bool:
    return request.is_secure or current_settings().base_url.startswith("https://")
