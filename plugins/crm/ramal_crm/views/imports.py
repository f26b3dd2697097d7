"""Imports: uploaded, laid out, looked at, started, followed by a progress bar, undone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response as Answer
from flask import flash, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, RamalError, limit, require_permission
from ramal.api import gettext as _
from ramal_crm.models import ImportRun
from ramal_crm.models.imports import ROW_ACTIONS
from ramal_crm.permissions import IMPORT
from ramal_crm.services.imports import files, report, running, undoing
from ramal_crm.services.imports.fields import all_fields
from ramal_crm.services.imports.matching import KEYS
from ramal_crm.views import forms
from ramal_crm.views.blueprint import pages

#: What a multipart body has around its file, in bytes.
_WRAPPING = 64 * 1024
_PAGE = 50
_LOOKED_AT = ("uploaded", "unreadable")


@pages.get("/imports")
@require_permission(IMPORT)
def imports() -> str:
    """All of them, newest first, and the form that takes a new one in."""
    return _list({})


@pages.post("/imports")
@require_permission(IMPORT)
@limit("30/minute")
def upload_import() -> Response | tuple[str, int]:
    """Take a table in; its columns are looked at next."""
    request.max_content_length = files.LARGEST + _WRAPPING
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise InvalidPayload(_("Choose a file."), {"file": [_("Choose a file.")]})
        run = files.create_import(file.stream, file.filename)
    except RamalError as error:
        return _list(forms.sentences(error)), 422
    return redirect(url_for(".import_page", run_id=run.id), 303)


@pages.get("/imports/<uuid:run_id>")
@require_permission(IMPORT)
def import_page(run_id: uuid.UUID) -> str:
    """One, as its state asks for: its columns, its progress, its rows."""
    found = files.get_import(run_id)
    if found.headers and (found.state in _LOOKED_AT or (found.state == "checked" and request.args.get("columns"))):
        return _columns(found, {})
    return _page(found, {})


@pages.post("/imports/<uuid:run_id>/columns")
@require_permission(IMPORT)
def lay_out_import(run_id: uuid.UUID) -> Response | tuple[str, int]:
    """Say which column holds what, and try the rows."""
    found = files.get_import(run_id)
    try:
        files.lay_out(run_id, _given_columns(), _given_options())
    except (InvalidPayload, Conflict) as error:
        return _columns(found, forms.sentences(error)), 422
    return redirect(url_for(".import_page", run_id=run_id), 303)


@pages.get("/imports/<uuid:run_id>/progress")
@require_permission(IMPORT)
def import_progress(run_id: uuid.UUID) -> Answer:
    """The bar, asked for every second; once nothing moves any more the page is loaded anew."""
    found = files.get_import(run_id)
    answer = make_response(render_template("crm/pages/import_progress.html", **_moving(found)))
    # A reading that goes on into a dry run shows another bar, and no other page.
    if found.state not in files.BUSY:
        answer.headers["HX-Refresh"] = "true"
    return answer


@pages.post("/imports/<uuid:run_id>/start")
@require_permission(IMPORT)
def start_import(run_id: uuid.UUID) -> Response | tuple[str, int]:
    """Import the good rows."""
    given = request.form
    seen = given.get("check_number", type=int)
    try:
        running.start(run_id, skip_bad=given.get("bad_rows") == "skip", again=given.get("again") == "1", seen=seen)
    except Conflict as error:
        return _page(files.get_import(run_id), forms.sentences(error)), 422
    return redirect(url_for(".import_page", run_id=run_id), 303)


@pages.post("/imports/<uuid:run_id>/undo")
@require_permission(IMPORT)
def undo_import(run_id: uuid.UUID) -> Response:
    """Take it back."""
    try:
        undoing.undo(run_id)
    except Conflict as error:
        flash(error.message, "danger")
    return redirect(url_for(".import_page", run_id=run_id), 303)


@pages.post("/imports/<uuid:run_id>/delete")
@require_permission(IMPORT)
def delete_import(run_id: uuid.UUID) -> Response:
    """Throw it away."""
    try:
        files.delete_import(run_id)
    except Conflict as error:
        flash(error.message, "danger")
        return redirect(url_for(".import_page", run_id=run_id), 303)
    flash(_("The import was thrown away."), "success")
    return redirect(url_for(".imports"), 303)


@pages.get("/imports/<uuid:run_id>/rows.csv")
@require_permission(IMPORT)
def import_csv(run_id: uuid.UUID) -> Answer:
    """The rows as CSV: the bad ones to be mended, or all with what became of them."""
    action = request.args.get("action")
    name, file = report.csv_file(run_id, action if action in ROW_ACTIONS else None)
    return send_file(file, "text/csv", as_attachment=True, download_name=name)


def _list(errors: Mapping[str, Any]) -> str:
    return render_template(
        "crm/pages/imports.html",
        page=files.list_imports(cursor=request.args.get("cursor")),
        errors=errors,
        fields=all_fields().values(),
        megabytes=files.LARGEST // 1024 // 1024,
        rows=files.MOST_ROWS,
    )


def _given_columns() -> dict[str, int]:
    found = {name: request.form.get(f"columns.{name}", type=int) for name in all_fields()}
    return {name: place for name, place in found.items() if place is not None}


def _given_options() -> dict[str, Any]:
    chosen = {name: request.form.get(name, choices[0]) for name, choices in files.CHOICES.items()}
    return {
        **chosen,
        "area_code": request.form.get("area_code", "").strip(),
        "match": [key for key in KEYS if request.form.get(f"match.{key}")],
    }


def _columns(found: ImportRun, errors: Mapping[str, Any]) -> str:
    sent = request.method == "POST"
    return render_template(
        "crm/pages/import_columns.html",
        run=found,
        fields=all_fields().values(),
        columns=_given_columns() if sent else found.columns,
        options=_given_options() if sent else found.options,
        errors=errors,
    )


def _page(found: ImportRun, errors: Mapping[str, Any]) -> str:
    if found.state in files.BUSY or not found.headers:
        return render_template("crm/pages/import.html", **_moving(found), errors=errors)
    only = request.args.get("action", "")
    if only not in ROW_ACTIONS:
        only = next((each for each in ("bad", "duplicate") if found.state == "checked" and found.counts.get(each)), "")
    if request.args.get("action") == "all":
        only = ""
    rows = files.rows_of(found.id, [only] if only else [], cursor=request.args.get("cursor"), page_size=_PAGE)
    return render_template(
        "crm/pages/import.html",
        **_moving(found),
        errors=errors,
        rows=rows,
        only=only,
        actions=[(each, report.action_title(each)) for each in ROW_ACTIONS if found.counts.get(each)],
        titles={name: field.title for name, field in all_fields().items()},
        before=files.same_file_before(found),
        action_title=report.action_title,
    )


def _moving(found: ImportRun) -> dict[str, Any]:
    counts = found.counts
    to_do = counts.get("create", 0) + counts.get("update", 0)
    whole = found.rows if found.state == "checking" else to_do
    return {
        "run": found,
        "whole": max(whole, found.done),
        "to_do": to_do,
        "left_out": counts.get("bad", 0) + counts.get("duplicate", 0),
        "busy": found.state in files.BUSY,
        "still": files.stands_still(found),
    }
