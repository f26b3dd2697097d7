"""News about the account or the number: the channel's log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ramal.channels.models import ChannelNotice
from ramal.channels.state import need_attention
from ramal.channels.types import AccountNotice, SessionNews
from ramal.database.base import new_id
from ramal.database.bulk import insert_rows
from ramal.pipeline.inbound.batch import Batch

_KEY = 200
_Entry = TypeVar("_Entry", AccountNotice, SessionNews)


def take_notices(batch: Batch, items: Sequence[AccountNotice]) -> None:
    """Keep each notice once; one that needs attention holds the channel's sends."""
    urgent = [item for item in keep_new(batch, items) if item.needs_attention]
    if urgent:
        need_attention(batch.channel.id, urgent[-1].title)


def keep_new(batch: Batch, items: Sequence[_Entry]) -> list[_Entry]:
    """Write entries of the channel's log; those that were not in it before."""
    rows = [
        {
            "id": new_id(),
            "organization_id": batch.organization_id,
            "channel_id": batch.channel.id,
            "key": item.key[:_KEY],
            "level": item.level,
            "title": item.title,
            "payload": dict(item.payload),
            "occurred_at": item.occurred_at,
        }
        for item in items
    ]
    stored = insert_rows(batch.session, ChannelNotice, rows, skip_conflicts=True, returning=("id",))
    new = {row.id for row in stored}
    return [item for item, row in zip(items, rows, strict=True) if row["id"] in new]
