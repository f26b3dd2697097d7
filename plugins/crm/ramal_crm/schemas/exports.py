"""Lists as files."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Timestamp
from ramal_crm.models.imports import EXPORT_ENTITIES, EXPORT_FORMATS, EXPORT_STATES
from ramal_crm.schemas.customers import CustomerQuery
from ramal_crm.schemas.deals import DealQuery

_PAGING = ("page", "page_size", "cursor")


def _format() -> fields.String:
    return fields.String(load_default="csv", validate=validate.OneOf(EXPORT_FORMATS), metadata={"example": "xlsx"})


class CustomerExportSchema(Schema):
    """Which customers, as what; the filters are the list's."""

    format = _format()
    filters = fields.Nested(CustomerQuery(exclude=_PAGING), load_default=dict, metadata={"example": {"tag": "vip"}})


class DealExportSchema(Schema):
    """Which deals, as what; the filters are the list's."""

    format = _format()
    filters = fields.Nested(DealQuery(exclude=_PAGING), load_default=dict, metadata={"example": {"state": "won"}})


class ExportSchema(Schema):
    """A list that was asked for as a file."""

    id = fields.UUID()
    entity = fields.String(validate=validate.OneOf(EXPORT_ENTITIES), metadata={"example": "customers"})
    format = fields.String(validate=validate.OneOf(EXPORT_FORMATS), metadata={"example": "xlsx"})
    filters = fields.Dict(metadata={"example": {"tag": "vip"}})
    state = fields.String(validate=validate.OneOf(EXPORT_STATES), metadata={"example": "ready"})
    rows = fields.Integer(metadata={"description": "How many are in it so far", "example": 230})
    url = fields.String(allow_none=True, metadata={"description": "A signed link, good for an hour; null until ready"})
    created_at = Timestamp()


class ExportQuery(PageArguments):
    """A page of exports."""


EXAMPLE: dict[str, Any] = {"format": "xlsx", "filters": {"tag": "vip"}}
DEALS_EXAMPLE: dict[str, Any] = {"format": "csv", "filters": {"state": "won"}}
