"""Handing events to plugins: in order within a conversation, exactly once in the database.

First at once: a batch of one organization's events, in one transaction and without savepoints.
Only when something raises is the batch rolled back and repeated carefully (``careful``), one
transaction per event and one savepoint per plugin. What failed, and what waits behind it, stands
in ``plugin_delivery`` and is tried again by ``retries``.

An advisory lock per (organization, bucket), held to the end of each transaction, keeps two
workers off the same conversation.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text

from ramal.database.session import db, system_transaction, transaction
from ramal.events.attempt import Attempt, CarefulNeeded, call, hook_call, own_session
from ramal.events.careful import deliver_carefully
from ramal.events.listeners import tell
from ramal.events.queue import Waiting, behind, lock_buckets, undelivered, waiting_for
from ramal.events.retries import retry_due

log = logging.getLogger(__name__)

#: Events in one transaction.
BATCH = 200
#: Organizations looked at in one round, so that none waits for all others' backlog.
ROUND = 100

_PAIRS = text(
    """
    select organization_id, array_agg(distinct bucket) from (
        (select organization_id, bucket from event
         where delivered_at is null and position is not null order by position limit 5000)
        union all
        (select organization_id, bucket from plugin_delivery
         where status = 'waiting' and next_at <= now() limit 5000)
    ) work group by organization_id limit :round
    """
)


def waiting_work() -> dict[uuid.UUID, list[int]]:
    """The buckets with something to hand over, by organization. Reads as the system role."""
    with system_transaction() as session:
        return {row[0]: list(row[1]) for row in session.execute(_PAIRS, {"round": ROUND})}


def deliver(organization_id: uuid.UUID, buckets: int | Iterable[int]) -> int:
    """Hand over the next events (up to 200) of these buckets, and what is due again.

    Answers how many were handled. Buckets that another worker holds are left to it.
    """
    wanted = [buckets] if isinstance(buckets, int) else sorted(buckets)
    handled = retry_due(organization_id, wanted)
    try:
        handled += _deliver_at_once(organization_id, wanted)
    except CarefulNeeded as trouble:
        log.info("events of %s are handed over one by one: %s", organization_id, trouble)
        handled += deliver_carefully(organization_id, wanted, BATCH)
    return handled


def _deliver_at_once(organization_id: uuid.UUID, buckets: Sequence[int]) -> int:
    with own_session(organization_id):
        try:
            with transaction() as session:
                attempt = Attempt(session)
                locked = lock_buckets(session, organization_id, buckets)
                events = undelivered(session, locked, BATCH)
                if not events:
                    return 0
                waiting = waiting_for(session, locked, events)
                tell(events)
                for event in events:
                    _hand_over(attempt, event, waiting)
                session.flush()
                attempt.finish([event.id for event in events])
        except CarefulNeeded:
            raise
        except Exception as error:
            raise CarefulNeeded(f"{type(error).__name__}: {error}") from error
    return len(events)


def _hand_over(attempt: Attempt, event: Any, waiting: Waiting) -> None:
    wanted = hook_call(event)
    if wanted is None:
        return
    for record in wanted.implementers():
        if (record.name, event.id) in waiting.noted:
            continue
        if waiting.holds(record.name, event):
            db.session.add(behind(event, record.name))
        else:
            call(record, wanted)
            attempt.check()
