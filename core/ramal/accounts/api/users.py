"""``/users``: the team of the active organization."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.accounts import services
from ramal.accounts.schemas import MemberChangeSchema, MemberQuery, MemberSchema, NewMemberSchema
from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.http.pagination import Page

api = ApiBlueprint("users", __name__, url_prefix="/users", description="The team")


@api.get("")
@require_permission("team.read")
@api.arguments(MemberQuery, location="query")
@api.response(200, page_of(MemberSchema))
def list_users(query: dict[str, Any]) -> Any:
    """List the members of the organization, by name."""
    wanted = query.get("active")
    members = [member for member in services.list_members() if wanted is None or member.active == wanted]
    start = (query["page"] - 1) * query["page_size"]
    return Page(members[start : start + query["page_size"]], total=len(members))


@api.post("")
@require_permission("team.manage")
@api.arguments(NewMemberSchema)
@api.response(201, MemberSchema)
@api.alt_response(409, "CONFLICT")
def add_user(body: dict[str, Any]) -> Any:
    """Add a member.

    A person who already logs in elsewhere keeps name and password; a new one needs a password.
    """
    return services.create_user(body["name"], body["email"], body["role"], body.get("password"))


@api.get("/<uuid:user_id>")
@require_permission("team.read")
@api.response(200, MemberSchema)
def show_user(user_id: uuid.UUID) -> Any:
    """Show one member."""
    return services.get_member(user_id)


@api.patch("/<uuid:user_id>")
@require_permission("team.manage")
@api.arguments(MemberChangeSchema)
@api.response(200, MemberSchema)
@api.alt_response(409, "CONFLICT")
def change_user(changes: dict[str, Any], user_id: uuid.UUID) -> Any:
    """Change a member's role, or switch them off, which ends their sessions."""
    return services.update_member(user_id, **changes)
