"""Customers and deals as CSV or XLSX."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, Page, limit, page_of, require_permission
from ramal_crm.models import ExportRun
from ramal_crm.permissions import IMPORT
from ramal_crm.schemas.exports import (
    DEALS_EXAMPLE,
    EXAMPLE,
    CustomerExportSchema,
    DealExportSchema,
    ExportQuery,
    ExportSchema,
)
from ramal_crm.services.exports import making

api = ApiBlueprint("exports", __name__, plugin="crm", url_prefix="/exports", description="Lists as files")


@api.post("/customers")
@require_permission(IMPORT)
@limit("30/minute")
@api.arguments(CustomerExportSchema, example=EXAMPLE)
@api.response(202, ExportSchema)
def export_customers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Customers as a file that an import reads back: a short list at once, a long one in the background.

    Read the export until its state is `ready`. Files are kept for a day.
    """
    return _shown(making.begin_export("customers", values["format"], values["filters"]))


@api.post("/deals")
@require_permission(IMPORT)
@limit("30/minute")
@api.arguments(DealExportSchema, example=DEALS_EXAMPLE)
@api.response(202, ExportSchema)
def export_deals(values: Mapping[str, Any]) -> dict[str, Any]:
    """Deals as a file. Read the export until its state is `ready`."""
    return _shown(making.begin_export("deals", values["format"], values["filters"]))


@api.get("/")
@require_permission(IMPORT)
@api.arguments(ExportQuery, location="query")
@api.response(200, page_of(ExportSchema))
def list_exports(query: Mapping[str, Any]) -> Page:
    """Exports of the last day, newest first, by key."""
    page = making.list_exports(cursor=query.get("cursor"), page_size=query["page_size"])
    return Page([_shown(export) for export in page.items], page.next_cursor)


@api.get("/<uuid:export_id>")
@require_permission(IMPORT)
@api.response(200, ExportSchema)
def get_export(export_id: uuid.UUID) -> dict[str, Any]:
    """One export, with a fresh link once it is ready."""
    return _shown(making.get_export(export_id))


def _shown(export: ExportRun) -> dict[str, Any]:
    columns = {column.key: getattr(export, column.key) for column in ExportRun.__table__.columns}
    return {**columns, "url": making.export_url(export)}
