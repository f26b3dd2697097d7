"""How fast a number writes: like a person, and slower while WhatsApp does not know it yet.

Numbers that write much from their first day on are the ones that get banned. So a number begins with a few
messages a minute and grows, by the same factor each day, to its full pace.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import fields, validate

from ramal.api import ChannelContext, RateLimit, Schema, utcnow
from ramal.api import lazy_gettext as _
from ramal_whatsapp_web.settings import WhatsAppWebSettings

#: Messages a minute of a number that is known, and of one that was connected today.
FULL, FIRST = 20, 3
#: Nobody writes faster; it is there for simulators.
MOST = 6000
#: Days from the one to the other.
RAMP_DAYS = 10
#: Pauses are up to so much (percent) shorter or longer.
JITTER = 40
#: Minutes without a tick until the alarm.
ACK_MINUTES = 10
#: What is written quickly, one after the other, as people do.
BURST = 2
#: Key in the channel's state: since when the number is known to be connected.
SINCE = "first_ready_at"


class PacingSettings(Schema):
    """How many messages a number may send, and when missing ticks are an alarm."""

    messages_per_minute = fields.Integer(
        load_default=FULL,
        validate=validate.Range(min=1, max=MOST),
        metadata={
            "label": _("Messages per minute"),
            "description": _("At full pace. The slower, the smaller the risk of a ban."),
        },
    )
    first_day_per_minute = fields.Integer(
        load_default=FIRST,
        validate=validate.Range(min=1, max=MOST),
        metadata={
            "label": _("Messages per minute on the first day"),
            "description": _("A number that was just connected begins slowly and grows from day to day."),
        },
    )
    ramp_days = fields.Integer(
        load_default=RAMP_DAYS,
        validate=validate.Range(min=0, max=60),
        metadata={"label": _("Days until full pace"), "description": _("0: full pace from the start.")},
    )
    jitter_percent = fields.Integer(
        load_default=JITTER,
        validate=validate.Range(min=0, max=90),
        metadata={
            "label": _("Irregularity in percent"),
            "description": _("Pauses are up to this much shorter or longer, by chance, as people's are."),
        },
    )
    ack_minutes = fields.Integer(
        load_default=ACK_MINUTES,
        validate=validate.Range(min=1, max=1440),
        metadata={
            "label": _("Minutes without a tick until the alarm"),
            "description": _("When messages are handed over and WhatsApp confirms none for so long, you are told."),
        },
    )


class NumberSettings(PacingSettings, WhatsAppWebSettings):
    """All settings of a number."""


def per_minute(settings: Mapping[str, Any], since: datetime | None, now: datetime) -> float:
    """Messages a minute that the number may send today. ``since``: when it was first connected."""
    full = float(settings["messages_per_minute"])
    first, days = min(full, float(settings["first_day_per_minute"])), int(settings["ramp_days"])
    if days == 0:
        return full
    # Whole days: the pace of today does not change under people's hands.
    gone = 0 if since is None else max(0, (now - since) // timedelta(days=1))
    return full if gone >= days else float(first * (full / first) ** (gone / days))


def rate_limit(context: ChannelContext) -> RateLimit:
    """The number's limit now."""
    rate = per_minute(context.settings, since_of(context.state), utcnow()) / 60
    return RateLimit(rate=rate, burst=BURST, jitter=int(context.settings["jitter_percent"]) / 100)


def since_of(state: Mapping[str, Any]) -> datetime | None:
    """Since when the number is connected, as the channel's state says."""
    try:
        return datetime.fromisoformat(str(state[SINCE])).astimezone(UTC)
    except (KeyError, ValueError):
        return None
