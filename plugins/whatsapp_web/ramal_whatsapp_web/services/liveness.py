"""Whether a session that says it works does: a provider may say so while nothing comes through any more.

All times are our clock's, but for the provider's newest activity, which is only ever compared with itself: clocks
that differ fool nobody here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ramal_whatsapp_web.models import Session

#: What the provider knows of may take so long to be posted to us, and to be taken in here.
GRACE = timedelta(seconds=15)
#: The note of the last delivery may be older than the delivery by so much.
COARSE = timedelta(seconds=2)


def silent(row: Session, activity: datetime | None, heard: datetime | None, now: datetime) -> bool:
    """Note what the provider knows, and answer whether it keeps it to itself.

    ``activity``: its newest message; ``heard``: when its last delivery was taken in. It is silent if there was
    something new at a look, and nothing at all was delivered since the look before.
    """
    if activity is not None and (row.activity_at is None or activity > row.activity_at):
        if row.activity_at is not None and row.activity_noticed_at is None:
            row.activity_noticed_at, row.quiet_until = now, row.last_probe_at
        row.activity_at = activity
    row.last_probe_at = now
    if row.activity_noticed_at is None:
        return False
    if heard is not None and row.quiet_until is not None and heard >= row.quiet_until - COARSE:
        row.activity_noticed_at = row.quiet_until = None
        return False
    return now - row.activity_noticed_at >= GRACE
