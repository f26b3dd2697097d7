"""What a channel's own state does to its queue, and who is told."""

from __future__ import annotations

import uuid

from sqlalchemy import update

from ramal.channels.models import ConnectedChannel
from ramal.database.session import db
from ramal.events.services import emit_event


def need_attention(channel_id: uuid.UUID, detail: str) -> None:
    """Hold the channel's sends until someone looks, and say so. In the caller's transaction."""
    set_channel_status(channel_id, "needs_attention", detail)


def set_channel_status(channel_id: uuid.UUID, status: str, detail: str | None) -> None:
    """Change a channel's status and tell the screens; nothing when it is that already."""
    changed = db.session.execute(
        update(ConnectedChannel)
        .where(
            ConnectedChannel.id == channel_id,
            (ConnectedChannel.status != status) | (ConnectedChannel.status_detail.is_distinct_from(detail)),
        )
        .values(status=status, status_detail=detail)
        .returning(ConnectedChannel.name)
    ).scalar_one_or_none()
    if changed is not None:
        data = {"channel_id": str(channel_id), "name": changed, "status": status, "detail": detail}
        emit_event("channel.status", data)
