"""``/channels``: the organization's numbers, sites and sessions."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from ramal.channels import services
from ramal.channels.schemas import (
    ChannelChangeSchema,
    ChannelKindSchema,
    ChannelNoticeSchema,
    ChannelSchema,
    ChannelStatusSchema,
    NewChannelSchema,
    channel_item,
)
from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.http.limits import limit
from ramal.http.pagination import Page, PageArguments
from ramal.plugins.settings_form import settings_form

api = ApiBlueprint("channels", __name__, description="Connected channels")


@api.get("/channel-kinds")
@require_permission("channel.read")
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(ChannelKindSchema))
def list_kinds(query: dict[str, Any]) -> Any:
    """List the kinds of channel that can be connected, with their settings."""
    kinds = [
        {
            "kind": code.kind,
            "plugin": plugin,
            "title": str(code.title),
            "icon": code.icon,
            "fields_": [asdict(field) for field in settings_form(code.settings_schema)],
        }
        for code, plugin in services.list_kinds()
    ]
    start = (query["page"] - 1) * query["page_size"]
    return Page(kinds[start : start + query["page_size"]], total=len(kinds))


@api.get("/channels")
@require_permission("channel.read")
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(ChannelSchema))
def list_channels(query: dict[str, Any]) -> Any:
    """List the connected channels, by name."""
    channels = services.list_channels()
    start = (query["page"] - 1) * query["page_size"]
    items = [channel_item(channel) for channel in channels[start : start + query["page_size"]]]
    return Page(items, total=len(channels))


@api.post("/channels")
@require_permission("channel.manage")
@api.arguments(NewChannelSchema)
@api.response(201, ChannelSchema)
@api.alt_response(409, "CONFLICT")
def connect(body: dict[str, Any]) -> Any:
    """Connect a channel.

    Its plugin is enabled if it was not. Register ``webhook_url`` with the provider.
    """
    return channel_item(services.connect_channel(body["kind"], body["name"], body["settings"]))


@api.get("/channels/<uuid:channel_id>")
@require_permission("channel.read")
@api.response(200, ChannelSchema)
def show(channel_id: uuid.UUID) -> Any:
    """Show one channel: is it receiving, and what went wrong last."""
    return channel_item(services.get_channel(channel_id))


@api.patch("/channels/<uuid:channel_id>")
@require_permission("channel.manage")
@api.arguments(ChannelChangeSchema)
@api.response(200, ChannelSchema)
@api.alt_response(409, "CONFLICT")
def change(body: dict[str, Any], channel_id: uuid.UUID) -> Any:
    """Change a channel; new settings end its need for attention."""
    settings = body.pop("settings", None)
    return channel_item(services.update_channel(channel_id, body, settings))


@api.delete("/channels/<uuid:channel_id>")
@require_permission("channel.manage")
@api.response(204)
def disconnect(channel_id: uuid.UUID) -> None:
    """Disconnect a channel; its conversations stay."""
    services.delete_channel(channel_id)


@api.post("/channels/<uuid:channel_id>/test")
@require_permission("channel.manage")
@limit("20/minute")
@api.response(200, ChannelStatusSchema)
def test(channel_id: uuid.UUID) -> Any:
    """Ask the provider whether the channel's settings work."""
    return services.test_channel(channel_id)


@api.get("/channels/<uuid:channel_id>/notices")
@require_permission("channel.read")
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(ChannelNoticeSchema))
def notices(query: dict[str, Any], channel_id: uuid.UUID) -> Any:
    """List the channel's log: quality, restrictions, templates; newest first."""
    return Page(services.list_notices(channel_id, query["page_size"]))
