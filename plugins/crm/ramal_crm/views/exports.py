"""Exports: asked for with a list's filters, followed until the file is there."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from ramal.api import limit, require_permission
from ramal_crm.models.imports import EXPORT_ENTITIES, EXPORT_FORMATS
from ramal_crm.permissions import IMPORT
from ramal_crm.schemas.exports import CustomerExportSchema, DealExportSchema
from ramal_crm.services.exports import making
from ramal_crm.views.blueprint import pages

_SCHEMAS: dict[str, Any] = {"customers": CustomerExportSchema, "deals": DealExportSchema}
_OWN = ("entity", "format", "csrf_token", "cursor")


@pages.get("/exports")
@require_permission(IMPORT)
def exports() -> str:
    """The form, with the filters of the list that one comes from, and the files of the last day."""
    filters = {name: value for name, value in request.args.items() if name not in _OWN and value}
    return render_template(
        "crm/pages/exports.html",
        **_files(),
        entity=request.args.get("entity", "customers"),
        filters=filters,
        formats=EXPORT_FORMATS,
    )


@pages.post("/exports")
@require_permission(IMPORT)
@limit("30/minute")
def ask_for_export() -> Response:
    """Make the file. Filters that are none are left out."""
    entity, format_ = request.form.get("entity", ""), request.form.get("format", "")
    entity = entity if entity in EXPORT_ENTITIES else "customers"
    given = {name: value for name, value in request.form.items() if name not in _OWN and value}
    try:
        filters = _SCHEMAS[entity]().load({"filters": given})["filters"]
    except ValidationError:
        filters = {}
    making.begin_export(entity, format_ if format_ in EXPORT_FORMATS else "csv", filters)
    return redirect(url_for(".exports", entity=entity), 303)


@pages.get("/exports/files")
@require_permission(IMPORT)
def export_files() -> str:
    """The files, asked for every second while one is being made."""
    return render_template("crm/pages/export_files.html", **_files())


def _files() -> dict[str, Any]:
    found = making.list_exports().items
    return {
        "files": [(export, making.export_url(export, absolute=False), making.stands_still(export)) for export in found],
        "busy": any(export.state == "making" and not making.stands_still(export) for export in found),
    }
