"""Activities."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, Page, page_of, require_permission
from ramal_crm.models import Activity
from ramal_crm.permissions import EDIT, VIEW
from ramal_crm.schemas.activities import ActivityFields, ActivityQuery, ActivitySchema, NewActivitySchema
from ramal_crm.services import activities

api = ApiBlueprint("activities", __name__, plugin="crm", url_prefix="/activities", description="What is to be done")
_LINKS = ("assignee_id", "customer_id", "deal_id", "contact_id")


@api.get("/")
@require_permission(VIEW)
@api.arguments(ActivityQuery, location="query")
@api.response(200, page_of(ActivitySchema))
def list_activities(query: Mapping[str, Any]) -> Page:
    """Activities by key: what is due first comes first; of what is done, the last."""
    search = activities.Search(when=query["when"], **{name: query.get(name) for name in _LINKS})
    return activities.list_activities(search, cursor=query.get("cursor"), page_size=query["page_size"])


@api.post("/")
@require_permission(EDIT)
@api.arguments(NewActivitySchema)
@api.response(201, ActivitySchema)
def create_activity(values: Mapping[str, Any]) -> Activity:
    """Something to do; whom it is about follows from its message, conversation or deal."""
    return activities.create_activity(values)


@api.get("/<uuid:activity_id>")
@require_permission(VIEW)
@api.response(200, ActivitySchema)
def get_activity(activity_id: uuid.UUID) -> Activity:
    """One activity."""
    return activities.get_activity(activity_id)


@api.patch("/<uuid:activity_id>")
@require_permission(EDIT)
@api.arguments(ActivityFields)
@api.response(200, ActivitySchema)
def change_activity(values: Mapping[str, Any], activity_id: uuid.UUID) -> Activity:
    """Write some of it anew; another reminder goes out again. 409 once it is done."""
    return activities.change_activity(activity_id, values)


@api.delete("/<uuid:activity_id>")
@require_permission(EDIT)
@api.response(204)
def delete_activity(activity_id: uuid.UUID) -> None:
    """It was never to be done. 409 once it is done: that stays as history."""
    activities.delete_activity(activity_id)


@api.post("/<uuid:activity_id>/done")
@require_permission(EDIT)
@api.response(200, ActivitySchema)
def finish_activity(activity_id: uuid.UUID) -> Activity:
    """It is done."""
    return activities.finish(activity_id)


@api.post("/<uuid:activity_id>/undo")
@require_permission(EDIT)
@api.response(200, ActivitySchema)
def undo_activity(activity_id: uuid.UUID) -> Activity:
    """It is to be done after all."""
    return activities.undo(activity_id)
