"""``/auth``: log in, refresh, log out, switch organization."""

from __future__ import annotations

from typing import Any

from ramal.accounts import cookies, services, sessions
from ramal.accounts.schemas import AccessSchema, CredentialsSchema, RefreshSchema, SwitchSchema, TokensSchema
from ramal.errors import Forbidden
from ramal.http.blueprint import ApiBlueprint, public, require_login
from ramal.http.limits import client_ip, limit
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _

api = ApiBlueprint("auth", __name__, url_prefix="/auth", description="Log in and out")


@api.post("/token")
@public
@limit("60/minute", key=client_ip)
@api.arguments(CredentialsSchema)
@api.response(200, TokensSchema)
@api.alt_response(401, "UNAUTHORIZED")
def make_token(credentials: dict[str, Any]) -> Any:
    """Log in with e-mail and password.

    After a few wrong passwords the door stays closed for a while (429, with Retry-After).
    """
    return services.authenticate(credentials["email"], credentials["password"])


@api.post("/refresh")
@public
@limit("120/minute", key=client_ip)
@api.arguments(RefreshSchema)
@api.response(200, TokensSchema)
@api.alt_response(401, "UNAUTHORIZED")
def refresh(body: dict[str, Any]) -> Any:
    """Exchange a refresh token for a new pair.

    Each refresh token is good once; showing a used one closes the session.
    """
    return sessions.refresh_session(body["refresh"])


@api.post("/logout")
@require_login
@api.response(204)
def logout() -> None:
    """End this session: neither of its tokens works any more."""
    session_id = current_principal().session_id
    if session_id is None:
        raise Forbidden(_("An API token is revoked, not logged out."))
    sessions.end_session(session_id)
    cookies.forget()


@api.post("/switch")
@require_login
@api.arguments(SwitchSchema)
@api.response(200, AccessSchema)
def switch(body: dict[str, Any]) -> Any:
    """Act for another organization you are a member of."""
    principal = current_principal()
    if principal.session_id is None or principal.user_id is None:
        raise Forbidden(_("An API token belongs to one organization."))
    access = sessions.switch_session(principal.session_id, principal.user_id, body["organization_id"])
    return {"access": access}
