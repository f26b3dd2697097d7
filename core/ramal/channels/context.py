"""What a connected channel lends to a call: its settings with secrets, and the guarded client."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE

from ramal.channels.base import Channel, ChannelContext
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import channel_of_kind
from ramal.config import current_settings
from ramal.database import crypto
from ramal.http.client import http_client


def context_for(channel: ConnectedChannel) -> ChannelContext:
    """The context of a channel. SecretUnreadable if its key is gone, InvalidPayload for an unknown kind."""
    code = channel_of_kind(channel.kind)
    stored = {**channel.settings, **crypto.decrypt(channel.secrets, secrets_purpose(channel.id))}
    return make_context(channel, loaded(code, stored))


def make_context(channel: ConnectedChannel, settings: Mapping[str, Any]) -> ChannelContext:
    """A context with settings that are not stored yet (a connection being tried)."""
    return ChannelContext(
        channel_id=channel.id,
        organization_id=channel.organization_id,
        name=channel.name,
        settings=settings,
        http=http_client(),
        public_url=current_settings().base_url,
        state=channel.state or {},
    )


def loaded(code: Channel, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored settings as the channel's code sees them: with defaults, without what it no longer knows."""
    result = code.settings_schema(unknown=EXCLUDE).load(stored)
    assert isinstance(result, dict)
    return result


def secrets_purpose(channel_id: uuid.UUID) -> str:
    """What ties a channel's encrypted secrets to its row."""
    return f"channel:{channel_id}"
