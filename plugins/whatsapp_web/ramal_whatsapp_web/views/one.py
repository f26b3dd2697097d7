"""One number: its state as it changes, its QR code, and what can be done with it."""

from __future__ import annotations

import base64
import uuid

from flask import Response as Answer
from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import RamalError, limit, list_notices, read_form, require_permission
from ramal.api import gettext as _
from ramal_whatsapp_web import archive
from ramal_whatsapp_web.drivers.base import DriverCapability
from ramal_whatsapp_web.drivers.base import SessionState as State
from ramal_whatsapp_web.pacing import PacingSettings
from ramal_whatsapp_web.permissions import MANAGE, VIEW
from ramal_whatsapp_web.schemas.sessions import PaceSchema, PhoneSchema, ProxySchema, ServerSchema
from ramal_whatsapp_web.services import commands, sessions, states
from ramal_whatsapp_web.services.sessions import Number
from ramal_whatsapp_web.views.blueprint import pages, sentences, told
from ramal_whatsapp_web.views.numbers import pace_of

#: Pairing, step by step.
STEPS = (State.CONNECTING, State.QRCODE, State.AUTHENTICATED, State.READY)


@pages.get("/sessions/<uuid:session_id>")
@require_permission(VIEW)
def session_page(session_id: uuid.UUID) -> str:
    """The page."""
    number = sessions.get_number(session_id)
    settings = {**PacingSettings().load({}), **number.channel.settings}
    return _shown("session", number, settings=settings, shortest=archive.SHORTEST)


@pages.get("/sessions/<uuid:session_id>/panel")
@require_permission(VIEW)
def session_panel(session_id: uuid.UUID) -> str:
    """Where it stands, asked for when something happened."""
    return _shown("session_panel", sessions.get_number(session_id))


@pages.get("/sessions/<uuid:session_id>/log")
@require_permission(VIEW)
def session_log(session_id: uuid.UUID) -> str:
    """What happened so far."""
    return _shown("session_log", sessions.get_number(session_id))


@pages.get("/sessions/<uuid:session_id>/qr")
@require_permission(MANAGE)
@limit("60/minute")
def session_qr(session_id: uuid.UUID) -> Answer:
    """The code to read now; or why there is none."""
    number = sessions.get_number(session_id)
    try:
        qr = commands.current_qr(session_id)
    except RamalError as error:
        html = render_template("whatsapp_web/pages/qr.html", number=number, qr=None, problem=error.message)
    else:
        picture = base64.b64encode(qr.png).decode()
        html = render_template("whatsapp_web/pages/qr.html", number=number, qr=qr, picture=picture)
    answer = make_response(html)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post("/sessions/<uuid:session_id>/pairing-code")
@require_permission(MANAGE)
@limit("5/minute")
def pairing_code(session_id: uuid.UUID) -> str:
    """The code to type into the phone, or what is wrong with the number."""
    number, code, errors = sessions.get_number(session_id), "", {}
    try:
        code = commands.pairing_code(session_id, read_form(PhoneSchema)["phone"])
    except RamalError as error:
        errors = sentences(error)
    return render_template(
        "whatsapp_web/pages/pairing.html", number=number, code=code, errors=errors, phone=request.form.get("phone", "")
    )


@pages.post("/sessions/<uuid:session_id>/start")
@require_permission(MANAGE)
@limit("20/minute")
def start(session_id: uuid.UUID) -> Response:
    """Start it."""
    ended = "ended_elsewhere" in request.form
    return _acted(session_id, lambda: commands.start(session_id, ended_elsewhere=ended), _("The session is starting."))


@pages.post("/sessions/<uuid:session_id>/restart")
@require_permission(MANAGE)
@limit("20/minute")
def restart(session_id: uuid.UUID) -> Response:
    """Restart it."""
    return _acted(session_id, lambda: commands.restart(session_id), _("The session is being restarted."))


@pages.post("/sessions/<uuid:session_id>/stop")
@require_permission(MANAGE)
@limit("20/minute")
def stop(session_id: uuid.UUID) -> Response:
    """Stop it."""
    return _acted(session_id, lambda: commands.stop(session_id), _("The session is being stopped."))


@pages.post("/sessions/<uuid:session_id>/logout")
@require_permission(MANAGE)
@limit("20/minute")
def logout(session_id: uuid.UUID) -> Response:
    """Unpair the phone."""
    return _acted(session_id, lambda: commands.logout(session_id), _("The phone is being unpaired."))


@pages.post("/sessions/<uuid:session_id>/proxy")
@require_permission(MANAGE)
def proxy(session_id: uuid.UUID) -> Response:
    """Set it, or go without."""
    action = "whatsapp_web.session.proxy_changed"

    def change() -> None:
        if "remove" in request.form:
            sessions.change_settings(session_id, {}, action, forget=("proxy",))
        else:
            sessions.change_settings(session_id, read_form(ProxySchema), action)

    return _acted(session_id, change, _("Saved."))


@pages.post("/sessions/<uuid:session_id>/server")
@require_permission(MANAGE)
def server(session_id: uuid.UUID) -> Response:
    """Another address, or another key."""

    def change() -> None:
        given = {key: value for key, value in read_form(ServerSchema).items() if value != ""}
        sessions.change_settings(session_id, given, "whatsapp_web.session.server_changed")

    return _acted(session_id, change, _("Saved."))


@pages.post("/sessions/<uuid:session_id>/pace")
@require_permission(MANAGE)
def pace(session_id: uuid.UUID) -> Response:
    """How fast it writes."""
    action = "whatsapp_web.session.pacing_changed"
    return _acted(session_id, lambda: sessions.change_settings(session_id, read_form(PaceSchema), action), _("Saved."))


def _acted(session_id: uuid.UUID, act: object, done: str) -> Response:
    return told(act, done, url_for(".session_page", session_id=session_id))


def _shown(name: str, number: Number, **more: object) -> str:
    row = number.session
    changes = sessions.history_of(row.id, page_size=12).items
    return render_template(
        f"whatsapp_web/pages/{name}.html",
        number=number,
        row=row,
        channel=number.channel,
        can=number.capabilities,
        Can=DriverCapability,
        pace=pace_of(number),
        steps=STEPS,
        alive=row.state in states.ALIVE,
        changes=changes,
        notices=list_notices(number.channel.id, 12),
        **more,
    )
