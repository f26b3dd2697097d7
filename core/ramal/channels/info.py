"""What hooks see of a channel: a frozen snapshot, made from the JSON that its event carries."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ramal.channels.models import ConnectedChannel
from ramal.channels.types import SessionNews


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A connected channel as it was when the event was written."""

    id: uuid.UUID
    organization_id: uuid.UUID
    kind: str
    name: str
    status: str


def news_json(channel: ConnectedChannel, news: SessionNews) -> dict[str, Any]:
    """The data of ``channel.news``."""
    return {
        "channel": {
            "id": str(channel.id),
            "organization_id": str(channel.organization_id),
            "kind": channel.kind,
            "name": channel.name,
            "status": channel.status,
        },
        "news": {
            "state": news.state,
            "reason": news.reason,
            "title": news.title,
            "key": news.key,
            "occurred_at": news.occurred_at.isoformat(),
            "payload": dict(news.payload),
            "level": news.level,
        },
    }


def news_arguments(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of ``on_channel_news``."""
    channel, news = data["channel"], data["news"]
    return {
        "channel": ChannelInfo(
            uuid.UUID(channel["id"]),
            uuid.UUID(channel["organization_id"]),
            channel["kind"],
            channel["name"],
            channel["status"],
        ),
        "news": SessionNews(**{**news, "occurred_at": datetime.fromisoformat(news["occurred_at"])}),
    }
