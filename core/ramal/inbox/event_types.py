"""The inbox's event types: what they mean to hooks and on the socket.

``data`` of each: message.created ``{message, conversation}`` · message.updated ``{message}`` ·
message.status ``{message_id, conversation_id, status, error, client_id, message}`` ·
conversation.* ``{conversation, …}``; conversation.assigned adds ``assignee, previous, actor`` as
``{id, name}`` or null.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ramal.channels.info import news_arguments
from ramal.database.session import current_organization_id
from ramal.events.types import EventType, register_event_type
from ramal.http.principal import Principal
from ramal.inbox.info import UserInfo
from ramal.inbox.party_view import HIDDEN_KINDS, public_message
from ramal.inbox.serialize import contact_info, conversation_info, message_info
from ramal.inbox.visibility import may_see

Data = Mapping[str, Any]


def _message_hook(data: Data) -> str | None:
    message = data["message"]
    if message["kind"] in ("note", "system"):
        return None
    return "on_inbound_message" if message["direction"] == "in" else "on_outbound_message"


def _message_arguments(data: Data) -> Data:
    return {
        "message": message_info(data["message"]),
        "conversation": conversation_info(data["conversation"], current_organization_id()),
    }


def _status_arguments(data: Data) -> Data:
    return {"message": message_info(data["message"]), "status": data["status"]}


def _conversation_arguments(data: Data) -> Data:
    return {"conversation": conversation_info(data["conversation"], current_organization_id())}


def _user(data: Data | None) -> UserInfo | None:
    return None if data is None else UserInfo(uuid.UUID(data["id"]), data["name"])


def _assign_arguments(data: Data) -> Data:
    return {
        **_conversation_arguments(data),
        "assignee": _user(data.get("assignee")),
        "previous": _user(data.get("previous")),
        "actor": _user(data.get("actor")),
    }


def _message_for_visitor(data: Data) -> Data | None:
    message = data["message"]
    return None if message["kind"] in HIDDEN_KINDS else {"message": public_message(message)}


def _status_envelope(data: Data) -> Data:
    return {key: data.get(key) for key in ("message_id", "conversation_id", "status", "error", "client_id")}


def _status_for_visitor(data: Data) -> Data:
    return {"message_id": data["message_id"], "status": data["status"]}


def _named(hook: str) -> Any:
    return lambda data: hook


def _visible(principal: Principal, data: Data) -> bool:
    return may_see(principal, data.get("conversation") or data)


for _type in (
    EventType(
        "message.created",
        _message_hook,
        _message_arguments,
        "message.created",
        visitor=_message_for_visitor,
    ),
    EventType("message.updated", realtime="message.updated", visitor=_message_for_visitor),
    EventType(
        "message.status",
        _named("on_message_status"),
        _status_arguments,
        "message.status",
        _status_envelope,
        visitor=_status_for_visitor,
    ),
    EventType(
        "conversation.created",
        _named("on_conversation_opened"),
        _conversation_arguments,
        "conversation.created",
    ),
    EventType("conversation.updated", realtime="conversation.updated"),
    EventType("conversation.assigned", _named("on_assign"), _assign_arguments, "conversation.assigned"),
    EventType(
        "conversation.closed",
        _named("on_conversation_closed"),
        _conversation_arguments,
        "conversation.updated",
    ),
    EventType(
        "conversation.reopened",
        _named("on_conversation_reopened"),
        _conversation_arguments,
        "conversation.updated",
    ),
    EventType(
        "contact.created",
        _named("on_contact_created"),
        lambda data: {"contact": contact_info(data["contact"])},
    ),
    EventType(
        "contact.merged",
        _named("on_contact_merged"),
        lambda data: {
            "contact": contact_info(data["contact"]),
            "absorbed": contact_info(data["absorbed"]),
        },
    ),
    EventType("channel.status", realtime="channel.status", permission="channel.read"),
    EventType("channel.news", _named("on_channel_news"), news_arguments),
):
    about_conversation = _type.name.startswith(("message.", "conversation."))
    register_event_type(replace(_type, visible=_visible) if about_conversation else _type)
