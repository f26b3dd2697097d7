"""``/labels``."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.http.pagination import Page, PageArguments
from ramal.inbox import services
from ramal.inbox.schemas.arguments import LabelChangeSchema, NewLabelSchema
from ramal.inbox.schemas.items import LabelSchema

api = ApiBlueprint("labels", __name__, url_prefix="/labels", description="Labels of conversations")


@api.get("")
@require_permission("conversation.read")
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(LabelSchema))
def list_(query: dict[str, Any]) -> Any:
    """List the labels, by name."""
    labels = services.list_labels()
    start = (query["page"] - 1) * query["page_size"]
    return Page(labels[start : start + query["page_size"]], total=len(labels))


@api.post("")
@require_permission("conversation.manage")
@api.arguments(NewLabelSchema)
@api.response(201, LabelSchema)
@api.alt_response(409, "CONFLICT")
def create(body: dict[str, Any]) -> Any:
    """Make a label."""
    return services.create_label(**body)


@api.patch("/<uuid:label_id>")
@require_permission("conversation.manage")
@api.arguments(LabelChangeSchema)
@api.response(200, LabelSchema)
@api.alt_response(409, "CONFLICT")
def change(body: dict[str, Any], label_id: uuid.UUID) -> Any:
    """Change a label."""
    return services.update_label(label_id, **body)


@api.delete("/<uuid:label_id>")
@require_permission("conversation.manage")
@api.response(204)
def delete(label_id: uuid.UUID) -> None:
    """Remove a label, from conversations too."""
    services.delete_label(label_id)
