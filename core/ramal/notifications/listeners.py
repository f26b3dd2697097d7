"""What the core tells members about: read from the event log, beside the plugins' hooks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ramal.database.session import current_organization_id, transaction
from ramal.events.attempt import own_session
from ramal.events.listeners import listen
from ramal.events.signals import viewers_of
from ramal.i18n import lazy_gettext as _l
from ramal.notifications.services import Draft, deliver
from ramal.notifications.services.recipients import Subject

#: What stands for a message without text.
_KINDS = {
    "image": _l("Photo"),
    "audio": _l("Audio"),
    "voice": _l("Voice message"),
    "video": _l("Video"),
    "document": _l("Document"),
    "sticker": _l("Sticker"),
    "location": _l("Location"),
    "contact": _l("Contact"),
}


def about_messages(events: Sequence[Any]) -> None:
    """A customer wrote in somebody's conversation, and they are not looking: one notification a conversation."""
    latest: dict[tuple[uuid.UUID, uuid.UUID], tuple[Mapping[str, Any], int]] = {}
    for event in events:
        message, assignee = event.data["message"], event.data["conversation"].get("assignee_id")
        if assignee is not None and message["direction"] == "in" and message["kind"] != "system":
            key = uuid.UUID(event.data["conversation"]["id"]), uuid.UUID(assignee)
            latest[key] = (event.data, latest[key][1] + 1 if key in latest else 1)
    looking = viewers_of(current_organization_id(), {conversation for conversation, _assignee in latest})
    drafts = [
        _message_draft(assignee, data, count)
        for (conversation, assignee), (data, count) in latest.items()
        if (conversation, assignee) not in looking
    ]
    if drafts:
        deliver(drafts)


def _message_draft(assignee: uuid.UUID, data: Mapping[str, Any], count: int) -> Draft:
    conversation, message = data["conversation"], data["message"]
    return Draft(
        "NEW_MESSAGE",
        _l("New message from %(name)s", name=conversation["contact"]["name"]),
        message["body"] or _KINDS.get(message["kind"], _l("Message")),
        f"/inbox/{conversation['id']}",
        [assignee],
        subject=_subject(conversation),
        key=conversation["id"],
        count=count,
    )


def about_assignments(events: Sequence[Any]) -> None:
    """A conversation was made somebody's, and not by themselves."""
    drafts = []
    for event in events:
        conversation, assignee, actor = (event.data.get(name) for name in ("conversation", "assignee", "actor"))
        if assignee is None or (actor is not None and actor["id"] == assignee["id"]):
            continue
        name = conversation["contact"]["name"]
        title = (
            _l("%(actor)s gave you the conversation with %(name)s", actor=actor["name"], name=name)
            if actor
            else _l("The conversation with %(name)s is yours now", name=name)
        )
        drafts.append(
            Draft(
                "CONVERSATION_ASSIGNED",
                title,
                url=f"/inbox/{conversation['id']}",
                user_ids=[uuid.UUID(assignee["id"])],
                subject=_subject(conversation),
                key=str(event.id),
            )
        )
    if drafts:
        deliver(drafts)


def about_channels(events: Sequence[Any]) -> None:
    """A channel holds its queue until somebody looks."""
    # The last word about each: two of one channel in a batch are one notification.
    latest = {event.data["channel_id"]: event.data for event in events if event.data["status"] == "needs_attention"}
    drafts = [
        Draft(
            "CHANNEL_ATTENTION",
            _l("The channel %(name)s needs attention", name=data["name"]),
            data["detail"] or "",
            f"/settings/channels/{channel_id}",
            permission="channel.manage",
            key=channel_id,
        )
        for channel_id, data in latest.items()
    ]
    if drafts:
        deliver(drafts)


def about_suspension(organization_id: uuid.UUID, plugin: str, reason: str) -> None:
    """A plugin was suspended: those who may resume it are told."""
    draft = Draft(
        "PLUGIN_SUSPENDED",
        _l("The plugin %(plugin)s was suspended", plugin=plugin),
        reason,
        "/settings/apps",
        permission="plugin.manage",
        key=plugin,
    )
    with own_session(organization_id), transaction():
        deliver([draft])


def _subject(conversation: Mapping[str, Any]) -> Subject:
    return Subject("conversation", uuid.UUID(conversation["id"]), conversation)


listen({"message.created"}, about_messages)
listen({"conversation.assigned"}, about_assignments)
listen({"channel.status"}, about_channels)
