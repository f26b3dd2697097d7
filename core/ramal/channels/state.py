"""What a channel's own state does to its queue, and who is told."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Table, update

from ramal.channels.models import ChannelNotice, ConnectedChannel
from ramal.database.base import new_id, utcnow
from ramal.database.bulk import insert_rows
from ramal.database.session import current_organization_id, db
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


def set_channel_state(channel_id: uuid.UUID, state: Mapping[str, Any]) -> None:
    """Keep JSON data with a channel for the calls of its plugin. In the caller's transaction; no secrets."""
    table = cast(Table, ConnectedChannel.__table__)
    mine = (table.c.id == channel_id, table.c.organization_id == current_organization_id())
    # This is no change of the channel's settings, so updated_at stays.
    kept = {"state": dict(state), "updated_at": table.c.updated_at}
    db.session.execute(update(table).where(*mine).values(kept))


def note_on_channel(
    channel_id: uuid.UUID,
    key: str,
    title: str,
    *,
    level: Literal["info", "warning", "error"] = "info",
    payload: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> bool:
    """Write a line into the channel's log, in the caller's transaction. False if ``key`` stands there already."""
    row = {
        "id": new_id(),
        "organization_id": current_organization_id(),
        "channel_id": channel_id,
        "key": key[:200],
        "level": level,
        "title": title,
        "payload": dict(payload or {}),
        "occurred_at": occurred_at or utcnow(),
    }
    return bool(insert_rows(db.session(), ChannelNotice, [row], skip_conflicts=True, returning=("id",)))
