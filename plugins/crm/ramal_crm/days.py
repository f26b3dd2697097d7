"""Days as the organization has them: where they begin, and times as forms write them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from ramal.api import current_timezone, utcnow


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
    return datetime.fromisoformat(text).replace(tzinfo=current_timezone()).astimezone(UTC)


def to_field(at: datetime | None) -> str:
    """A time as that input takes it."""
    return local(at).strftime("%Y-%m-%dT%H:%M") if at else ""
