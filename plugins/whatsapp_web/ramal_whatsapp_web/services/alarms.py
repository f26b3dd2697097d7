"""The alarm: messages are handed over and nobody confirms them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from ramal.api import get_channel, gettext, lazy_gettext, note_on_channel, notify, session
from ramal_whatsapp_web.models import MessageTimes, Session
from ramal_whatsapp_web.notices import NO_ACKS
from ramal_whatsapp_web.permissions import MANAGE
from ramal_whatsapp_web.services import states

#: What was handed over longer ago than this says nothing about today.
FORGET = timedelta(hours=24)


def check(row: Session, minutes: int, now: datetime) -> None:
    """Raise it or take it back, in the caller's transaction; the row must be locked. ``minutes`` without a tick."""
    oldest = _oldest_unconfirmed(row, now - timedelta(minutes=minutes), now - FORGET)
    missing = oldest is not None and (row.last_ack_at is None or row.last_ack_at < oldest)
    if missing and row.alarm_at is None:
        row.alarm_at = now
        _tell(row, minutes)
    elif not missing and row.alarm_at is not None:
        row.alarm_at = None
        states.tell_screens(row)


def _oldest_unconfirmed(row: Session, before: datetime, after: datetime) -> datetime | None:
    query = select(func.min(MessageTimes.accepted_at)).where(
        MessageTimes.channel_id == row.channel_id,
        MessageTimes.sent_at.is_(None),
        MessageTimes.failed_at.is_(None),
        MessageTimes.accepted_at < before,
        MessageTimes.accepted_at > after,
    )
    oldest: datetime | None = session.scalar(query)
    return oldest


def _tell(row: Session, minutes: int) -> None:
    assert row.alarm_at is not None
    mark = f"{row.id}:{row.alarm_at.timestamp():.0f}"
    name = get_channel(row.channel_id).name
    what = gettext(
        "Messages were handed over more than %(minutes)s minutes ago and WhatsApp confirms none. Look at the phone, "
        "and restart the session.",
        minutes=minutes,
    )
    note_on_channel(row.channel_id, f"no-acks:{mark}", what, level="warning")
    notify(
        NO_ACKS,
        permission=MANAGE,
        title=lazy_gettext("WhatsApp does not confirm what %(name)s sends", name=name),
        body=what,
        url=f"/p/whatsapp_web/sessions/{row.id}",
        key=f"no-acks:{mark}",
    )
    states.tell_screens(row)
