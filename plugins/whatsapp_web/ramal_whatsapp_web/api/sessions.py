"""Numbers connected by QR code: connect, pair, restart, move."""

from __future__ import annotations

import base64
import io
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, request, send_file

from ramal.api import ApiBlueprint, InvalidPayload, Page, PageArguments, limit, page_of, require_permission
from ramal.api import gettext as _
from ramal_whatsapp_web import archive
from ramal_whatsapp_web.permissions import MANAGE, VIEW
from ramal_whatsapp_web.schemas.sessions import (
    ChangeQuery,
    ChangeSchema,
    CodeSchema,
    NewNumberSchema,
    PaceSchema,
    PasswordSchema,
    PhoneSchema,
    ProxySchema,
    QrSchema,
    ServerSchema,
    SessionSchema,
    StartSchema,
    session_item,
)
from ramal_whatsapp_web.services import archives, commands, sessions

api = ApiBlueprint("sessions", __name__, plugin="whatsapp_web", url_prefix="/sessions", description="Sessions")

#: What a multipart body has around its file, in bytes.
_WRAPPING = 64 * 1024
_ARCHIVE = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "password"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "The archive"},
                    "password": {"type": "string", "description": "What it was encrypted with"},
                    "name": {"type": "string", "description": "Its name here; as it was, if empty"},
                    "server_url": {"type": "string", "description": "Another server than it was on"},
                    "api_key": {"type": "string", "description": "That server's key"},
                },
            }
        }
    },
}
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@api.get("/")
@require_permission(VIEW)
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(SessionSchema))
def list_sessions(query: Mapping[str, Any]) -> Page:
    """List the numbers connected by QR code, by name."""
    found = sessions.list_numbers()
    start = (query["page"] - 1) * query["page_size"]
    return Page([session_item(one) for one in found[start : start + query["page_size"]]], total=len(found))


@api.post("/")
@require_permission(MANAGE)
@limit("20/minute")
@api.arguments(NewNumberSchema)
@api.response(201, SessionSchema)
@api.alt_response(409, "CONFLICT")
def add_session(body: dict[str, Any]) -> dict[str, Any]:
    """Connect a number: its session starts, and has a QR code soon.

    WhatsApp's terms forbid programs of this kind, and it may ban the number: `risk_accepted` says that this is known.
    """
    name, accepted = body.pop("name"), body.pop("risk_accepted")
    return session_item(sessions.add_number(name, body, risk_accepted=accepted))


@api.get("/<uuid:session_id>")
@require_permission(VIEW)
@api.response(200, SessionSchema)
def get_session(session_id: uuid.UUID) -> dict[str, Any]:
    """Read one number: its state, and what to do where something is wrong."""
    return session_item(sessions.get_number(session_id))


@api.get("/<uuid:session_id>/history")
@require_permission(VIEW)
@api.arguments(ChangeQuery, location="query")
@api.response(200, page_of(ChangeSchema))
def get_history(query: Mapping[str, Any], session_id: uuid.UUID) -> Page:
    """List the states it was in, newest first."""
    return sessions.history_of(session_id, cursor=query.get("cursor"), page_size=query["page_size"])


@api.post("/<uuid:session_id>/start")
@require_permission(MANAGE)
@limit("20/minute")
@api.arguments(StartSchema)
@api.response(202, SessionSchema)
@api.alt_response(409, "CONFLICT")
def start(body: Mapping[str, Any], session_id: uuid.UUID) -> dict[str, Any]:
    """Start the session and keep it running.

    409 while a copy of it is live in this installation, whatever is said; and for one that was exported, until
    `ended_elsewhere` says that it ended on the other installation.
    """
    return session_item(commands.start(session_id, ended_elsewhere=body["ended_elsewhere"]))


@api.post("/<uuid:session_id>/restart")
@require_permission(MANAGE)
@limit("20/minute")
@api.response(202, SessionSchema)
@api.alt_response(409, "CONFLICT")
def restart(session_id: uuid.UUID) -> dict[str, Any]:
    """Restart the session; the phone stays paired."""
    return session_item(commands.restart(session_id))


@api.post("/<uuid:session_id>/stop")
@require_permission(MANAGE)
@limit("20/minute")
@api.response(202, SessionSchema)
def stop(session_id: uuid.UUID) -> dict[str, Any]:
    """Stop the session; the phone stays paired, messages wait."""
    return session_item(commands.stop(session_id))


@api.post("/<uuid:session_id>/logout")
@require_permission(MANAGE)
@limit("20/minute")
@api.response(202, SessionSchema)
def logout(session_id: uuid.UUID) -> dict[str, Any]:
    """Unpair the phone."""
    return session_item(commands.logout(session_id))


@api.get("/<uuid:session_id>/qr")
@require_permission(MANAGE)
@limit("60/minute")
@api.response(200, QrSchema)
@api.alt_response(409, "CONFLICT")
def get_qr(session_id: uuid.UUID) -> dict[str, Any]:
    """Read the QR code to show now. 404 while there is none.

    Whoever reads it pairs their phone: show it to nobody else.
    """
    qr = commands.current_qr(session_id)
    png = base64.b64encode(qr.png).decode()
    return {"value": qr.value, "png": png, "expires_at": qr.expires_at, "left": qr.left}


@api.post("/<uuid:session_id>/pairing-code")
@require_permission(MANAGE)
@limit("5/minute")
@api.arguments(PhoneSchema)
@api.response(200, CodeSchema)
@api.alt_response(409, "CONFLICT")
def request_pairing_code(body: Mapping[str, Any], session_id: uuid.UUID) -> dict[str, str]:
    """Ask for a code to type into the phone, instead of reading the QR code."""
    return {"code": commands.pairing_code(session_id, body["phone"])}


@api.put("/<uuid:session_id>/proxy")
@require_permission(MANAGE)
@api.arguments(ProxySchema)
@api.response(200, SessionSchema)
def set_proxy(body: Mapping[str, Any], session_id: uuid.UUID) -> dict[str, Any]:
    """Set the proxy; a running session is started anew."""
    return session_item(sessions.change_settings(session_id, body, "whatsapp_web.session.proxy_changed"))


@api.delete("/<uuid:session_id>/proxy")
@require_permission(MANAGE)
@api.response(204)
def remove_proxy(session_id: uuid.UUID) -> None:
    """Go without a proxy; a running session is started anew."""
    sessions.change_settings(session_id, {}, "whatsapp_web.session.proxy_changed", forget=("proxy",))


@api.put("/<uuid:session_id>/server")
@require_permission(MANAGE)
@api.arguments(ServerSchema)
@api.response(200, SessionSchema)
def set_server(body: Mapping[str, Any], session_id: uuid.UUID) -> dict[str, Any]:
    """Change the server's address or key. Another address needs the key again."""
    return session_item(sessions.change_settings(session_id, body, "whatsapp_web.session.server_changed"))


@api.put("/<uuid:session_id>/pace")
@require_permission(MANAGE)
@api.arguments(PaceSchema)
@api.response(200, SessionSchema)
def set_pace(body: Mapping[str, Any], session_id: uuid.UUID) -> dict[str, Any]:
    """Say how fast the number writes, on its first day and at full pace, and when missing ticks are an alarm."""
    return session_item(sessions.change_settings(session_id, body, "whatsapp_web.session.pacing_changed"))


@api.post("/<uuid:session_id>/export")
@require_permission(MANAGE)
@limit("5/minute")
@api.arguments(PasswordSchema)
@api.doc(responses={"200": {"description": "The encrypted archive", **_BINARY}})
@api.alt_response(409, "CONFLICT")
def export_session(body: Mapping[str, Any], session_id: uuid.UUID) -> Response:
    """Take the session to another installation as an encrypted archive. 409 while it is live here: stop it first.

    It does not start here by itself any more.
    """
    return archive_file(archives.export(session_id, body["password"]), session_id)


@api.post("/import")
@require_permission(MANAGE)
@limit("5/minute")
@api.doc(requestBody=_ARCHIVE)
@api.response(201, SessionSchema)
@api.alt_response(409, "CONFLICT")
@api.alt_response(413, "DEFAULT_ERROR")
def import_session() -> dict[str, Any]:
    """Connect the number of an archive; it must not be running elsewhere."""
    return session_item(read_archive())


def read_archive() -> Any:
    """The number that the request's form brings. InvalidPayload without a file."""
    request.max_content_length = archive.LARGEST + _WRAPPING
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidPayload(_("No file was sent."), {"file": [_("No file was sent.")]})
    form = request.form
    settings = {key: form[key].strip() for key in ("server_url", "api_key") if form.get(key, "").strip()}
    name = form.get("name", "").strip()
    data = file.stream.read(archive.LARGEST)
    return archives.import_session(data, form.get("password", ""), name=name, settings=settings)


def archive_file(data: bytes, session_id: uuid.UUID) -> Response:
    """The archive as a download."""
    answer = send_file(
        io.BytesIO(data),
        "application/octet-stream",
        as_attachment=True,
        download_name=f"whatsapp-{session_id.hex[:8]}.ramal",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
