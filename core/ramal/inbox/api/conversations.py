"""``/conversations``: the list, one of them, and what is done with them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify, request

from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.http.principal import current_principal
from ramal.inbox import services
from ramal.inbox.queries.conversations import (
    Filters,
    count_conversations,
    get_conversation,
    list_conversations,
)
from ramal.inbox.queries.plugged import read_plugin_filters
from ramal.inbox.schemas.arguments import (
    AssignSchema,
    ConversationChangeSchema,
    ConversationQuery,
    CountQuery,
    LabelIdsSchema,
    NothingSchema,
    ReadSchema,
)
from ramal.inbox.schemas.items import ConversationDetailSchema, ConversationSchema, CountsSchema

api = ApiBlueprint("conversations", __name__, url_prefix="/conversations", description="The inbox")


@api.get("")
@require_permission("conversation.read")
@api.arguments(ConversationQuery, location="query")
@api.response(200, page_of(ConversationSchema))
def list_(query: dict[str, Any]) -> Response:
    """List conversations of a tab, filtered; ``q`` searches names, phones and message texts.

    Plugins bring filters of their own, ``filter.<plugin>.<key>=<value>``: each may be given more than once, and all of
    them hold.
    """
    page = list_conversations(
        _filters(query), sort=query["sort"], cursor=query.get("cursor"), page_size=query["page_size"]
    )
    return jsonify(items=page.items, next_cursor=page.next_cursor)


@api.get("/counts")
@require_permission("conversation.read")
@api.arguments(CountQuery, location="query")
@api.response(200, CountsSchema)
def counts(query: dict[str, Any]) -> Response:
    """Count the conversations of each tab, up to 100; the plugins' own filters count here, too."""
    return jsonify(count_conversations(_filters(query)))


@api.get("/<uuid:conversation_id>")
@require_permission("conversation.read")
@api.response(200, ConversationDetailSchema)
def show(conversation_id: uuid.UUID) -> Response:
    """Show one conversation, with what its channel can do."""
    return _answer(conversation_id)


@api.patch("/<uuid:conversation_id>")
@require_permission("conversation.manage")
@api.arguments(ConversationChangeSchema)
@api.response(200, ConversationDetailSchema)
def change(body: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Change the priority."""
    services.set_priority(conversation_id, body["priority"])
    return _answer(conversation_id)


@api.post("/<uuid:conversation_id>/take")
@require_permission("conversation.assign")
@api.arguments(NothingSchema)
@api.response(200, ConversationDetailSchema)
@api.alt_response(409, "CONFLICT")
def take(_body: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Take a conversation nobody has; 409 names who was faster."""
    services.take(conversation_id, _user_id())
    return _answer(conversation_id)


@api.post("/<uuid:conversation_id>/assign")
@require_permission("conversation.assign")
@api.arguments(AssignSchema)
@api.response(200, ConversationDetailSchema)
@api.alt_response(409, "CONFLICT")
def assign(body: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Give a conversation to a member, or release it with null."""
    services.assign(conversation_id, body["assignee_id"])
    return _answer(conversation_id)


@api.post("/<uuid:conversation_id>/resolve")
@require_permission("conversation.manage")
@api.arguments(NothingSchema)
@api.response(200, ConversationDetailSchema)
@api.alt_response(409, "CONFLICT")
def resolve(_body: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Close a conversation; 409 with the reason where a plugin objects."""
    services.resolve(conversation_id)
    return _answer(conversation_id)


@api.post("/<uuid:conversation_id>/reopen")
@require_permission("conversation.manage")
@api.arguments(NothingSchema)
@api.response(200, ConversationDetailSchema)
@api.alt_response(409, "CONFLICT")
def reopen(_body: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Bring a closed conversation back; 409 where the person has another one by now."""
    services.reopen(conversation_id)
    return _answer(conversation_id)


@api.post("/<uuid:conversation_id>/read")
@require_permission("conversation.reply")
@api.arguments(ReadSchema)
@api.response(200, ConversationDetailSchema)
def read(body: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Mark everything up to a message as read; the person is told where the channel can."""
    services.mark_read(conversation_id, body["message_id"])
    return _answer(conversation_id)


@api.put("/<uuid:conversation_id>/labels")
@require_permission("conversation.manage")
@api.arguments(LabelIdsSchema)
@api.response(200, ConversationDetailSchema)
def put_labels(body: dict[str, Any], conversation_id: uuid.UUID) -> Response:
    """Give the conversation exactly these labels."""
    services.set_labels(conversation_id, body["label_ids"])
    return _answer(conversation_id)


def _answer(conversation_id: uuid.UUID) -> Response:
    return jsonify(get_conversation(conversation_id))


def _user_id() -> uuid.UUID:
    user_id = current_principal().user_id
    assert user_id is not None
    return user_id


def _filters(query: dict[str, Any]) -> Filters:
    return Filters(
        user_id=current_principal().user_id,
        tab=query.get("tab", "all"),
        status=query["status"],
        channel_id=query.get("channel"),
        label_id=query.get("label"),
        assignee_id=query.get("assignee"),
        contact_id=query.get("contact"),
        text=query.get("q"),
        plugins=read_plugin_filters(request.args.items(multi=True)),
    )
