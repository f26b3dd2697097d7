"""How long messages take: a chart, and the same in a table."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import render_template, request

from ramal.api import gettext as _
from ramal.api import require_permission, utcnow
from ramal_whatsapp_web.permissions import VIEW
from ramal_whatsapp_web.services import latency, sessions
from ramal_whatsapp_web.views import chart
from ramal_whatsapp_web.views.blueprint import pages

#: Ranges to choose from, in hours.
RANGES = (24, 72, 168)
STEPS = ("queued_to_sent", "sent_to_delivered", "delivered_to_read")


@pages.get("/latency")
@require_permission(VIEW)
def latency_page() -> str:
    """The page."""
    numbers = sessions.list_numbers()
    known = {str(number.channel.id): number for number in numbers}
    chosen = request.args.get("channel", "")
    if chosen not in known:
        chosen = next(iter(known), "")
    hours = _hours(request.args.get("hours", ""))
    step = request.args.get("step", "")
    step = step if step in STEPS else STEPS[0]
    end = utcnow()
    begin = (end - timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    rows = latency.by_hour(uuid.UUID(chosen), begin, end) if chosen else []
    return render_template(
        "whatsapp_web/pages/latency.html",
        numbers=numbers,
        choices=[(str(number.channel.id), number.channel.name) for number in numbers],
        spread_of=getattr,
        chosen=chosen,
        hours=hours,
        ranges=range_titles(),
        step=step,
        steps=step_titles(),
        rows=rows,
        total=latency.overall(uuid.UUID(chosen), begin, end) if chosen else None,
        chart=chart.drawn([(row.hour, getattr(row, step)) for row in rows], begin, end),
        took=chart.took,
    )


def step_titles() -> dict[str, str]:
    """Step → what people call it."""
    return dict(
        zip(STEPS, (_("Queued to sent"), _("Sent to delivered"), _("Delivered to read")), strict=True),
    )


def range_titles() -> dict[int, str]:
    """Hours → words."""
    return dict(zip(RANGES, (_("The last day"), _("The last 3 days"), _("The last 7 days")), strict=True))


def _hours(given: str) -> int:
    return next((hours for hours in RANGES if str(hours) == given), RANGES[0])
