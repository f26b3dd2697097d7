"""One webhook: who it is about, what it carries, and when it happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ramal.api import AccountNotice
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.waha.parse.ids import jid, text

#: A provider's clock may run ahead of ours by this much; beyond it, its time is nonsense.
CLOCK_SKEW = timedelta(days=1)
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
#: Larger numbers are milliseconds.
_SECONDS_BELOW = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """The envelope of one event; ``payload`` and ``data`` are never None."""

    name: str
    payload: Mapping[str, Any]
    raw: Mapping[str, Any]
    received_at: datetime
    #: Our own user parts (number, LID), which name no other person.
    me: frozenset[str]

    @classmethod
    def of(cls, raw: Mapping[str, Any], received_at: datetime) -> Event:
        """Read an envelope."""
        payload = raw.get("payload")
        me = raw.get("me")
        own = [jid(me.get(name)) for name in ("id", "lid", "jid")] if isinstance(me, Mapping) else []
        return cls(
            name=text(raw.get("event")) or "?",
            payload=payload if isinstance(payload, Mapping) else {},
            raw=raw,
            received_at=received_at,
            me=frozenset(found.user for found in own if found),
        )

    @property
    def data(self) -> Mapping[str, Any]:
        """What the engine itself said."""
        found = self.payload.get("_data")
        return found if isinstance(found, Mapping) else {}

    @property
    def from_history(self) -> bool:
        """Whether we fetched it ourselves, to fill a gap."""
        return self.raw.get("origin") == "history"

    def time(self, *claimed: Any) -> datetime:
        """The first believable of the provider's times, else the envelope's, else our arrival time."""
        latest = self.received_at + CLOCK_SKEW
        for value in (*claimed, self.raw.get("timestamp")):
            moment = moment_of(value)
            if moment is not None and _EARLIEST <= moment <= latest:
                return moment
        return self.received_at

    def fingerprint(self, *parts: Any) -> str:
        """A key of what has none of its own."""
        what = json.dumps([self.name, *parts], sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()


def moment_of(value: Any) -> datetime | None:
    """Epoch seconds or milliseconds, as number or text, or an ISO time."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        return _iso(value)
    try:
        return datetime.fromtimestamp(number if abs(number) < _SECONDS_BELOW else number / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _iso(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def unreadable(event: Event) -> AccountNotice:
    """What is shown for an event that makes no sense; it stays in the journal as it came."""
    return AccountNotice(
        title=_("The provider sent something that could not be read: %(event)s", event=event.name),
        key=event.fingerprint(event.payload),
        occurred_at=event.time(),
        payload={"event": event.name},
        level="warning",
    )


def left_out(event: Event, what: str) -> AccountNotice:
    """Groups, channels and status posts are not served yet: said once in the channel's log."""
    return AccountNotice(
        title=_("Groups, channels and status posts are left out; conversations with persons only."),
        key=f"left-out:{what}",
        occurred_at=event.time(),
        payload={"event": event.name, "what": what},
    )
