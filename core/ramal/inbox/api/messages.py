"""Messages: the thread, sending, notes, retry; and who is typing."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify

from ramal.http.blueprint import ApiBlueprint, require_permission
from ramal.http.principal import current_principal
from ramal.inbox import services
from ramal.inbox.models import Message
from ramal.inbox.queries.messages import get_message, list_messages
from ramal.inbox.schemas.arguments import (
    EditSchema,
    NewMessageSchema,
    ReactionSchema,
    RetrySchema,
    ThreadQuery,
    TypingSchema,
)
from ramal.inbox.schemas.items import MessageSchema, SentSchema, ThreadSchema

api = ApiBlueprint("messages", __name__, description="Messages and notes")


@api.get("/conversations/<uuid:conversation_id>/messages")
@require_permission("conversation.read")
@api.arguments(ThreadQuery, location="query")
@api.response(200, ThreadSchema)
def thread(query: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Show a part of the thread, oldest first: the newest, or before, after or around a place."""
    page = list_messages(conversation_id, **query)
    return jsonify(items=page.items, next_cursor=page.next_cursor, prev_cursor=page.prev_cursor)


@api.post("/conversations/<uuid:conversation_id>/messages")
@require_permission("conversation.reply")
@api.arguments(NewMessageSchema)
@api.response(202, SentSchema)
@api.alt_response(409, "CONFLICT")
def send(body: dict[str, Any], conversation_id: uuid.UUID) -> tuple[Response, int]:
    """Send a message, or write a note (``kind: note``); the same client_id again is the same message."""
    author_id = current_principal().user_id
    if body["kind"] == "note":
        note = {key: body[key] for key in ("client_id", "body", "attachment_ids", "reply_to")}
        return _sent(services.add_note(conversation_id, author_id=author_id, **note))
    return _sent(services.send_message(conversation_id, author_id=author_id, **body))


@api.get("/messages/<uuid:message_id>")
@require_permission("conversation.read")
@api.response(200, MessageSchema)
def show(message_id: uuid.UUID) -> Response:
    """Show one message."""
    return jsonify(get_message(message_id))


@api.post("/messages/<uuid:message_id>/retry")
@require_permission("conversation.reply")
@api.arguments(RetrySchema)
@api.response(202, SentSchema)
@api.alt_response(409, "CONFLICT")
def retry(body: dict[str, Any], message_id: uuid.UUID) -> tuple[Response, int]:
    """Send a failed or unknown message again, as a new message."""
    author_id = current_principal().user_id
    return _sent(services.retry_message(message_id, client_id=body["client_id"], author_id=author_id))


@api.patch("/messages/<uuid:message_id>")
@require_permission("conversation.reply")
@api.arguments(EditSchema)
@api.response(202, MessageSchema)
@api.alt_response(409, "CONFLICT")
def edit(body: dict[str, Any], message_id: uuid.UUID) -> tuple[Response, int]:
    """Edit a message of ours; ``pending.edit`` until the channel took it."""
    return _changing(services.edit_message(message_id, body["body"], current_principal().user_id))


@api.delete("/messages/<uuid:message_id>")
@require_permission("conversation.reply")
@api.response(202, MessageSchema)
@api.alt_response(409, "CONFLICT")
def revoke(message_id: uuid.UUID) -> tuple[Response, int]:
    """Delete a message of ours for everyone; ``pending.revoke`` until the channel took it."""
    return _changing(services.revoke_message(message_id, current_principal().user_id))


@api.put("/messages/<uuid:message_id>/reaction")
@require_permission("conversation.reply")
@api.arguments(ReactionSchema)
@api.response(202, MessageSchema)
@api.alt_response(409, "CONFLICT")
def react(body: dict[str, Any], message_id: uuid.UUID) -> tuple[Response, int]:
    """React to a message, in the place of an earlier reaction; ``pending.reaction`` until the channel took it."""
    return _changing(services.react(message_id, body["emoji"], current_principal().user_id))


@api.delete("/messages/<uuid:message_id>/reaction")
@require_permission("conversation.reply")
@api.response(202, MessageSchema)
@api.alt_response(409, "CONFLICT")
def take_back_reaction(message_id: uuid.UUID) -> tuple[Response, int]:
    """Take the reaction to a message back; ``pending.reaction`` until the channel took it."""
    return _changing(services.react(message_id, None, current_principal().user_id))


@api.post("/typing")
@require_permission("conversation.reply")
@api.arguments(TypingSchema)
@api.response(204)
def typing(body: dict[str, Any]) -> None:
    """Tell that the caller is typing; shown for a few seconds and never stored."""
    principal = current_principal()
    services.tell_typing(body["conversation_id"], principal.name, principal.user_id)


def _changing(message: Message) -> tuple[Response, int]:
    return jsonify(get_message(message.id)), 202


def _sent(message: Message) -> tuple[Response, int]:
    answer = {"id": str(message.id), "status": message.status, "client_id": str(message.client_id)}
    return jsonify(answer), 202
