"""PIX: the keys, the form of a code, a code with its picture."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, get_contact, read_form, require_permission
from ramal.api import gettext as _
from ramal_documents.permissions import ADMINISTER, ISSUE, VIEW
from ramal_documents.pix import parse, qr
from ramal_documents.schemas.pix import NewKeySchema, NewPixSchema
from ramal_documents.services import pix as services
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages

_OPTIONAL = ("url", "name", "city", "amount", "txid", "description", "contact_id", "key_id")


@pages.get("/pix")
@require_permission(VIEW)
def pix() -> str:
    """The form, the codes made so far, the keys."""
    given = {name: request.args.get(name, type=uuid.UUID) for name in ("contact_id", "conversation_id")}
    return _page({name: str(value) for name, value in given.items() if value}, {})


@pages.post("/pix")
@require_permission(ISSUE)
def make_pix() -> Response | tuple[str, int]:
    """Make a code."""
    try:
        made = services.generate(read_form(NewPixSchema, empty_as_none=_OPTIONAL))
    except (InvalidPayload, Conflict) as error:
        return _page(forms.given(), forms.sentences(error)), 422
    conversation_id = request.form.get("conversation_id", type=uuid.UUID)
    return redirect(url_for(".pix_code", pix_id=made.id, conversation_id=conversation_id), 303)


@pages.get("/pix/<uuid:pix_id>")
@require_permission(VIEW)
def pix_code(pix_id: uuid.UUID) -> str:
    """One code: picture, text, fields."""
    code = services.get_code(pix_id)
    contact = get_contact(code.contact_id) if code.contact_id else None
    return render_template(
        "documents/pages/pix_code.html",
        code=code,
        reading=parse(code.text),
        contact=contact,
        conversation_id=request.args.get("conversation_id", type=uuid.UUID),
    )


@pages.get("/pix/<uuid:pix_id>/qr.svg")
@require_permission(VIEW)
def pix_svg(pix_id: uuid.UUID) -> Answer:
    """The QR code as SVG."""
    return Answer(qr.svg(services.get_code(pix_id).text), mimetype="image/svg+xml")


@pages.get("/pix/<uuid:pix_id>/qr.png")
@require_permission(VIEW)
def pix_png(pix_id: uuid.UUID) -> Answer:
    """The QR code as PNG."""
    return Answer(qr.png(services.get_code(pix_id).text), mimetype="image/png")


@pages.post("/pix/keys")
@require_permission(ADMINISTER)
def make_key() -> Response | tuple[str, int]:
    """Add a key."""
    try:
        made = services.create_key(read_form(NewKeySchema, empty_as_none=("type",)))
    except (InvalidPayload, Conflict) as error:
        return _page({}, {}, forms.given(), forms.sentences(error)), 422
    flash(_("The key %(key)s was added.", key=made.key), "success")
    return redirect(url_for(".pix"), 303)


@pages.post("/pix/keys/<uuid:key_id>")
@require_permission(ADMINISTER)
def switch_key(key_id: uuid.UUID) -> Response:
    """Use a key, or no longer."""
    services.switch_key(key_id, active=request.form.get("active") == "1")
    return redirect(url_for(".pix"), 303)


def _page(
    values: Mapping[str, Any],
    errors: Mapping[str, Any],
    key_values: Mapping[str, Any] | None = None,
    key_errors: Mapping[str, Any] | None = None,
) -> str:
    chosen = values.get("contact_id") or ""
    return render_template(
        "documents/pages/pix.html",
        values=values,
        errors=errors,
        key_values=key_values or {},
        key_errors=key_errors or {},
        keys=services.list_keys(),
        page=services.list_codes(cursor=request.args.get("cursor")),
        contacts=[get_contact(uuid.UUID(chosen))] if chosen else [],
        chosen=chosen,
    )
