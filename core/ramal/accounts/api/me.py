"""``/me``: the caller."""

from __future__ import annotations

from typing import Any

from ramal.accounts import services
from ramal.accounts.authentication import active_organization
from ramal.accounts.schemas import MeSchema, PasswordSchema, ProfileSchema
from ramal.http.blueprint import ApiBlueprint, require_login
from ramal.http.limits import limit
from ramal.http.principal import Principal, current_principal, demand_person

api = ApiBlueprint("me", __name__, url_prefix="/me", description="Yourself")


@api.get("")
@require_login
@api.response(200, MeSchema)
def show_me() -> Any:
    """Show who you are, where, and what you may do."""
    return me_json(current_principal())


@api.patch("")
@require_login
@api.arguments(ProfileSchema)
@api.response(200, MeSchema)
def change_me(changes: dict[str, Any]) -> Any:
    """Change your name, language or theme."""
    principal = demand_person()
    assert principal.user_id is not None
    user = services.update_profile(principal.user_id, changes)
    return {**me_json(principal), "name": user.name, "locale": user.locale, "theme": user.theme}


@api.post("/password")
@require_login
@limit("10/minute")
@api.arguments(PasswordSchema)
@api.response(204)
def change_password(body: dict[str, Any]) -> None:
    """Change your password; your other sessions end."""
    principal = demand_person()
    assert principal.user_id is not None
    services.change_password(principal.user_id, body["current"], body["new"], keep=principal.session_id)


def me_json(principal: Principal) -> dict[str, Any]:
    """What ``GET /me`` answers, and what the inbox's page carries."""
    organizations = services.organizations_of(principal.user_id) if principal.user_id else []
    return {
        "id": principal.user_id,
        "name": principal.name,
        "email": principal.email,
        "locale": principal.locale,
        "theme": principal.theme,
        "organization": active_organization(),
        "organizations": organizations,
        "role": principal.role,
        "permissions": sorted(principal.permissions),
        "is_super_admin": principal.is_super_admin,
    }
