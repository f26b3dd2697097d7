"""Forgetting what is done: events that everybody has, journal rows that became messages, jobs.

``RAMAL_KEEP_DAYS`` says how long they are kept (30; 0 = for ever). Dead letters, and whatever else
still waits for somebody, stay. The newest event stays too, so that positions never start anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import text

from ramal.config import current_settings
from ramal.database.session import system_transaction, transaction
from ramal.events.attempt import own_session
from ramal.events.sequencer import newest_position

log = logging.getLogger(__name__)

#: Rows deleted in one transaction.
BATCH = 5000

_DONE = {
    "event": "select id from event where delivered_at < now() - make_interval(days => :days)"
    " and position < :newest"
    " and not exists (select from plugin_delivery where event_id = event.id)",
    "inbound_delivery": "select id from inbound_delivery where status = 'done'"
    " and done_at < now() - make_interval(days => :days) and not exists"
    " (select from inbound_item where delivery_id = inbound_delivery.id and status in ('waiting', 'parked'))",
    "job": "select id from job where status = 'done' and finished_at < now() - make_interval(days => :days)",
}


#: What areas above this one forget, by their own rules: called in each organization's session, answers how many rows.
also_forget: list[Callable[[], int]] = []


def clean() -> int:
    """Delete what is done and old, organization by organization. Answers how many rows."""
    days = current_settings().keep_days
    with system_transaction() as session:
        organizations = list(session.execute(text("select id from organization")).scalars())
        newest = newest_position(session)
    deleted = 0
    for organization_id in organizations:
        with own_session(organization_id):
            deleted += sum(forget() for forget in also_forget)
            for table, query in _DONE.items() if days > 0 else ():
                deleted += _clean_table(table, query.replace(":newest", str(newest)), days)
    if deleted:
        log.info("%s old rows were deleted", deleted)
    return deleted


def _clean_table(table: str, query: str, days: int) -> int:
    total = 0
    while True:
        with transaction() as session:
            gone: int = session.execute(
                text(f"delete from {table} where id in ({query} limit :batch)"),  # noqa: S608 (names of ours)
                {"days": days, "batch": BATCH},
            ).rowcount  # type: ignore[attr-defined]
        total += gone
        if gone < BATCH:
            return total
