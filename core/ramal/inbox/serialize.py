"""Rows as the JSON of the API, the events and the sockets: one shape everywhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import registry
from ramal.contacts.models import Contact
from ramal.contacts.serialize import contact_json as contact_json
from ramal.inbox.info import ContactInfo, ConversationInfo, MessageInfo
from ramal.inbox.models import Attachment, Conversation, Label, Message


def timestamp(value: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds and ``Z``."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def attachment_json(attachment: Attachment) -> dict[str, Any]:
    """A file of a message. ``url`` asks for a login and leads to a signed link."""
    ready = attachment.state == "ready"
    url = f"/api/v1/media/{attachment.id}"
    meta = attachment.ref or {}
    return {
        "id": str(attachment.id),
        "kind": attachment.kind,
        "filename": attachment.filename,
        "mime_type": attachment.mime_type,
        "size": attachment.size,
        "state": attachment.state,
        "url": url if ready else None,
        "thumbnail_url": f"{url}?size=thumbnail" if ready and meta.get("thumbnail") else None,
        "width": meta.get("width"),
        "height": meta.get("height"),
        "error": attachment.error,
    }


def message_json(
    message: Message,
    attachments: Iterable[Attachment] = (),
    author: tuple[uuid.UUID, str] | None = None,
    pending: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A bubble, note or system line. ``pending``: ``{reaction?, edit?, revoke?}``, changes that have not left yet."""
    return {
        "id": str(message.id),
        "conversation_id": str(message.conversation_id),
        "channel_id": str(message.channel_id),
        "direction": message.direction,
        "kind": message.kind,
        "body": message.body,
        "payload": message.payload or {},
        "status": message.status,
        "error": message.error,
        "provider_id": message.provider_id,
        "client_id": _text(message.client_id),
        "sent_at": timestamp(message.sent_at),
        "created_at": timestamp(message.created_at),
        "seq": message.seq,
        "author": None if author is None else {"id": str(author[0]), "name": author[1]},
        "is_note": message.kind == "note",
        "reply_to": _reply_json(message),
        "attachments": [attachment_json(item) for item in attachments],
        "reactions": message.reactions or [],
        "edited_at": timestamp(message.edited_at),
        "revoked_at": timestamp(message.revoked_at),
        "pending": dict(pending or {}),
        "forwarded": bool(message.forwarded),
        "external": bool(message.external),
    }


def _reply_json(message: Message) -> dict[str, Any] | None:
    if message.reply_to_id is None and message.reply_to_provider_id is None:
        return None
    return {
        "id": _text(message.reply_to_id),
        "provider_id": message.reply_to_provider_id,
        **(message.reply_snippet or {"kind": None, "body": None, "direction": None}),
    }


def preview_json(message: Message) -> dict[str, Any]:
    """The last message as the list shows it; bodies are cut at 200 characters."""
    return {
        "id": str(message.id),
        "kind": message.kind,
        "body": (message.body or "")[:200] or None,
        "direction": message.direction,
        "status": message.status,
        "sent_at": timestamp(message.sent_at),
        "is_note": message.kind == "note",
    }


def channel_json(channel: ConnectedChannel) -> dict[str, Any]:
    """A channel inside a conversation item."""
    entry = registry().kinds.get(channel.kind)
    icon = entry[0].icon if entry else "plug-x"
    return {"id": str(channel.id), "kind": channel.kind, "name": channel.name, "icon": icon}


def conversation_json(
    conversation: Conversation,
    contact: Contact,
    channel: ConnectedChannel,
    assignee: tuple[uuid.UUID, str] | None = None,
    labels: Iterable[Label] = (),
) -> dict[str, Any]:
    """A conversation as lists, events and sockets carry it."""
    return {
        "id": str(conversation.id),
        "channel_id": str(conversation.channel_id),
        "channel": channel_json(channel),
        "contact": contact_json(contact),
        "kind": conversation.kind,
        "status": conversation.status,
        "control": conversation.control,
        "priority": conversation.priority,
        "assignee_id": _text(conversation.assignee_id),
        "assignee": None if assignee is None else {"id": str(assignee[0]), "name": assignee[1]},
        "labels": [{"id": str(label.id), "name": label.name, "color": label.color} for label in labels],
        "unread_count": conversation.unread_count,
        "waiting_since": timestamp(conversation.waiting_since),
        "last_message": conversation.last_message,
        "last_message_at": timestamp(conversation.last_message_at),
        "created_at": timestamp(conversation.created_at),
        "updated_at": timestamp(conversation.updated_at),
    }


# --- JSON → the snapshots that hooks get --------------------------------------------------------


def contact_info(data: Mapping[str, Any]) -> ContactInfo:
    """The contact of a conversation item."""
    return ContactInfo(uuid.UUID(data["id"]), data["name"], data.get("phone"), data.get("email"))


def conversation_info(data: Mapping[str, Any], organization_id: uuid.UUID) -> ConversationInfo:
    """A conversation item as hooks see it."""
    assignee = data.get("assignee_id")
    return ConversationInfo(
        id=uuid.UUID(data["id"]),
        organization_id=organization_id,
        channel_id=uuid.UUID(data["channel_id"]),
        channel_kind=data["channel"]["kind"],
        contact=contact_info(data["contact"]),
        status=data["status"],
        control=data["control"],
        assignee_id=uuid.UUID(assignee) if assignee else None,
        priority=data["priority"],
        labels=tuple(label["name"] for label in data["labels"]),
        data=data,
    )


def message_info(data: Mapping[str, Any]) -> MessageInfo:
    """A message item as hooks see it."""
    author = data.get("author")
    return MessageInfo(
        id=uuid.UUID(data["id"]),
        conversation_id=uuid.UUID(data["conversation_id"]),
        direction=data["direction"],
        kind=data["kind"],
        body=data["body"],
        status=data["status"],
        provider_id=data["provider_id"],
        sent_at=datetime.fromisoformat(data["sent_at"]),
        author_id=uuid.UUID(author["id"]) if author else None,
        payload=data["payload"],
        data=data,
    )
