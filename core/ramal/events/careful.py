"""Delivery after something raised: one transaction per event, one savepoint per plugin.

A plugin that raises loses its own savepoint and gets a row in ``plugin_delivery``. One that breaks
the whole transaction, or runs out of time, gets that row in a transaction of its own; the event is
then handed over again without it.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, SessionTransaction

from ramal.database.session import transaction
from ramal.events.attempt import Attempt, HookCall, call, hook_call, own_session
from ramal.events.failures import Failure, record_failure, record_lost_try
from ramal.events.listeners import tell
from ramal.events.queue import Waiting, behind, lock_buckets, mark_delivered, undelivered, waiting_for
from ramal.plugins.limits import TimeLimitExceeded
from ramal.plugins.registry import PluginRecord

log = logging.getLogger(__name__)


class _Broken(Exception):
    """The transaction is lost, through the plugin that stands in ``culprits``."""


def deliver_carefully(organization_id: uuid.UUID, buckets: Sequence[int], limit: int) -> int:
    """Hand over up to ``limit`` events one by one. Answers how many."""
    done = 0
    while done < limit and _next_event(organization_id, buckets):
        done += 1
    return done


def _next_event(organization_id: uuid.UUID, buckets: Sequence[int]) -> bool:
    while True:
        culprits: list[Failure] = []
        try:
            with own_session(organization_id):
                return _attempt(organization_id, buckets, culprits)
        except Exception:
            # Of a broken transaction not even the rollback need work: what counts is who broke it.
            if not culprits:
                raise
        # At most once for each plugin: the next try leaves out whoever has a row.
        with own_session(organization_id):
            record_lost_try(culprits[0])


def _attempt(organization_id: uuid.UUID, buckets: Sequence[int], culprits: list[Failure]) -> bool:
    with transaction() as session:
        attempt = Attempt(session)
        locked = lock_buckets(session, organization_id, buckets)
        events = undelivered(session, locked, 1)
        if not events:
            return False
        event = events[0]
        waiting = waiting_for(session, locked, events)
        _tell_core(session, event)
        for failure in _hand_over(attempt, session, event, waiting, culprits):
            record_failure(failure)
        mark_delivered(session, [event.id])
    return True


def _tell_core(session: Session, event: Any) -> None:
    """The core's own listeners: a mistake in one costs what it would have written, and holds nothing up."""
    savepoint = session.begin_nested()
    try:
        tell([event])
        savepoint.commit()
    except OperationalError:
        raise  # PostgreSQL's trouble, not the event's: it comes again
    except Exception:
        savepoint.rollback()
        log.exception("a listener of the core failed event %s (%s)", event.id, event.type)


def _hand_over(
    attempt: Attempt, session: Session, event: Any, waiting: Waiting, culprits: list[Failure]
) -> list[Failure]:
    wanted = hook_call(event)
    if wanted is None:
        return []
    failures = []
    for record in wanted.implementers():
        if (record.name, event.id) in waiting.noted:
            continue
        if waiting.holds(record.name, event):
            session.add(behind(event, record.name))
            session.flush()
            continue
        failure, healthy = _call_isolated(attempt, session, record, wanted)
        if failure is not None and not healthy:
            culprits.append(failure)
            raise _Broken
        if failure is not None:
            failures.append(failure)
    return failures


def _call_isolated(
    attempt: Attempt, session: Session, record: PluginRecord, wanted: HookCall
) -> tuple[Failure | None, bool]:
    """The failure, if any, and whether the transaction can go on."""
    savepoint = session.begin_nested()
    doorbells = len(session.info.get("after_commit", ()))
    try:
        call(record, wanted)
        savepoint.commit()
    except TimeLimitExceeded as error:
        # The alarm may have struck anywhere, in the driver too.
        return Failure.of(wanted.event, record.name, error), False
    except Exception as error:
        return Failure.of(wanted.event, record.name, error), _healed(attempt, session, savepoint, doorbells)
    if attempt.same():
        return None, True
    return Failure.said(wanted.event, record.name, "it ended the transaction it ran in"), False


def _healed(attempt: Attempt, session: Session, savepoint: SessionTransaction, doorbells: int) -> bool:
    """Undo what the plugin wrote, and the doorbells it asked for. False if the transaction is lost."""
    try:
        savepoint.rollback()
        del session.info.get("after_commit", [])[doorbells:]
        return attempt.same()
    except Exception:
        return False
