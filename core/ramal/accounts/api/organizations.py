"""``/organizations``: the platform's side (super_admin), and one's own organization."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.accounts import services
from ramal.accounts.schemas import (
    ArchiveSchema,
    MadeOrganizationSchema,
    NewOrganizationSchema,
    OrganizationChangeSchema,
    OrganizationSchema,
)
from ramal.accounts.services.organizations import archive_organization, own_organization
from ramal.http.blueprint import ApiBlueprint, page_of, require_permission, require_super_admin
from ramal.http.pagination import Page, PageArguments

api = ApiBlueprint("organizations", __name__, url_prefix="/organizations", description="Organizations")


@api.get("")
@require_super_admin
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(OrganizationSchema))
def list_organizations(query: dict[str, Any]) -> Any:
    """List all organizations of this installation."""
    found = services.list_organizations()
    start = (query["page"] - 1) * query["page_size"]
    return Page(found[start : start + query["page_size"]], total=len(found))


@api.post("")
@require_super_admin
@api.arguments(NewOrganizationSchema)
@api.response(201, MadeOrganizationSchema)
@api.alt_response(409, "CONFLICT")
def make_organization(body: dict[str, Any]) -> Any:
    """Make an organization with its first administrator."""
    organization, user = services.create_organization(body["name"], body["admin"])
    admin = {"id": user.id, "name": user.name, "email": user.email, "role": "org_admin", "active": True}
    return {**OrganizationSchema().dump(organization), "admin": admin}


@api.patch("/<uuid:organization_id>")
@require_super_admin
@api.arguments(ArchiveSchema)
@api.response(200, OrganizationSchema)
def change_organization(body: dict[str, Any], organization_id: uuid.UUID) -> Any:
    """Close an organization to all its members, or open it again."""
    return archive_organization(organization_id, body["archived"])


@api.get("/current")
@require_permission("team.read")
@api.response(200, OrganizationSchema)
def show_current() -> Any:
    """Show the organization you act for."""
    return own_organization()


@api.patch("/current")
@require_permission("organization.manage")
@api.arguments(OrganizationChangeSchema)
@api.response(200, OrganizationSchema)
def change_current(changes: dict[str, Any]) -> Any:
    """Change the name, colour, time zone or language of your organization."""
    return services.update_organization(changes)
