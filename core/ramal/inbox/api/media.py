"""Files in and out: uploads waiting to be sent, and links to what messages carry."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ramal.config import current_settings
from ramal.errors import InvalidPayload
from ramal.http.blueprint import ApiBlueprint, require_permission
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _
from ramal.inbox import services
from ramal.inbox.schemas.arguments import MediaQuery
from ramal.inbox.schemas.items import AttachmentSchema
from ramal.inbox.serialize import attachment_json

api = ApiBlueprint("media", __name__, description="Files of messages")

#: What a multipart body has around its file, in bytes.
_WRAPPING = 64 * 1024
_UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "channel_id": {"type": "string", "format": "uuid"},
                },
            }
        }
    },
}


@api.post("/uploads")
@require_permission("conversation.reply")
@api.doc(requestBody=_UPLOAD)
@api.response(201, AttachmentSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def upload() -> Any:
    """Upload a file to send with a message. ``channel_id`` has it checked against what the channel takes."""
    request.max_content_length = current_settings().max_upload + _WRAPPING
    file = request.files.get("file")
    if file is None:
        raise InvalidPayload(_("No file was sent."), {"file": [_("Missing data for required field.")]})
    channel_id = _channel_id(request.form.get("channel_id"))
    attachment = services.upload(
        file.stream,
        file.filename,
        file.mimetype,
        channel_id=channel_id,
        uploaded_by=current_principal().user_id,
    )
    return attachment_json(attachment)


@api.get("/media/<uuid:attachment_id>")
@require_permission("conversation.read")
@api.arguments(MediaQuery, location="query")
@api.response(302)
def media(query: dict[str, Any], attachment_id: uuid.UUID) -> BaseResponse:
    """Lead to the file by a signed link that lasts for an hour or more."""
    url = services.media_url(attachment_id, thumbnail=query["size"] == "thumbnail", user_id=current_principal().user_id)
    answer = redirect(url)
    # The link itself lives longer than this.
    answer.headers["Cache-Control"] = "private, max-age=300"
    return answer


def _channel_id(given: str | None) -> uuid.UUID | None:
    if not given:
        return None
    try:
        return uuid.UUID(given)
    except ValueError:
        raise InvalidPayload(_("Not a valid UUID."), {"channel_id": [_("Not a valid UUID.")]}) from None
