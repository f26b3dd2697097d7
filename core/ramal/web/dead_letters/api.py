"""``/dead-letters``."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields, validate

from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.http.pagination import PageArguments
from ramal.http.schema import Schema, Timestamp
from ramal.web.dead_letters import services

api = ApiBlueprint(
    "dead-letters", __name__, url_prefix="/dead-letters", description="What plugins did not take, and failed jobs"
)


class DeadLetterSchema(Schema):
    """An event that a plugin did not take, or a job that failed for good."""

    id = fields.UUID(metadata={"example": "0198c0de-0000-7000-8000-000000000001"})
    kind = fields.String(validate=validate.OneOf(("event", "job")), metadata={"example": "event"})
    name = fields.String(metadata={"example": "message.created", "description": "Of the event or of the job"})
    plugin = fields.String(metadata={"example": "pigeon", "description": "core for the core's own jobs"})
    conversation_id = fields.UUID(allow_none=True, metadata={"example": None})
    state = fields.String(validate=validate.OneOf(("dead", "waiting")), metadata={"example": "dead"})
    attempts = fields.Integer(metadata={"example": 6})
    error = fields.String(allow_none=True, metadata={"example": "ValueError: no such loft"})
    failed_at = Timestamp(allow_none=True, metadata={"example": "2026-11-22T12:00:00.000Z"})
    next_at = Timestamp(allow_none=True, metadata={"example": None, "description": "When it is tried again"})
    created_at = Timestamp(metadata={"example": "2026-11-22T11:00:00.000Z"})


class DeadLetterQuery(PageArguments):
    """Filters of the list."""

    state = fields.String(load_default="dead", validate=validate.OneOf(services.STATES), metadata={"example": "dead"})
    plugin = fields.String(metadata={"example": "pigeon"})


class RetryAllSchema(Schema):
    """Whose dead letters to try again; everybody's if it names none."""

    plugin = fields.String(load_default=None, allow_none=True, metadata={"example": "pigeon"})


class RetriedSchema(Schema):
    """How many are tried again."""

    count = fields.Integer(metadata={"example": 3})


@api.get("")
@require_permission("operations.manage")
@api.arguments(DeadLetterQuery, location="query")
@api.response(200, page_of(DeadLetterSchema))
def list_(query: dict[str, Any]) -> Any:
    """List the dead letters, the latest first."""
    query.pop("cursor", None)
    return services.list_dead_letters(**query)


@api.post("/retry")
@require_permission("operations.manage")
@api.arguments(RetryAllSchema)
@api.response(202, RetriedSchema)
def retry_all(body: dict[str, Any]) -> dict[str, int]:
    """Try all of them again, or a plugin's."""
    return {"count": services.retry_all(**body)}


@api.post("/<uuid:letter_id>/retry")
@require_permission("operations.manage")
@api.response(204)
@api.alt_response(404, "NOT_FOUND")
def retry(letter_id: uuid.UUID) -> None:
    """Try one again now."""
    services.retry_dead_letter(letter_id)


@api.delete("/<uuid:letter_id>")
@require_permission("operations.manage")
@api.response(204)
@api.alt_response(404, "NOT_FOUND")
def discard(letter_id: uuid.UUID) -> None:
    """Give one up: its plugin never gets it."""
    services.discard_dead_letter(letter_id)
