"""Connecting a number: where its server is, and the risk in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import RamalError, limit, read_form, require_permission
from ramal_whatsapp_web import demo
from ramal_whatsapp_web.drivers import DEFAULT, DRIVERS
from ramal_whatsapp_web.permissions import MANAGE
from ramal_whatsapp_web.schemas.sessions import NewNumberSchema
from ramal_whatsapp_web.services import sessions
from ramal_whatsapp_web.views.blueprint import Errors, pages, sentences


@pages.get("/new")
@require_permission(MANAGE)
def new_number() -> str:
    """The form; ``?driver=simulator`` offers the simulator, too, to who writes plugins."""
    return _form({"driver": request.args.get("driver", DEFAULT)}, {})


@pages.post("/new")
@require_permission(MANAGE)
@limit("20/minute")
def add_number() -> Response | tuple[str, int]:
    """Connect it; its page shows the QR code as soon as there is one."""
    try:
        given = read_form(NewNumberSchema, risk_accepted="risk_accepted" in request.form)
        values = {key: value for key, value in given.items() if value != ""}
        name, accepted = values.pop("name"), values.pop("risk_accepted")
        number = sessions.add_number(name, values, risk_accepted=accepted)
    except RamalError as error:
        return _form(request.form, sentences(error)), 422
    return redirect(url_for(".session_page", session_id=number.session.id), 303)


def _form(values: Mapping[str, Any], errors: Errors) -> str:
    # The simulator reaches no phone: nobody should choose it by mistake.
    offered = DRIVERS if demo.is_running() else {DEFAULT, str(values.get("driver"))}
    drivers = [(name, str(driver.title)) for name, driver in DRIVERS.items() if name in offered]
    return render_template("whatsapp_web/pages/new.html", values=values, errors=errors, drivers=drivers)
