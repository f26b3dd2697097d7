"""Customers from a table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response, request, send_file

from ramal.api import ApiBlueprint, InvalidPayload, Page, limit, page_of, require_permission
from ramal.api import gettext as _
from ramal_crm.models import ImportRun
from ramal_crm.permissions import IMPORT
from ramal_crm.schemas.imports import (
    LAYOUT_EXAMPLE,
    ImportLayoutSchema,
    ImportQuery,
    ImportRowQuery,
    ImportRowSchema,
    ImportSchema,
    ImportStartSchema,
    WholeImportSchema,
)
from ramal_crm.services.imports import files, report, running, undoing

api = ApiBlueprint("imports", __name__, plugin="crm", url_prefix="/imports", description="Imports of customers")

#: What a multipart body has around its file, in bytes.
WRAPPING = 64 * 1024
_UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "CSV or XLSX, headers first"},
                    "check": {
                        "type": "boolean",
                        "default": True,
                        "description": "Begin the dry run at once, if columns that will do were recognized",
                    },
                },
            }
        }
    },
}
_CSV = {"content": {"text/csv": {"schema": {"type": "string"}, "example": "Nome;CNPJ;Row;Result;Problems\r\n"}}}


@api.post("/")
@require_permission(IMPORT)
@limit("30/minute")
@api.doc(requestBody=_UPLOAD)
@api.response(201, WholeImportSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def create_import() -> dict[str, Any]:
    """Upload a table of customers: at most 50,000 rows and 20 MB. Its columns are guessed, then its rows tried.

    No customer is written. Read the import until its state is `checked` (or `uploaded`, when columns must be chosen
    first), look at its rows, and start it.
    """
    request.max_content_length = files.LARGEST + WRAPPING
    file = request.files.get("file")
    if file is None:
        raise InvalidPayload(_("No file was sent."), {"file": [_("No file was sent.")]})
    wants_check = request.form.get("check", "true").lower() not in ("false", "0", "no")
    return _whole(files.create_import(file.stream, file.filename, check=wants_check))


@api.get("/")
@require_permission(IMPORT)
@api.arguments(ImportQuery, location="query")
@api.response(200, page_of(ImportSchema))
def list_imports(query: Mapping[str, Any]) -> Page:
    """Imports, newest first, by key."""
    page = files.list_imports(cursor=query.get("cursor"), page_size=query["page_size"])
    return Page([_shown(run) for run in page.items], page.next_cursor)


@api.get("/<uuid:import_id>")
@require_permission(IMPORT)
@api.response(200, WholeImportSchema)
def get_import(import_id: uuid.UUID) -> dict[str, Any]:
    """One import: how far it is, and what it waits for."""
    return _whole(files.get_import(import_id))


@api.delete("/<uuid:import_id>")
@require_permission(IMPORT)
@api.response(204)
def delete_import(import_id: uuid.UUID) -> None:
    """Throw an import away. 409 once it was started."""
    files.delete_import(import_id)


@api.put("/<uuid:import_id>/columns")
@require_permission(IMPORT)
@api.arguments(ImportLayoutSchema, example=LAYOUT_EXAMPLE)
@api.response(202, WholeImportSchema)
def lay_out_import(values: Mapping[str, Any], import_id: uuid.UUID) -> dict[str, Any]:
    """Say which column holds what, and try the rows again. The next file with the same headers is laid out like it."""
    headers = files.get_import(import_id).headers
    places = {name: headers.index(header) if header in headers else -1 for name, header in values["columns"].items()}
    options = {name: value for name, value in values.items() if name != "columns"}
    return _whole(files.lay_out(import_id, places, options))


@api.get("/<uuid:import_id>/rows")
@require_permission(IMPORT)
@api.arguments(ImportRowQuery, location="query")
@api.response(200, page_of(ImportRowSchema))
def list_rows(query: Mapping[str, Any], import_id: uuid.UUID) -> Page:
    """The rows in the order of the file: what each makes or changes, or what is wrong with it."""
    actions = [query["action"]] if query.get("action") else []
    return files.rows_of(import_id, actions, cursor=query.get("cursor"), page_size=query["page_size"])


@api.get("/<uuid:import_id>/rows.csv")
@require_permission(IMPORT)
@api.arguments(ImportRowQuery(only=("action",)), location="query")
@api.doc(responses={"200": {"description": "The rows with what became of each", **_CSV}})
def get_rows_csv(query: Mapping[str, Any], import_id: uuid.UUID) -> Response:
    """The rows as CSV, in the file's own columns and ours; `action=bad` are those to be mended."""
    name, file = report.csv_file(import_id, query.get("action"))
    return send_file(file, "text/csv", as_attachment=True, download_name=name)


@api.post("/<uuid:import_id>/start")
@require_permission(IMPORT)
@api.arguments(ImportStartSchema)
@api.response(202, WholeImportSchema)
def start_import(values: Mapping[str, Any], import_id: uuid.UUID) -> dict[str, Any]:
    """Import in the background, or go on where it stopped. 409 while bad or duplicate rows stop it."""
    skip_bad = values["bad_rows"] == "skip"
    return _whole(running.start(import_id, skip_bad=skip_bad, again=values["again"], seen=values["check_number"]))


@api.post("/<uuid:import_id>/undo")
@require_permission(IMPORT)
@api.response(202, WholeImportSchema)
def undo_import(import_id: uuid.UUID) -> dict[str, Any]:
    """Take it back in the background: customers that it made go, those that it changed are as before.

    A customer that somebody changed since stays as it is; its row's action is then `kept`, and says so.
    """
    return _whole(undoing.undo(import_id))


def _shown(run: ImportRun) -> dict[str, Any]:
    columns = {column.key: getattr(run, column.key) for column in ImportRun.__table__.columns}
    return {**columns, "columns": {name: run.headers[place] for name, place in run.columns.items()}}


def _whole(run: ImportRun) -> dict[str, Any]:
    before = files.same_file_before(run)
    return {**_shown(run), "same_file_before": before.id if before else None}
