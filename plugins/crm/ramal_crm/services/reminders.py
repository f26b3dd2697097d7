"""Reminders of activities: a job for each time that is set, which tells the assignee once."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from ramal.api import enqueue, session, transaction, utcnow
from ramal_crm.models import Activity
from ramal_crm.services import telling

#: The job's name.
REMIND = "remind_activity"


def plan(activity: Activity) -> None:
    """Have the assignee reminded when the time comes, in the caller's transaction.

    A time that is changed leaves the earlier job behind, which finds then that there is nothing to say.
    """
    if activity.remind_at is None or activity.done_at is not None or activity.reminded_at is not None:
        return
    key = f"crm.remind:{activity.id}:{activity.remind_at.timestamp():.0f}"
    enqueue(REMIND, plugin="crm", key=key, at=activity.remind_at, activity_id=str(activity.id))


def remind(activity_id: str) -> None:
    """Job. Tell the assignee, unless it is done, gone, told already or moved to a later time."""
    with transaction():
        query = select(Activity).where(
            Activity.id == uuid.UUID(activity_id),
            Activity.done_at.is_(None),
            Activity.reminded_at.is_(None),
            Activity.remind_at <= utcnow(),
        )
        activity: Activity | None = session.execute(query.with_for_update()).scalar_one_or_none()
        if activity is not None:
            activity.reminded_at = utcnow()
            telling.activity_due(activity)
