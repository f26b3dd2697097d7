"""What can be sent in a conversation, and whether it can be sent now. The channel says both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ramal.channels.base import Channel
from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import registry
from ramal.channels.types import Capabilities, ConversationState, SendPermission
from ramal.contacts.identity import Alias
from ramal.i18n import gettext as _
from ramal.inbox.items import Subject, aliases_by_party
from ramal.inbox.serialize import timestamp
from ramal.plugins.gate import plugin_active


def channel_code(channel: ConnectedChannel) -> Channel | None:
    """The code behind a connected channel; None while its plugin is absent or off."""
    entry = registry().kinds.get(channel.kind)
    if entry is None or not plugin_active(channel.organization_id, entry[1]):
        return None
    return entry[0]


def capabilities_of(channel: ConnectedChannel) -> Capabilities:
    """What the channel can do; nothing at all while its plugin is off."""
    code = channel_code(channel)
    return code.capabilities_of(channel.settings or {}) if code else Capabilities(kinds=frozenset())


def permissions(subjects: Sequence[Subject]) -> list[SendPermission]:
    """Whether a message may go out now in each of these conversations; one query for all."""
    aliases = aliases_by_party(subject.party.id for subject in subjects) if subjects else {}
    contexts: dict[Any, Any] = {}
    answers = []
    for subject in subjects:
        code = channel_code(subject.channel)
        refusal = _refusal(subject.channel, code)
        if refusal or code is None:
            answers.append(SendPermission(False, refusal))
            continue
        if subject.channel.id not in contexts:
            contexts[subject.channel.id] = context_for(subject.channel)
        state = _state(subject, aliases.get(subject.party.id, ()))
        answers.append(code.can_send(state, contexts[subject.channel.id]))
    return answers


def permission(subject: Subject) -> SendPermission:
    """Whether a message may go out now in one conversation."""
    return permissions([subject])[0]


def permission_json(permission: SendPermission) -> dict[str, Any]:
    """``can_send`` of a conversation item."""
    return {
        "allowed": permission.allowed,
        "reason": permission.reason,
        "expires_at": timestamp(permission.expires_at),
    }


def capabilities_json(found: Capabilities) -> dict[str, Any]:
    """``capabilities`` of a conversation item."""
    return {
        "kinds": sorted(found.kinds),
        "text_limit": found.text_limit,
        "media": dict(found.media),
        "mime_types": _sorted_values(found.mime_types),
        "caption": found.caption,
        "captionless": sorted(found.captionless),
        "caption_limit": found.caption_limit,
        "reply_to": found.reply_to,
        "buttons": found.buttons,
        "list_rows": found.list_rows,
        "reactions": found.reactions,
        "edit": found.edit,
        "revoke": found.revoke,
        "edit_seconds": found.edit_seconds,
        "revoke_seconds": found.revoke_seconds,
        "typing": found.typing,
        "read_receipts": found.read_receipts,
        "templates": found.templates,
        "window": found.window,
        "statuses": list(found.statuses),
    }


def _sorted_values(found: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {kind: sorted(types) for kind, types in found.items()}


def _refusal(channel: ConnectedChannel, code: Channel | None) -> str | None:
    if code is None:
        return _("The plugin of this channel is not active.")
    if channel.deleted_at is not None:
        return _("This channel was removed.")
    if not channel.enabled:
        return _("This channel is switched off.")
    return None


def _state(subject: Subject, aliases: tuple[Alias, ...]) -> ConversationState:
    return ConversationState(
        id=subject.conversation.id,
        last_inbound_at=subject.party.last_inbound_at,
        window_opened_at=subject.party.window_opened_at,
        aliases=aliases,
    )
