"""``/notifications``: one's own, and what one wants to be told."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.http.blueprint import ApiBlueprint, require_permission
from ramal.http.limits import limit
from ramal.notifications import services
from ramal.notifications.schemas import (
    MarkedSchema,
    NotificationArguments,
    NotificationListSchema,
    NotificationSchema,
    PreferencesSchema,
    ReadAllSchema,
    SwitchesSchema,
)
from ramal.notifications.types import MEDIUM_TITLES, PERMISSION
from ramal.plugins.contributions import AVAILABLE_MEDIA, Medium

api = ApiBlueprint("notifications", __name__, url_prefix="/notifications", description="What one is told about")


@api.get("")
@require_permission(PERMISSION)
@api.arguments(NotificationArguments, location="query")
@api.response(200, NotificationListSchema)
def list_(query: dict[str, Any]) -> Any:
    """List your notifications, newest first."""
    page = services.list_notifications(unread=query["unread"], cursor=query.get("cursor"), page_size=query["page_size"])
    return {"items": page.items, "next_cursor": page.next_cursor, "unread": services.count_unread()}


@api.post("/<uuid:notification_id>/read")
@require_permission(PERMISSION)
@limit("240/minute")
@api.response(200, NotificationSchema)
def read(notification_id: uuid.UUID) -> Any:
    """Mark one read."""
    return services.mark_read(notification_id)


@api.post("/read-all")
@require_permission(PERMISSION)
@limit("240/minute")
@api.arguments(ReadAllSchema)
@api.response(200, MarkedSchema)
def read_all(body: dict[str, Any]) -> Any:
    """Mark all read, or those about one conversation."""
    return {"marked": services.mark_all_read(body["conversation_id"])}


@api.get("/preferences")
@require_permission(PERMISSION)
@api.response(200, PreferencesSchema)
def show_preferences() -> Any:
    """Show what you are told, and how."""
    return _preferences(services.list_choices())


@api.put("/preferences")
@require_permission(PERMISSION)
@limit("60/minute")
@api.arguments(SwitchesSchema)
@api.response(200, PreferencesSchema)
def change_preferences(body: dict[str, Any]) -> Any:
    """Switch kinds of notification on and off."""
    return _preferences(services.save_choices(body["preferences"]))


def _preferences(choices: list[services.Choices]) -> dict[str, Any]:
    media = [
        {"name": medium, "title": str(MEDIUM_TITLES[medium]), "available": medium in AVAILABLE_MEDIA}
        for medium in Medium
    ]
    preferences: list[dict[str, Any]] = [
        {
            "code": one.code,
            "title": str(one.type.title),
            "description": str(one.type.description),
            "media": dict(one.media),
        }
        for one in choices
    ]
    return {"media": media, "preferences": preferences}
