"""Positions for committed events: the order in which every reader sees the log.

Commit order is not id order: a reader that resumed by id would miss an event whose transaction
began early and committed late. So one sequencer at a time, under an advisory lock, numbers what
is committed, and readers resume by that number.
"""

from __future__ import annotations

import logging

from redis import RedisError
from sqlalchemy import text
from sqlalchemy.orm import Session

from ramal.database.session import system_transaction
from ramal.events import doorbell
from ramal.events.connection import redis_link
from ramal.events.listeners import heard
from ramal.events.types import TYPES

log = logging.getLogger(__name__)

LOCK = 7_264_100_002
BATCH = 1000

#: Types that no hook and no listener hears are done as soon as they have a position.
_ASSIGN = text(
    """
    with batch as materialized (
        select id from event where position is null order by seq limit :batch
    ), numbered as materialized (
        select id, nextval('event_position') as position from batch
    )
    update event set position = numbered.position,
        delivered_at = case when event.type = any(cast(:silent as text[])) then now() end
    from numbered where event.id = numbered.id
    returning event.position, event.delivered_at is null
    """
)


def sequence() -> int:
    """Number up to 1,000 committed events and announce the newest position. Answers how many."""
    with system_transaction() as session:
        # Not try-lock: an event committed after the other's look would wait for the next ring.
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
        silent = [name for name, type_ in TYPES.items() if type_.silent and not heard(name)]
        rows = session.execute(_ASSIGN, {"batch": BATCH, "silent": silent}).all()
    if rows:
        announce(max(row[0] for row in rows))
        if any(row[1] for row in rows):
            doorbell.ring("hooks")
    return len(rows)


def announce(position: int) -> None:
    """Publish the newest position; the payload is only that number. Never raises."""
    link = redis_link()
    client = link.usable()
    if client is None:
        return
    try:
        client.publish(link.key("position"), position)
    except RedisError as error:
        link.failed()
        log.debug("position %s could not be announced: %s", position, error)


def newest_position(session: Session) -> int:
    """The newest position there is; 0 in an empty log. ``session`` may see all rows."""
    return int(session.execute(text("select coalesce(max(position), 0) from event")).scalar_one())
