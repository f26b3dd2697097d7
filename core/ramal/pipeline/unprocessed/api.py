"""``/unprocessed``: what came in and could not be processed."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.pipeline.unprocessed import services
from ramal.pipeline.unprocessed.schemas import (
    RawDeliverySchema,
    ReplayBody,
    ReplayedSchema,
    UnprocessedQuery,
    UnprocessedSchema,
)

api = ApiBlueprint("unprocessed", __name__, url_prefix="/unprocessed", description="What could not be processed")


@api.get("")
@require_permission("operations.manage")
@api.arguments(UnprocessedQuery, location="query")
@api.response(200, page_of(UnprocessedSchema))
def list_unprocessed(query: dict[str, Any]) -> Any:
    """List deliveries that can't be read and items that can't be applied, newest first."""
    return services.list_unprocessed(
        channel_id=query.get("channel"), cursor=query.get("cursor"), page_size=query["page_size"]
    )


@api.get("/deliveries/<uuid:delivery_id>")
@require_permission("operations.manage")
@api.response(200, RawDeliverySchema)
@api.alt_response(404, "NOT_FOUND")
def show_delivery(delivery_id: uuid.UUID) -> Any:
    """Show what the provider sent (its first 64 kB)."""
    return {"raw": services.raw_delivery(delivery_id)}


@api.post("/<any(delivery, item):kind>/<uuid:unprocessed_id>/retry")
@require_permission("operations.manage")
@api.response(204)
@api.alt_response(404, "NOT_FOUND")
def retry(kind: services.Kind, unprocessed_id: uuid.UUID) -> None:
    """Try it again at once."""
    services.retry(kind, unprocessed_id)


@api.post("/<any(delivery, item):kind>/<uuid:unprocessed_id>/discard")
@require_permission("operations.manage")
@api.response(204)
@api.alt_response(404, "NOT_FOUND")
def discard(kind: services.Kind, unprocessed_id: uuid.UUID) -> None:
    """Take it off the list; the raw delivery stays in the journal."""
    services.discard(kind, unprocessed_id)


@api.post("/replay")
@require_permission("operations.manage")
@api.arguments(ReplayBody)
@api.response(202, ReplayedSchema)
@api.alt_response(404, "NOT_FOUND")
def replay(body: dict[str, Any]) -> Any:
    """Process a channel's deliveries again, from the journal; what took effect once does not again."""
    return {"deliveries": services.replay(**body)}
