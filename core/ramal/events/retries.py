"""Another try for events that a plugin failed, in order within each conversation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.events.attempt import Attempt, CarefulNeeded, HookCall, call, hook_call, own_session
from ramal.events.failures import Failure, record_lost_try, release_next
from ramal.events.models import Event, PluginDelivery
from ramal.events.queue import COLUMNS, lock_buckets
from ramal.plugins.registry import PluginRecord

#: Tries in one go, before new events have their turn.
LIMIT = 50
#: A plugin that is switched off is asked again after this.
INACTIVE = timedelta(seconds=60)


def retry_due(organization_id: uuid.UUID, buckets: Sequence[int]) -> int:
    """Try what is due, oldest first. Answers how many tries were made."""
    tries = 0
    while tries < LIMIT and _try_one(organization_id, buckets):
        tries += 1
    return tries


def _try_one(organization_id: uuid.UUID, buckets: Sequence[int]) -> bool:
    failures: list[Failure] = []
    try:
        with own_session(organization_id):
            return _try_next(organization_id, buckets, failures)
    except Exception:
        if not failures:
            raise
    with own_session(organization_id):
        record_lost_try(failures[0])
    return True


def _try_next(organization_id: uuid.UUID, buckets: Sequence[int], failures: list[Failure]) -> bool:
    with transaction() as session:
        row = _due(session, lock_buckets(session, organization_id, buckets))
        if row is None:
            return False
        event = session.execute(db.select(*COLUMNS).where(Event.id == row.event_id)).one()
        wanted = hook_call(event)
        if wanted is not None:
            record = next((one for one in wanted.implementers() if one.name == row.plugin), None)
            if record is None:
                row.next_at = utcnow() + INACTIVE
                return True
            _call(session, record, wanted, failures)
        release_next(row)
        session.delete(row)
    return True


def _call(session: Session, record: PluginRecord, wanted: HookCall, failures: list[Failure]) -> None:
    """The plugin's writes and the end of its row commit together; after a failure all is rolled back."""
    attempt = Attempt(session)
    try:
        call(record, wanted)
        session.flush()
        if not attempt.same():
            raise CarefulNeeded("it ended the transaction it ran in")
    except Exception as error:
        failures.append(Failure.of(wanted.event, record.name, error))
        raise


def _due(session: Session, buckets: Sequence[int]) -> PluginDelivery | None:
    """The oldest row that is due and first in its conversation for its plugin."""
    if not buckets:
        return None
    line = db.func.coalesce(PluginDelivery.conversation_id, PluginDelivery.id)
    heads = (
        db.select(PluginDelivery.id, PluginDelivery.next_at, PluginDelivery.position)
        .where(PluginDelivery.status == "waiting", PluginDelivery.bucket.in_(buckets))
        .ext(distinct_on(PluginDelivery.plugin, line))
        .order_by(PluginDelivery.plugin, line, PluginDelivery.position)
        .subquery()
    )
    return session.execute(
        db.select(PluginDelivery)
        .join(heads, heads.c.id == PluginDelivery.id)
        .join(Event, Event.id == PluginDelivery.event_id)
        .where(
            db.or_(heads.c.next_at.is_(None), heads.c.next_at <= utcnow()),
            # A charged event may not have been handed over yet: that must see its row.
            Event.delivered_at.is_not(None),
        )
        .order_by(heads.c.position)
        .limit(1)
    ).scalar_one_or_none()
