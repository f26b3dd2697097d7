"""Reading the log for delivery: locks, the next events, and who waits for what."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ramal.database.base import utcnow
from ramal.database.session import db
from ramal.events.models import Event, PluginDelivery

#: First key of the advisory locks on (organization, bucket); the second is a hash of the two.
LOCK_SPACE = 7_264_103
COLUMNS = (
    Event.id,
    Event.type,
    Event.data,
    Event.conversation_id,
    Event.bucket,
    Event.position,
    Event.organization_id,
)
_LOCK = text(
    "select bucket from unnest(cast(:buckets as int[])) as bucket"
    " where pg_try_advisory_xact_lock(:space, hashtext(:organization || ':' || bucket))"
)

_HOLD = text("select pg_advisory_xact_lock(:space, hashtext(:organization || ':' || cast(:bucket as int)))")


def lock_buckets(session: Session, organization_id: uuid.UUID, buckets: Sequence[int]) -> list[int]:
    """Those of ``buckets`` that are ours until the transaction ends."""
    found = session.execute(
        _LOCK, {"buckets": list(buckets), "space": LOCK_SPACE, "organization": str(organization_id)}
    )
    return list(found.scalars())


def hold_bucket(session: Session, organization_id: uuid.UUID, bucket: int) -> None:
    """Wait until the bucket is ours, then keep it until the transaction ends."""
    session.execute(_HOLD, {"bucket": bucket, "space": LOCK_SPACE, "organization": str(organization_id)})


def undelivered(session: Session, buckets: Sequence[int], limit: int) -> Sequence[Any]:
    """The next events of these buckets, oldest position first: rows of :data:`COLUMNS`."""
    if not buckets:
        return ()
    return session.execute(
        db.select(*COLUMNS)
        .where(Event.delivered_at.is_(None), Event.position.is_not(None), Event.bucket.in_(buckets))
        .order_by(Event.position)
        .limit(limit)
    ).all()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What already waits for plugins, as far as it matters to some events about to be handed over."""

    #: (plugin, conversation) → position of the first event that waits there.
    first: Mapping[tuple[str, uuid.UUID], int]
    #: (plugin, event) that have a row already: a worker died in that call.
    noted: frozenset[tuple[str, uuid.UUID]]

    def holds(self, plugin: str, event: Any) -> bool:
        """Whether an earlier event of its conversation still waits for this plugin."""
        earlier = self.first.get((plugin, event.conversation_id))
        return earlier is not None and earlier < event.position


def waiting_for(session: Session, buckets: Sequence[int], events: Sequence[Any]) -> Waiting:
    """What waits in these buckets. Where nothing does, it costs one query."""
    rows = session.execute(
        db.select(PluginDelivery.plugin, PluginDelivery.conversation_id, db.func.min(PluginDelivery.position))
        .where(PluginDelivery.status == "waiting", PluginDelivery.bucket.in_(buckets))
        .group_by(PluginDelivery.plugin, PluginDelivery.conversation_id)
    ).all()
    if not rows:
        return Waiting({}, frozenset())
    noted = session.execute(
        db.select(PluginDelivery.plugin, PluginDelivery.event_id).where(
            PluginDelivery.event_id.in_([event.id for event in events])
        )
    )
    return Waiting(
        {(plugin, conversation): first for plugin, conversation, first in rows if conversation is not None},
        frozenset((plugin, event_id) for plugin, event_id in noted),
    )


def behind(event: Any, plugin: str) -> PluginDelivery:
    """The row of an event that waits behind an earlier one: without a time of its own."""
    return PluginDelivery(
        event_id=event.id,
        plugin=plugin,
        conversation_id=event.conversation_id,
        bucket=event.bucket,
        position=event.position,
    )


def mark_delivered(session: Any, ids: Sequence[uuid.UUID]) -> None:
    """All active plugins are done with these events, or have a row of their own for them."""
    session.execute(db.update(Event).where(Event.id.in_(ids)).values(delivered_at=utcnow()))
