"""Writing the event log and background jobs, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ramal.database.base import utcnow
from ramal.database.session import after_commit, current_organization_id, db, transaction
from ramal.events import doorbell
from ramal.events.models import Event, Job

BUCKETS = 64


def emit_event(
    type: str,
    data: Mapping[str, Any],
    *,
    conversation_id: uuid.UUID | None = None,
    bucket: int | None = None,
    actor_id: uuid.UUID | None = None,
) -> Event:
    """Write what happened, in the transaction that made it happen.

    ``data`` is JSON; readers get it as it is. ``bucket`` (0..63) is the party's, so that hooks
    see a conversation's events in order; by default the organization's own.
    """
    organization_id = current_organization_id()
    with transaction() as session:
        event = Event(
            type=type,
            data=dict(data),
            conversation_id=conversation_id,
            bucket=organization_id.int % BUCKETS if bucket is None else bucket,
            actor_id=actor_id,
        )
        session.add(event)
        if _ring_events not in session.info.get("after_commit", ()):
            after_commit(_ring_events)
    return event


def _ring_events() -> None:
    doorbell.ring("events")


def enqueue(
    name: str,
    *,
    plugin: str = "core",
    key: str | None = None,
    delay: timedelta | None = None,
    at: datetime | None = None,
    max_attempts: int = 6,
    **arguments: Any,
) -> uuid.UUID:
    """Put a job on the list; it runs after commit, at least once, and its row says how it went.

    ``key`` makes it single: while one with that key waits or runs, its id is returned instead.
    """
    with transaction() as session:
        if key is not None:
            waiting: uuid.UUID | None = session.execute(
                db.select(Job.id).where(Job.key == key, Job.status.in_(("queued", "running")))
            ).scalar_one_or_none()
            if waiting is not None:
                return waiting
        job = Job(
            plugin=plugin,
            name=name,
            key=key,
            arguments=arguments,
            run_at=at or utcnow() + (delay or timedelta()),
            max_attempts=max_attempts,
        )
        session.add(job)
        session.flush()
        if job.run_at <= utcnow():  # the sweeper announces later ones
            after_commit(lambda: doorbell.ring_job(job.id))
    return job.id
