"""Batches: uploaded, laid out, looked at, issued, followed by a progress bar, printed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response as Answer
from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, RamalError, require_permission
from ramal.api import gettext as _
from ramal_documents.models import Batch
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.services import accounts, charges
from ramal_documents.services.batches import files, printing, report, running
from ramal_documents.services.batches.fields import FIELDS
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages

#: What a multipart body has around its file, in bytes.
_WRAPPING = 64 * 1024
_BUSY = ("checking", "running")
_PAGE = 50


@pages.get("/batches")
@require_permission(VIEW)
def batches() -> str:
    """All of them, newest first, and the form that takes a new one in."""
    return _list({})


@pages.post("/batches")
@require_permission(ISSUE)
def upload_batch() -> Response | tuple[str, int]:
    """Take a table in; its columns are looked at next."""
    request.max_content_length = files.LARGEST + _WRAPPING
    file = request.files.get("file")
    account_id = request.form.get("account_id", type=uuid.UUID)
    try:
        if file is None or not file.filename:
            raise InvalidPayload(_("Choose a file."), {"file": [_("Choose a file.")]})
        if account_id is None:
            raise InvalidPayload(_("Choose the issuing account."), {"account_id": [_("Choose the issuing account.")]})
        batch = files.create_batch(account_id, file.stream, file.filename)
    except RamalError as error:
        return _list(forms.sentences(error)), 422
    return redirect(url_for(".batch", batch_id=batch.id), 303)


@pages.get("/batches/<uuid:batch_id>")
@require_permission(VIEW)
def batch(batch_id: uuid.UUID) -> str:
    """One, as its state asks for: its columns, its progress, its rows."""
    return _shown(files.get_batch(batch_id))


@pages.post("/batches/<uuid:batch_id>/columns")
@require_permission(ISSUE)
def lay_out_batch(batch_id: uuid.UUID) -> Response | tuple[str, int]:
    """Say which column holds what, and try the rows."""
    found = files.get_batch(batch_id)
    try:
        files.lay_out(batch_id, _given(), request.form.get("numbers", ""), request.form.get("dates", ""))
    except (InvalidPayload, Conflict) as error:
        return _columns(found, forms.sentences(error)), 422
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@pages.get("/batches/<uuid:batch_id>/progress")
@require_permission(VIEW)
def batch_progress(batch_id: uuid.UUID) -> Answer:
    """The bar, asked for every second; once nothing moves any more, the whole of what the page says.

    ``told`` is the part of the work, in percent, that was announced: each quarter is, and the end.
    """
    found = files.get_batch(batch_id)
    if found.state not in _BUSY:
        answer = make_response(_shown(found, report.news(found)))
        answer.headers.update({"HX-Retarget": "#batch", "HX-Reselect": "#batch", "HX-Reswap": "outerHTML"})
        return answer
    told = request.args.get("told", 0, type=int)
    return make_response(render_template("documents/pages/batch_progress.html", **_moving(found), told=told))


@pages.post("/batches/<uuid:batch_id>/start")
@require_permission(ISSUE)
def start_batch(batch_id: uuid.UUID) -> Response | tuple[str, int]:
    """Issue the good rows."""
    try:
        running.start(batch_id, skip_bad=request.form.get("bad_rows") == "skip", again=request.form.get("again") == "1")
    except Conflict as error:
        return _page(files.get_batch(batch_id), forms.sentences(error)), 422
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@pages.post("/batches/<uuid:batch_id>/delete")
@require_permission(ISSUE)
def delete_batch(batch_id: uuid.UUID) -> Response:
    """Throw it away."""
    try:
        files.delete_batch(batch_id)
    except Conflict as error:
        flash(error.message, "danger")
        return redirect(url_for(".batch", batch_id=batch_id), 303)
    flash(_("The batch was thrown away."), "success")
    return redirect(url_for(".batches"), 303)


@pages.post("/batches/<uuid:batch_id>/print")
@require_permission(VIEW)
def print_batch(batch_id: uuid.UUID) -> Response:
    """Begin to put all boletos into one file."""
    kind = "pdf" if request.form.get("kind") == "pdf" else "zip"
    try:
        printing.make_print(batch_id, kind)
    except Conflict as error:
        flash(error.message, "danger")
    return redirect(url_for(".batch", batch_id=batch_id), 303)


@pages.get("/batches/<uuid:batch_id>/prints")
@require_permission(VIEW)
def batch_prints(batch_id: uuid.UUID) -> str:
    """The files, asked for every second while one is being made, and announced once none is."""
    return render_template("documents/pages/batch_prints.html", **_printed(files.get_batch(batch_id)), asked=True)


@pages.get("/batches/<uuid:batch_id>/rows.csv")
@require_permission(VIEW)
def batch_csv(batch_id: uuid.UUID) -> Answer:
    """The rows as CSV: the bad ones to be mended, or all with what became of them."""
    state = request.args.get("state")
    name, text = report.csv_file(batch_id, state if state in ("bad", "failed", "issued") else None)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(text, mimetype="text/csv", headers=headers)


def _list(errors: Mapping[str, Any]) -> str:
    page = files.list_batches(cursor=request.args.get("cursor"))
    return render_template(
        "documents/pages/batches.html",
        page=page,
        errors=errors,
        values=request.form,
        accounts=accounts.list_accounts(active_only=True),
        names={account.id: account.name for account in accounts.list_accounts()},
        fields=FIELDS.values(),
        megabytes=files.LARGEST // 1024 // 1024,
    )


def _given() -> dict[str, int]:
    found = {name: request.form.get(name, type=int) for name in FIELDS}
    return {name: place for name, place in found.items() if place is not None}


def _columns(found: Batch, errors: Mapping[str, Any], news: str = "") -> str:
    given = request.form if request.method == "POST" else {name: str(place) for name, place in found.columns.items()}
    return render_template(
        "documents/pages/batch_columns.html",
        batch=found,
        account=files.account_of(found),
        fields=FIELDS.values(),
        given=given,
        numbers=request.form.get("numbers", found.numbers),
        dates=request.form.get("dates", found.dates),
        errors={name.removeprefix("columns."): said for name, said in errors.items()},
        news=news,
    )


def _shown(found: Batch, news: str = "") -> str:
    if found.state in ("uploaded", "unreadable") or (found.state == "checked" and request.args.get("columns")):
        return _columns(found, {}, news)
    return _page(found, {}, news)


def _page(found: Batch, errors: Mapping[str, Any], news: str = "") -> str:
    if found.state in _BUSY:
        return render_template("documents/pages/batch.html", **_moving(found), account=files.account_of(found))
    only = "bad" if found.state == "checked" else request.args.get("state", "")
    states = ("bad",) if found.state == "checked" else (only,) if only in ("issued", "bad", "failed") else ()
    rows = files.rows_of(found.id, states, cursor=request.args.get("cursor"), page_size=_PAGE)
    return render_template(
        "documents/pages/batch.html",
        **{**_moving(found), **_printed(found)},
        account=files.account_of(found),
        errors=errors,
        rows=rows,
        boletos=charges.charges_by_id([row.charge_id for row in rows.items if row.charge_id]),
        only=only,
        before=files.same_file_before(found),
        row_state=report.state_title,
        news=news,
    )


def _moving(found: Batch) -> dict[str, Any]:
    done = found.good + found.bad if found.state == "checking" else found.issued + found.failed
    whole = found.rows if found.state == "checking" else found.good
    return {
        "batch": found,
        "done": done,
        "whole": whole,
        "quarter": 100 * done // (whole or 1) // 25 * 25,
        "busy": found.state in _BUSY,
        "still": files.stands_still(found),
    }


def _printed(found: Batch) -> dict[str, Any]:
    prints = [
        (print_, printing.print_url(print_, absolute=False), printing.is_outdated(print_))
        for print_ in files.prints_of(found.id)
    ]
    own_sheet = files.account_of(found).template is not None
    return {"batch": found, "prints": prints, "kinds": printing.KINDS[:1] if own_sheet else printing.KINDS}
