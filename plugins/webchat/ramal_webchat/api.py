"""The widget's API, called from visitors' browsers on other sites: no cookies, a bearer token.

Every message goes into the journal first (``ingest``) and is acknowledged after; the worker makes
it a message like any channel's.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, g, request

from ramal.api import (
    Alias,
    ApiBlueprint,
    ChannelContext,
    Forbidden,
    InvalidPayload,
    announce_typing,
    find_conversation,
    ingest,
    issue_ticket,
    limit,
    open_channel,
    party_history,
    public,
    sign,
    store_upload,
    unsign,
    utcnow,
)
from ramal.api import (
    gettext as _,
)
from ramal_webchat import schemas
from ramal_webchat.channel import WebChatChannel
from ramal_webchat.visitors import Visitor, current_visitor, known_visitor, start_session

blueprint = ApiBlueprint("webchat", __name__, plugin="webchat")
#: Seconds a socket ticket is good for, and an upload may wait for its message.
TICKET_TTL, FILE_TTL = 30, 3600
#: What a multipart body has around its file, in bytes.
WRAPPING = 64 * 1024


@blueprint.before_request  # type: ignore[untyped-decorator]
def _preflight() -> Response | None:
    """Browsers ask before they send JSON to another site."""
    if request.method != "OPTIONS":
        return None
    _context((request.view_args or {})["channel_id"])
    return Response(status=204)


@blueprint.after_request  # type: ignore[untyped-decorator]
def _allow_origin(response: Response) -> Response:
    """Answer only the sites that this channel allows (no cookies: credentials stay out)."""
    origin = request.headers.get("Origin")
    context = g.get("webchat_context")
    if origin and context and _allowed(origin, context):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Max-Age"] = "600"
    response.headers.add("Vary", "Origin")
    return response


def _allowed(origin: str, context: ChannelContext) -> bool:
    own = urlsplit(context.public_url)
    sites = {item.rstrip("/") for item in context.settings["allowed_origins"]}
    return origin in sites or origin in (f"{own.scheme}://{own.netloc}", request.host_url.rstrip("/"))


def _context(channel_id: UUID) -> ChannelContext:
    """The channel, once a request; 404 where it is not there or its organization switched it off."""
    if "webchat_context" not in g:
        g.webchat_context = open_channel("webchat", channel_id)
    context: ChannelContext = g.webchat_context
    return context


def _visit(channel_id: UUID) -> tuple[ChannelContext, Visitor]:
    context = _context(channel_id)
    origin = request.headers.get("Origin")
    if origin and not _allowed(origin, context):
        raise Forbidden(_("This site is not among the channel's allowed origins."))
    return context, current_visitor(context)


@blueprint.route("/<uuid:channel_id>/session", methods=["POST"])
@public
@limit("30/minute")
@blueprint.arguments(schemas.SessionRequest)
@blueprint.response(200, schemas.SessionAnswer)
def session(payload: dict[str, Any], channel_id: UUID) -> dict[str, Any]:
    """Start or resume a visit."""
    context = _context(channel_id)
    origin = request.headers.get("Origin")
    if origin and not _allowed(origin, context):
        raise Forbidden(_("This site is not among the channel's allowed origins."))
    visitor = start_session(context, payload)
    if context.settings["identified_only"] and visitor.external_id is None:
        raise Forbidden(_("Log in to the site to chat."))
    _hand_over(context, known_visitor(payload.get("token"), context), visitor)
    settings, conversation = context.settings, _conversation(context, visitor)
    return {
        "token": visitor.token(),
        "visitor": {"name": visitor.name},
        "channel": {
            "title": settings["title"] or context.name,
            "color": settings["color"],
            "greeting": settings["greeting"],
        },
        "conversation_id": conversation,
        "limits": {"text": WebChatChannel.capabilities.text_limit, **WebChatChannel.capabilities.media},
    }


@blueprint.route("/<uuid:channel_id>/messages", methods=["GET"])
@public
@blueprint.arguments(schemas.HistoryQuery, location="query")
@blueprint.response(200, schemas.HistoryAnswer)
def history(query: dict[str, Any], channel_id: UUID) -> dict[str, Any]:
    """What was said so far, without the agents' notes."""
    context, visitor = _visit(channel_id)
    items, cursor = party_history(context.channel_id, _alias(visitor), before=query["before"])
    return {"items": items, "next_cursor": cursor}


@blueprint.route("/<uuid:channel_id>/messages", methods=["POST"])
@public
@limit("60/minute")
@blueprint.arguments(schemas.MessageRequest)
@blueprint.response(202, schemas.Accepted)
def write(payload: dict[str, Any], channel_id: UUID) -> dict[str, Any]:
    """Write to the business."""
    context, visitor = _visit(channel_id)
    files = [_opened(token, visitor) for token in payload["files"]]
    body = (payload.get("body") or "").strip() or None
    if body is None and not files:
        raise InvalidPayload(_("Write something or attach a file."), {"body": [_("Empty.")]})
    if payload["reply_to"] and payload["reply_to"] not in _own_ids(context, visitor):
        raise InvalidPayload(_("Quote a message of this conversation."), {"reply_to": [_("Unknown.")]})
    # One bubble a file: the first carries the words and the widget's own id.
    parts: list[dict[str, Any] | None] = [*files] or [None]
    client_id = str(payload["client_id"])
    items = [
        {
            "type": "message",
            "visitor": {"id": visitor.id, "name": visitor.name, "external_id": visitor.external_id},
            "client_id": client_id + (f".{position}" if position else ""),
            "kind": part["kind"] if part else "text",
            "body": None if position else body,
            "files": [part] if part else [],
            "reply_to": payload["reply_to"],
        }
        for position, part in enumerate(parts)
    ]
    _journal(context, client_id, items)
    return {"client_id": payload["client_id"]}


@blueprint.route("/<uuid:channel_id>/files", methods=["POST"])
@public
@limit("20/minute")
@blueprint.response(201, schemas.FileAnswer)
def upload(channel_id: UUID) -> dict[str, Any]:
    """Store a file; its token goes into the next message."""
    _unused, visitor = _visit(channel_id)
    request.max_content_length = max(WebChatChannel.capabilities.media.values()) + WRAPPING
    sent = request.files.get("file")
    if sent is None:
        raise InvalidPayload(_("Send the file as form field `file`."), {"file": [_("Missing.")]})
    held = store_upload(sent.stream, sent.filename or "file", sent.mimetype, channel_id=channel_id)
    part = {
        "file_id": str(held.file_id),
        "kind": held.kind,
        "filename": held.filename,
        "mime_type": held.mime_type,
        "size": held.size,
    }
    token = sign({**part, "visitor": visitor.id}, "webchat-file")
    return {**part, "file": token}


@blueprint.route("/<uuid:channel_id>/receipts", methods=["POST"])
@public
@limit("120/minute")
@blueprint.arguments(schemas.ReceiptRequest)
@blueprint.response(202, schemas.Accepted)
def receipts(payload: dict[str, Any], channel_id: UUID) -> dict[str, Any]:
    """Move the agents' ticks: messages reached this visitor."""
    context, visitor = _visit(channel_id)
    own = {item["id"] for item in party_history(context.channel_id, _alias(visitor))[0]}
    ids = sorted(own.intersection(payload["ids"]))
    if ids:
        digest = hashlib.sha256("".join(ids).encode()).hexdigest()
        items = [{"type": "receipt", "id": id_, "status": payload["status"]} for id_ in ids]
        _journal(context, f"{payload['status']}-{digest}", items)
    return {}


@blueprint.route("/<uuid:channel_id>/typing", methods=["POST"])
@public
@limit("60/minute")
@blueprint.response(204)
def typing(channel_id: UUID) -> None:
    """Show the agents that the visitor is typing; kept for a few seconds, never stored."""
    context, visitor = _visit(channel_id)
    if conversation := _conversation(context, visitor):
        announce_typing(conversation, by="contact", name=visitor.name or "")


@blueprint.route("/<uuid:channel_id>/ticket", methods=["POST"])
@public
@limit("60/minute")
@blueprint.response(200, schemas.TicketAnswer)
def ticket(channel_id: UUID) -> dict[str, Any]:
    """A ticket for ``/ws``: a socket that sees this visitor's conversation only."""
    context, visitor = _visit(channel_id)
    conversation = _conversation(context, visitor)
    return {"ticket": issue_ticket(conversation, TICKET_TTL) if conversation else None}


def _hand_over(context: ChannelContext, before: Visitor | None, now: Visitor) -> None:
    """A stranger has logged in: what they wrote becomes the person's.

    The stranger's own token opens none of it from then on: a copy of it may be in other hands.
    """
    if before is None or before.external_id or now.external_id is None:
        return
    conversation = _conversation(context, before)
    if conversation is not None:
        key = f"identified-{conversation}"
        visitor = {"id": before.id, "external_id": now.external_id}
        _journal(context, key, [{"type": "identified", "key": key, "visitor": visitor}])


def _alias(visitor: Visitor) -> Alias:
    if visitor.external_id:
        return Alias("external", visitor.external_id)
    return Alias("visitor", visitor.id)


def _conversation(context: ChannelContext, visitor: Visitor) -> UUID | None:
    return find_conversation(context.channel_id, _alias(visitor))


def _own_ids(context: ChannelContext, visitor: Visitor) -> set[str]:
    """What the visitor may speak of: the newest page of their own history, by either id."""
    items, _cursor = party_history(context.channel_id, _alias(visitor))
    return {item[name] for item in items for name in ("id", "client_id") if item[name]}


def _opened(token: str, visitor: Visitor) -> dict[str, Any]:
    part = unsign(token, "webchat-file", FILE_TTL)
    if part is None or part.pop("visitor") != visitor.id:
        raise InvalidPayload(_("Upload the file again."), {"files": [_("Unknown or too old.")]})
    return part


def _journal(context: ChannelContext, key: str, items: list[dict[str, Any]]) -> None:
    at = utcnow().isoformat()
    raw = json.dumps({"items": [{**item, "at": at} for item in items]}).encode()
    ingest(context.channel_id, raw, key)
