"""Notes and files on a customer's page."""

from __future__ import annotations

import uuid

from flask import flash, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from ramal.api import RamalError, require_permission
from ramal.api import gettext as _
from ramal_crm.api.records import sent_file
from ramal_crm.permissions import EDIT, VIEW
from ramal_crm.services import files, notes
from ramal_crm.views import forms
from ramal_crm.views.blueprint import pages
from ramal_crm.views.customers import show


@pages.post("/customers/<uuid:customer_id>/notes")
@require_permission(EDIT)
def add_note(customer_id: uuid.UUID) -> Response | tuple[str, int]:
    """Write a note down."""
    try:
        notes.add_note(request.form.get("body", ""), customer_id=customer_id)
    except RamalError as error:
        return show(customer_id, forms.sentences(error)), 422
    return redirect(url_for(".customer", customer_id=customer_id), 303)


@pages.post("/notes/<uuid:note_id>/delete")
@require_permission(EDIT)
def delete_note(note_id: uuid.UUID) -> Response:
    """Delete one."""
    note = notes.get_note(note_id)
    notes.delete_note(note_id)
    return _back(note.customer_id)


@pages.post("/customers/<uuid:customer_id>/files")
@require_permission(EDIT)
def add_file(customer_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep a file. The form comes by htmx, with its CSRF value in a header, so that nothing is read before this."""
    try:
        stream, filename = sent_file()
        files.add_file(customer_id, stream, filename)
    except RamalError as error:
        return show(customer_id, forms.sentences(error)), 422
    url = url_for(".customer", customer_id=customer_id)
    if request.headers.get("HX-Request") != "true":
        return redirect(url, 303)
    answer = make_response("")
    answer.headers["HX-Redirect"] = url
    return answer


@pages.get("/files/<uuid:file_id>")
@require_permission(VIEW)
def open_file(file_id: uuid.UUID) -> Response:
    """Lead to its bytes."""
    return redirect(files.link_of(file_id))


@pages.post("/files/<uuid:file_id>/delete")
@require_permission(EDIT)
def remove_file(file_id: uuid.UUID) -> Response:
    """Delete one."""
    kept = files.get_kept_file(file_id)
    files.remove_file(file_id)
    flash(_("The file was deleted."), "success")
    return _back(kept.customer_id)


def _back(customer_id: uuid.UUID | None) -> Response:
    return redirect(url_for(".customer", customer_id=customer_id) if customer_id else url_for(".customers"), 303)
