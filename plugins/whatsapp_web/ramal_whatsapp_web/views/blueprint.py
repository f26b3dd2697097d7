"""The one blueprint of all pages, and what every template of them may use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from ramal.api import (
    Conflict,
    InvalidPayload,
    PageBlueprint,
    RamalError,
    RateLimited,
    UpstreamError,
    current_user,
    format_phone,
    utcnow,
)
from ramal_whatsapp_web.drivers import DRIVERS
from ramal_whatsapp_web.permissions import MANAGE
from ramal_whatsapp_web.services import words
from ramal_whatsapp_web.views import assets, chart

pages = PageBlueprint("whatsapp_web", __name__, plugin="whatsapp_web")
pages.add_url_rule("/assets/<path:name>", "asset", assets.asset)

Errors = Mapping[str, list[str]]


@pages.context_processor
def _context() -> dict[str, Any]:
    return {
        "asset_of": assets.asset_url,
        "may_manage": current_user().can(MANAGE),
        "state_title": words.title,
        "state_badge": words.BADGES.get,
        "state_icon": words.ICONS.get,
        "state_sentence": words.sentence,
        "phone_of": phone_words,
        "seconds_until": seconds_until,
        "driver_title": driver_title,
        "decimal": chart.decimal,
    }


def driver_title(name: str) -> str:
    """What people call a driver."""
    found = DRIVERS.get(name)
    return str(found.title) if found else name


def phone_words(number: str | None) -> str:
    """A number of digits as people here read it: ``+55 11 91234-5678``."""
    return format_phone(f"+{number}") if number else ""


def seconds_until(at: datetime | None) -> int:
    """Whole seconds from now on, none below zero."""
    return max(0, round((at - utcnow()).total_seconds())) if at else 0


def sentences(error: RamalError) -> dict[str, list[str]]:
    """What is wrong, by field; what is about no field under an empty name."""
    details = error.details if isinstance(error, InvalidPayload) else {}
    return dict(details) or {"": [error.message]}


def told(act: Any, done: str, url: str) -> Response:
    """Do it and say so, or say why not; then the page again."""
    try:
        act()
    except (Conflict, InvalidPayload, RateLimited, UpstreamError) as error:
        flash(" ".join(text for found in sentences(error).values() for text in found), "danger")
    else:
        flash(done, "success")
    if request.headers.get("HX-Request") == "true":  # asked first: the browser then loads the page as a whole
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url, 303)
