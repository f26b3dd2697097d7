"""Batches of boletos from a table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from ramal.api import ApiBlueprint, InvalidPayload, Page, page_of, require_permission
from ramal.api import gettext as _
from ramal_documents.models import Batch, BatchPrint
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.schemas import examples
from ramal_documents.schemas.batches import (
    BatchLayoutSchema,
    BatchQuery,
    BatchResultsSchema,
    BatchRowQuery,
    BatchRowSchema,
    BatchSchema,
    BatchStartSchema,
    PrintKindSchema,
    PrintSchema,
    WholeBatchSchema,
)
from ramal_documents.services.batches import files, printing, report, running
from ramal_documents.services.batches.fields import REQUIRED

api = ApiBlueprint("batches", __name__, plugin="documents", url_prefix="/batches", description="Batches of boletos")

#: What a multipart body has around its file, in bytes.
WRAPPING = 64 * 1024
_UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "account_id"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "CSV or XLSX, headers first"},
                    "account_id": {"type": "string", "format": "uuid"},
                    "check": {
                        "type": "boolean",
                        "default": True,
                        "description": "Begin the dry run at once, if all columns that are needed were recognized",
                    },
                },
            }
        }
    },
}
_CSV = {"content": {"text/csv": {"schema": {"type": "string"}, "example": "Nome;CPF;Row;State;Problems\r\n"}}}


@api.post("/")
@require_permission(ISSUE)
@api.doc(requestBody=_UPLOAD)
@api.response(201, WholeBatchSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def create_batch() -> dict[str, Any]:
    """Upload a table of boletos: at most 10,000 rows and 4 MB. Its columns are guessed, then its rows tried.

    Nothing is issued. Read the batch until its state is `checked`, look at its bad rows, and start it.
    """
    request.max_content_length = files.LARGEST + WRAPPING
    file = request.files.get("file")
    if file is None:
        raise InvalidPayload(_("No file was sent."), {"file": [_("No file was sent.")]})
    batch = files.create_batch(_account_id(), file.stream, file.filename)
    wants_check = request.form.get("check", "true").lower() not in ("false", "0", "no")
    if wants_check and all(name in batch.columns for name in REQUIRED):
        batch = files.lay_out(batch.id, batch.columns, batch.numbers, batch.dates)
    return _whole(batch)


@api.get("/")
@require_permission(VIEW)
@api.arguments(BatchQuery, location="query")
@api.response(200, page_of(BatchSchema))
def list_batches(query: Mapping[str, Any]) -> Page:
    """Batches, newest first, by key."""
    page = files.list_batches(cursor=query.get("cursor"), page_size=query["page_size"])
    return Page([_shown(batch) for batch in page.items], page.next_cursor)


@api.get("/<uuid:batch_id>")
@require_permission(VIEW)
@api.response(200, WholeBatchSchema)
def get_batch(batch_id: uuid.UUID) -> dict[str, Any]:
    """One batch: how far it is, and what it waits for."""
    return _whole(files.get_batch(batch_id))


@api.delete("/<uuid:batch_id>")
@require_permission(ISSUE)
@api.response(204)
def delete_batch(batch_id: uuid.UUID) -> None:
    """Throw a batch away. 409 once boletos came of it."""
    files.delete_batch(batch_id)


@api.put("/<uuid:batch_id>/columns")
@require_permission(ISSUE)
@api.arguments(BatchLayoutSchema, example=examples.BATCH_LAYOUT)
@api.response(202, WholeBatchSchema)
def lay_out_batch(values: Mapping[str, Any], batch_id: uuid.UUID) -> dict[str, Any]:
    """Say which column holds what, and try the rows again. The account's next file is laid out like it."""
    headers = files.get_batch(batch_id).headers
    places = {name: headers.index(header) if header in headers else -1 for name, header in values["columns"].items()}
    return _whole(files.lay_out(batch_id, places, values["numbers"], values["dates"]))


@api.get("/<uuid:batch_id>/rows")
@require_permission(VIEW)
@api.arguments(BatchRowQuery, location="query")
@api.response(200, page_of(BatchRowSchema))
def list_rows(query: Mapping[str, Any], batch_id: uuid.UUID) -> Page:
    """The rows in the order of the file, with what is wrong or the boleto that came of each."""
    states = [query["state"]] if query.get("state") else []
    return files.rows_of(batch_id, states, cursor=query.get("cursor"), page_size=query["page_size"])


@api.post("/<uuid:batch_id>/start")
@require_permission(ISSUE)
@api.arguments(BatchStartSchema)
@api.response(202, WholeBatchSchema)
def start_batch(values: Mapping[str, Any], batch_id: uuid.UUID) -> dict[str, Any]:
    """Issue the good rows in the background, or go on where it stopped. 409 while bad rows stop it."""
    skip_bad = values["bad_rows"] == "skip"
    return _whole(running.start(batch_id, skip_bad=skip_bad, again=values["again"]))


@api.get("/<uuid:batch_id>/results")
@require_permission(VIEW)
@api.response(200, BatchResultsSchema)
def get_results(batch_id: uuid.UUID) -> dict[str, Any]:
    """What came of it, with fresh links to the files that were asked for."""
    batch = files.get_batch(batch_id)
    prints = [_print(print_) for print_ in files.prints_of(batch_id)]
    return {"issued": batch.issued, "bad": batch.bad, "failed": batch.failed, "prints": prints}


@api.post("/<uuid:batch_id>/results")
@require_permission(VIEW)
@api.arguments(PrintKindSchema)
@api.response(202, PrintSchema)
def make_results(values: Mapping[str, Any], batch_id: uuid.UUID) -> dict[str, Any]:
    """Put all boletos into one file, in the background; read the results until it is ready."""
    return _print(printing.make_print(batch_id, values["kind"]))


@api.get("/<uuid:batch_id>/rows.csv")
@require_permission(VIEW)
@api.arguments(BatchRowQuery(only=("state",)), location="query")
@api.doc(responses={"200": {"description": "The rows with what became of each", **_CSV}})
def get_rows_csv(query: Mapping[str, Any], batch_id: uuid.UUID) -> Response:
    """The rows as CSV, in the file's own columns and ours; `state=bad` are those to be mended."""
    name, text = report.csv_file(batch_id, query.get("state"))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="text/csv", headers=headers)


def _account_id() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("account_id", ""))
    except ValueError:
        message = _("Choose the issuing account.")
        raise InvalidPayload(message, {"account_id": [message]}) from None


def _shown(batch: Batch) -> dict[str, Any]:
    columns = {column.key: getattr(batch, column.key) for column in Batch.__table__.columns}
    return {**columns, "columns": {name: batch.headers[place] for name, place in batch.columns.items()}}


def _whole(batch: Batch) -> dict[str, Any]:
    before = files.same_file_before(batch)
    return {**_shown(batch), "same_file_before": before.id if before else None}


def _print(print_: BatchPrint) -> dict[str, Any]:
    return {
        "kind": print_.kind,
        "state": print_.state,
        "error": print_.error,
        "printed": print_.printed,
        "outdated": printing.is_outdated(print_),
        "url": printing.print_url(print_),
    }
