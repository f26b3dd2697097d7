"""Who calls: read from each request before anything else runs, and remembered for its length.

Bearer (access token or API token), or the browser's cookies with the CSRF check. A browser whose
access token has run out is refreshed on the way, so that pages simply go on.
"""

from __future__ import annotations

import time

import flask_babel
from flask import Flask, g, request

from ramal.accounts import cookies, identity, tokens
from ramal.accounts.sessions import check_refresh, refresh_session
from ramal.database.session import use_organization
from ramal.errors import Forbidden, RamalError, Unauthorized
from ramal.http import csrf
from ramal.http.lean import is_lean
from ramal.http.principal import Principal


def init_app(app: Flask) -> None:
    """Authenticate every request that is not on the short path."""
    app.before_request(authenticate)
    app.after_request(cookies.write)


def authenticate() -> None:
    """Fill in ``g.principal``; what is wrong with the credentials is told by whoever demands a login."""
    if is_lean():
        return
    try:
        found = _identify()
    except (Unauthorized, Forbidden) as error:
        g.auth_error = error
        return
    if found is not None:
        become(found)


def become(found: identity.Identity) -> Principal:
    """Act as this caller, for this organization, from here on."""
    g.principal, g.organization = found.principal, found.organization
    if found.organization is not None:
        g.organization_locale, g.organization_timezone = found.organization.locale, found.organization.timezone
        use_organization(found.organization.id)
    flask_babel.refresh()
    return found.principal


def active_organization() -> identity.ActiveOrganization | None:
    """The organization the caller acts for."""
    found: identity.ActiveOrganization | None = g.get("organization")
    return found


def _identify() -> identity.Identity | None:
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _blank, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Authorization: Bearer …")
        if token.startswith(tokens.API_TOKEN_PREFIX):
            return identity.from_api_token(token)
        return identity.from_access_token(token)
    return _from_cookies()


def _from_cookies() -> identity.Identity | None:
    access, refresh = cookies.read()
    if access is not None:
        try:
            claims = tokens.read_access_token(access)
        except Unauthorized:
            pass
        else:
            csrf.check(str(claims.session_id))
            return identity.from_access_token(access)
    if refresh is None:
        return None
    return _from_refresh_cookie(refresh)


def _from_refresh_cookie(refresh: str) -> identity.Identity:
    try:
        csrf.check(str(tokens.read_refresh_token(refresh).session_id))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            row = check_refresh(refresh)
            return identity.from_session(row.id, row.user_id, row.organization_id, time.time())
        pair = refresh_session(refresh)
    except Unauthorized:
        cookies.forget()
        raise
    cookies.give(pair)
    return identity.from_session(pair.session_id, pair.user_id, pair.organization_id, time.time())


def credentials_error() -> RamalError | None:
    """What was wrong with the credentials of this request, if they were wrong."""
    error: RamalError | None = g.get("auth_error")
    return error
