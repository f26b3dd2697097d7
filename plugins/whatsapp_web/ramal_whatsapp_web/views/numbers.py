"""All connected numbers."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from ramal.api import require_permission, utcnow
from ramal_whatsapp_web import pacing
from ramal_whatsapp_web.pacing import PacingSettings
from ramal_whatsapp_web.permissions import VIEW
from ramal_whatsapp_web.services import sessions
from ramal_whatsapp_web.services.sessions import Number
from ramal_whatsapp_web.views.blueprint import pages


@pages.get("/")
@require_permission(VIEW)
def home() -> str:
    """The list."""
    return render_template("whatsapp_web/pages/numbers.html", numbers=sessions.list_numbers(), pace_of=pace_of)


@pages.get("/list")
@require_permission(VIEW)
def number_list() -> str:
    """The list by itself, asked for when something happened."""
    return render_template("whatsapp_web/pages/number_list.html", numbers=sessions.list_numbers(), pace_of=pace_of)


@pages.get("/channels/<uuid:channel_id>")
@require_permission(VIEW)
def channel_page(channel_id: uuid.UUID) -> Response:
    """The page of the number behind a channel, for links from the core's own pages."""
    number = sessions.number_of_channel(channel_id)
    return redirect(url_for(".session_page", session_id=number.session.id))


def pace_of(number: Number) -> float:
    """Messages a minute that it may send today."""
    settings = {**PacingSettings().load({}), **number.channel.settings}
    return round(pacing.per_minute(settings, number.session.first_ready_at, utcnow()), 1)
