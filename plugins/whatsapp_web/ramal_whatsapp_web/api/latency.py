"""How long messages take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, get_channel, limit, require_permission
from ramal_whatsapp_web.permissions import VIEW
from ramal_whatsapp_web.schemas.latency import LatencyQuery, LatencySchema
from ramal_whatsapp_web.services import latency

api = ApiBlueprint("latency", __name__, plugin="whatsapp_web", url_prefix="/latency", description="Latency")


@api.get("/")
@require_permission(VIEW)
@limit("60/minute")
@api.arguments(LatencyQuery, location="query")
@api.response(200, LatencySchema)
def get_latency(query: Mapping[str, Any]) -> dict[str, Any]:
    """Read how long messages took from queued to sent, delivered and read: p50, p95, p99 by number and hour."""
    channel_id = query.get("channel")
    if channel_id is not None:
        get_channel(channel_id)
    hours = latency.by_hour(channel_id, query["begin"], query["end"])
    return {"begin": query["begin"], "end": query["end"], "items": hours}
