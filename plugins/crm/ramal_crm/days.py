"""Days as the organization has them: where they begin, and times as forms write them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from ramal.api import current_timezone, utcnow

#: The years that ``Timestamp`` takes: the ends of the calendar have no hour in some zones.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


def day_start(days: int = 0) -> datetime:
    """When today begins there, or the day so many days from it."""
    zone = current_timezone()
    day = utcnow().astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local(at: datetime) -> datetime:
    """A time by the organization's clock."""
    return at.astimezone(current_timezone())


def from_field(text: str) -> datetime:
    """What an ``<input type="datetime-local">`` sends, by the organization's clock. ValueError."""
    at = datetime.fromisoformat(text)
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(text)
    return at.replace(tzinfo=current_timezone()).astimezone(UTC)


def to_field(at: datetime | None) -> str:
    """A time as that input takes it."""
    return local(at).strftime("%Y-%m-%dT%H:%M") if at else ""
