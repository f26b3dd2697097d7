"""Forgetting what was read long ago."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.notifications.models import Notification

#: How long a notification is kept after it was read.
KEEP_READ = timedelta(days=90)
#: Rows deleted in one transaction.
BATCH = 5000


def forget_read() -> int:
    """Delete the organization's notifications that were read too long ago. Answers how many."""
    total = 0
    while True:
        old = select(Notification.id).where(Notification.read_at < utcnow() - KEEP_READ).limit(BATCH)
        with transaction():
            statement = delete(Notification).where(Notification.id.in_(old))
            gone: int = db.session.execute(statement).rowcount  # type: ignore[attr-defined]
        total += gone
        if gone < BATCH:
            return total
