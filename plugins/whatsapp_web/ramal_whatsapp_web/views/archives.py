"""Taking a session along, and bringing one."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import RamalError, limit, require_permission
from ramal.api import gettext as _
from ramal_whatsapp_web import archive
from ramal_whatsapp_web.api.sessions import archive_file, read_archive
from ramal_whatsapp_web.permissions import MANAGE
from ramal_whatsapp_web.services import archives
from ramal_whatsapp_web.views.blueprint import Errors, pages, sentences


@pages.post("/sessions/<uuid:session_id>/export")
@require_permission(MANAGE)
@limit("5/minute")
def export_session(session_id: uuid.UUID) -> Response:
    """The archive as a download; or the page, saying why not."""
    try:
        if request.form.get("password", "") != request.form.get("again", ""):
            raise _Different(_("The two passwords differ."))
        return archive_file(archives.export(session_id, request.form.get("password", "")), session_id)
    except RamalError as error:
        flash(" ".join(text for found in sentences(error).values() for text in found), "danger")
        return redirect(url_for(".session_page", session_id=session_id), 303)


@pages.get("/import")
@require_permission(MANAGE)
def import_form() -> str:
    """The form."""
    return _form({})


@pages.post("/import")
@require_permission(MANAGE)
@limit("5/minute")
def import_session() -> Response | tuple[str, int]:
    """Connect the archive's number here."""
    try:
        number = read_archive()
    except RamalError as error:
        return _form(sentences(error)), 422
    flash(_("%(name)s was imported and is connecting.", name=number.channel.name), "success")
    return redirect(url_for(".session_page", session_id=number.session.id), 303)


class _Different(RamalError):
    """The password was typed in two ways."""


def _form(errors: Errors) -> str:
    largest = archive.LARGEST // (1024 * 1024)
    return render_template("whatsapp_web/pages/import.html", errors=errors, values=request.form, largest=largest)
