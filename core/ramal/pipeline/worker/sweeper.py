"""Every few seconds, ring for whatever waits: what makes it safe to lose a doorbell, or Redis."""

from __future__ import annotations

import logging

from sqlalchemy import text

from ramal.database.session import system_transaction
from ramal.events import doorbell
from ramal.events.jobs import announce_due_jobs

log = logging.getLogger(__name__)

#: Seconds between two rounds.
INTERVAL = 5.0

_WAITING = {
    "journal": "select exists (select from inbound_delivery where status = 'pending')"
    " or exists (select from inbound_item where status = 'waiting' and next_at <= now())",
    "events": "select exists (select from event where position is null)",
    "hooks": "select exists (select from event where delivered_at is null and position is not null)"
    " or exists (select from plugin_delivery where status = 'waiting' and next_at <= now())",
    "outbox": "select exists (select from outbox where status = 'queued'"
    " or (status = 'sending' and locked_until < now()))",
}


def sweep() -> list[str]:
    """Ring every topic with waiting work, and every due job. Answers what was found."""
    with system_transaction() as session:
        found = [topic for topic, query in _WAITING.items() if session.execute(text(query)).scalar_one()]
    for topic in found:
        doorbell.ring(topic)
    if announce_due_jobs():
        found.append("jobs")
    return found
