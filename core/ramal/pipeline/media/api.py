"""Fetching a file again."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.http.blueprint import ApiBlueprint, require_permission
from ramal.inbox.schemas.items import AttachmentSchema
from ramal.inbox.serialize import attachment_json
from ramal.pipeline.media.services import retry_attachment

api = ApiBlueprint("attachments", __name__, url_prefix="/attachments", description="Files of inbound messages")


@api.post("/<uuid:attachment_id>/retry")
@require_permission("conversation.reply")
@api.response(202, AttachmentSchema)
@api.alt_response(404, "NOT_FOUND")
@api.alt_response(409, "CONFLICT")
def retry(attachment_id: uuid.UUID) -> Any:
    """Fetch a file again that could not be fetched from the provider."""
    return attachment_json(retry_attachment(attachment_id))
