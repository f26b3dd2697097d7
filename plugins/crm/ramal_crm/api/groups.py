"""Company groups."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ramal.api import ApiBlueprint, Page, page_of, require_permission
from ramal_crm.models import CompanyGroup
from ramal_crm.permissions import DELETE, EDIT, VIEW
from ramal_crm.schemas.settings import GroupFields, GroupQuery, GroupSchema, NewGroupSchema
from ramal_crm.services import groups

api = ApiBlueprint("groups", __name__, plugin="crm", url_prefix="/groups", description="Company groups")


@api.get("/")
@require_permission(VIEW)
@api.arguments(GroupQuery, location="query")
@api.response(200, page_of(GroupSchema))
def list_groups(query: Mapping[str, Any]) -> Page:
    """Groups by name, by key."""
    page = groups.list_groups(text=query["q"], cursor=query.get("cursor"), page_size=query["page_size"])
    return Page(_shown(page.items), page.next_cursor)


@api.post("/")
@require_permission(EDIT)
@api.arguments(NewGroupSchema)
@api.response(201, GroupSchema)
def create_group(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make a group. Customers come into it by their ``group_id``."""
    return _shown([groups.create_group(values)])[0]


@api.get("/<uuid:group_id>")
@require_permission(VIEW)
@api.response(200, GroupSchema)
def get_group(group_id: uuid.UUID) -> dict[str, Any]:
    """One group."""
    return _shown([groups.get_group(group_id)])[0]


@api.patch("/<uuid:group_id>")
@require_permission(EDIT)
@api.arguments(GroupFields)
@api.response(200, GroupSchema)
def update_group(values: Mapping[str, Any], group_id: uuid.UUID) -> dict[str, Any]:
    """Another name, another note."""
    return _shown([groups.update_group(group_id, values)])[0]


@api.delete("/<uuid:group_id>")
@require_permission(DELETE)
@api.response(204)
def delete_group(group_id: uuid.UUID) -> None:
    """Dissolve a group; its companies stay."""
    groups.delete_group(group_id)


def _shown(found: Sequence[CompanyGroup]) -> list[dict[str, Any]]:
    sizes = groups.sizes([group.id for group in found])
    names = ("id", "name", "note", "created_at")
    return [{**{name: getattr(group, name) for name in names}, "customers": sizes[group.id]} for group in found]
