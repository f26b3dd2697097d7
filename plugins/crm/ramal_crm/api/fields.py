"""The organization's own fields."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, require_permission
from ramal_crm.models import CustomField
from ramal_crm.permissions import ADMINISTER, VIEW
from ramal_crm.schemas.settings import FieldChangesSchema, FieldListSchema, FieldQuery, FieldSchema, NewFieldSchema
from ramal_crm.services import custom_fields

api = ApiBlueprint("fields", __name__, plugin="crm", url_prefix="/fields", description="Own fields")


@api.get("/")
@require_permission(VIEW)
@api.arguments(FieldQuery, location="query")
@api.response(200, FieldListSchema)
def list_fields(query: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that customers and deals have besides the usual ones."""
    return {"items": custom_fields.list_fields(query.get("entity"), archived=query["archived"])}


@api.post("/")
@require_permission(ADMINISTER)
@api.arguments(NewFieldSchema)
@api.response(201, FieldSchema)
def create_field(values: Mapping[str, Any]) -> CustomField:
    """Define a field. Its key and its type never change."""
    return custom_fields.create_field(values)


@api.patch("/<uuid:field_id>")
@require_permission(ADMINISTER)
@api.arguments(FieldChangesSchema)
@api.response(200, FieldSchema)
def update_field(values: Mapping[str, Any], field_id: uuid.UUID) -> CustomField:
    """Another label, other options, another place; or archive it, which keeps what is in it."""
    return custom_fields.update_field(field_id, values)
