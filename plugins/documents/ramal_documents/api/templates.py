"""Templates of contracts and their versions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, require_permission
from ramal_documents.models import ContractTemplate, TemplateVersion
from ramal_documents.permissions import ADMINISTER, VIEW
from ramal_documents.schemas import examples
from ramal_documents.schemas.templates import (
    CheckedSchema,
    NewTemplateSchema,
    TemplateChangeSchema,
    TemplateListSchema,
    TemplateQuery,
    VersionFields,
    VersionListSchema,
    WholeTemplateSchema,
    WholeVersionSchema,
)
from ramal_documents.services import templates

api = ApiBlueprint(
    "templates", __name__, plugin="documents", url_prefix="/contract-templates", description="Templates of contracts"
)


@api.get("/")
@require_permission(VIEW)
@api.arguments(TemplateQuery, location="query")
@api.response(200, TemplateListSchema)
def list_templates(query: Mapping[str, Any]) -> dict[str, Any]:
    """All templates, by folder and name."""
    numbers = templates.latest_numbers()
    return {"items": [_json(each, numbers.get(each.id)) for each in templates.list_templates(**query)]}


@api.post("/")
@require_permission(ADMINISTER)
@api.arguments(NewTemplateSchema, example=examples.TEMPLATE)
@api.response(201, WholeTemplateSchema)
def create_template(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make a template. 422 names each mistake of its variables and of its text, with the line."""
    return _whole(templates.create_template(values))


@api.post("/check")
@require_permission(VIEW)
@api.arguments(VersionFields, example=examples.VERSION)
@api.response(200, CheckedSchema)
def check_template(values: Mapping[str, Any]) -> dict[str, Any]:
    """Look at a template without saving it. 422 when its variables can't be read."""
    return {"problems": templates.check(values["source"], values["variables"]).problems}


@api.get("/<uuid:template_id>")
@require_permission(VIEW)
@api.response(200, WholeTemplateSchema)
def get_template(template_id: uuid.UUID) -> dict[str, Any]:
    """One template with its latest version."""
    return _whole(templates.get_template(template_id))


@api.patch("/<uuid:template_id>")
@require_permission(ADMINISTER)
@api.arguments(TemplateChangeSchema(partial=True))
@api.response(200, WholeTemplateSchema)
def update_template(values: Mapping[str, Any], template_id: uuid.UUID) -> dict[str, Any]:
    """Change its name, folder, tags, or whether it is used."""
    return _whole(templates.update_template(template_id, values))


@api.get("/<uuid:template_id>/versions")
@require_permission(VIEW)
@api.response(200, VersionListSchema)
def list_versions(template_id: uuid.UUID) -> dict[str, Any]:
    """All of its versions, newest first."""
    return {"items": templates.versions_of(templates.get_template(template_id).id)}


@api.post("/<uuid:template_id>/versions")
@require_permission(ADMINISTER)
@api.arguments(VersionFields, example=examples.VERSION)
@api.response(201, WholeVersionSchema)
def add_version(values: Mapping[str, Any], template_id: uuid.UUID) -> dict[str, Any]:
    """Save another version; contracts stay with theirs. What says the same as the latest is the latest."""
    return _version(templates.add_version(template_id, values))


@api.get("/versions/<uuid:version_id>")
@require_permission(VIEW)
@api.response(200, WholeVersionSchema)
def get_version(version_id: uuid.UUID) -> dict[str, Any]:
    """One version with its text, its variables, and the fields of a form."""
    return _version(templates.get_version(version_id))


def _json(template: ContractTemplate, number: int | None) -> dict[str, Any]:
    columns = {column.key: getattr(template, column.key) for column in ContractTemplate.__table__.columns}
    return {**columns, "version": number}


def _whole(template: ContractTemplate) -> dict[str, Any]:
    newest = templates.latest(template.id)
    return {**_json(template, newest.number), "latest": _version(newest)}


def _version(version: TemplateVersion) -> dict[str, Any]:
    columns = {column.key: getattr(version, column.key) for column in TemplateVersion.__table__.columns}
    return {**columns, **version.declared, "form": templates.schema_of(version).form()}
