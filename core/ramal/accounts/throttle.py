"""Slowing down whoever guesses passwords, counted in PostgreSQL so that no wiped Redis opens the door.

Failures are counted for each (address, e-mail) pair, and for each address over all e-mails. After
:data:`FREE` failures of a pair, or :data:`FREE_PER_ADDRESS` of an address, each further one closes
the door for twice as long as the one before. An hour of quiet forgets.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ramal.accounts.models import LoginThrottle
from ramal.accounts.tokens import hashed
from ramal.database.base import utcnow
from ramal.database.session import system_transaction
from ramal.errors import RateLimited
from ramal.i18n import gettext as _

FREE, FREE_PER_ADDRESS = 5, 50
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=15)
FORGET = timedelta(hours=1)


def check_login_allowed(ip: str, email: str) -> None:
    """RateLimited with ``retry_after`` while the door is closed for this address and e-mail."""
    now = utcnow()
    with system_transaction() as session:
        query = select(LoginThrottle.blocked_until).where(LoginThrottle.key.in_(_keys(ip, email)))
        blocked = [until for until in session.execute(query).scalars() if until is not None and until > now]
    if blocked:
        seconds = int((max(blocked) - now).total_seconds()) + 1
        message = _("Too many failed logins; try again in %(seconds)s seconds.", seconds=seconds)
        raise RateLimited(message, retry_after=seconds)


def note_failure(ip: str, email: str) -> None:
    """Count a wrong password."""
    now = utcnow()
    pair, address = _keys(ip, email)
    with system_transaction() as session:
        for key, free in ((pair, FREE), (address, FREE_PER_ADDRESS)):
            row = session.get(LoginThrottle, key, with_for_update=True)
            if row is None:
                session.execute(insert(LoginThrottle).values(key=key, updated_at=now).on_conflict_do_nothing())
                row = session.get_one(LoginThrottle, key, with_for_update=True, populate_existing=True)
            row.failures = 1 if now - row.updated_at > FORGET else row.failures + 1
            row.updated_at = now
            row.blocked_until = _blocked_until(now, row.failures - free)


def note_success(ip: str, email: str) -> None:
    """Forget the failures of this pair; the address's own count stays."""
    with system_transaction() as session:
        session.execute(delete(LoginThrottle).where(LoginThrottle.key == _keys(ip, email)[0]))


def forget_old_failures() -> int:
    """Remove counts nobody needs any more (housekeeping); how many."""
    with system_transaction() as session:
        query = delete(LoginThrottle).where(LoginThrottle.updated_at < utcnow() - FORGET).returning(LoginThrottle.key)
        return len(session.execute(query).all())


def _blocked_until(now: datetime, over: int) -> datetime | None:
    if over < 0:
        return None
    wait: timedelta = min(FIRST_WAIT * 2 ** min(over, 16), LONGEST_WAIT)
    return now + wait


def _keys(ip: str, email: str) -> tuple[str, str]:
    return hashed(f"{ip}|{email.strip().lower()}"), hashed(f"{ip}|")
