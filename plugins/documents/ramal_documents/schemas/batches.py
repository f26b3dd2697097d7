"""Batches of boletos."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp, tables
from ramal_documents.models.batches import ROW_STATES, STATES
from ramal_documents.schemas.fields import Money
from ramal_documents.services.batches.printing import KINDS

_COLUMNS = {"payer.name": "Nome", "payer.document": "CPF", "amount": "Valor", "due_date": "Vencimento"}


def _columns(**options: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=Text(validate=validate.Length(max=120)),
        metadata={"description": "Field → header of its column", "example": _COLUMNS},
        **options,
    )


def _way(choices: tuple[str, ...], description: str) -> fields.String:
    metadata = {"description": description, "example": choices[1]}
    return fields.String(load_default="", validate=validate.OneOf(choices), metadata=metadata)


class BatchLayoutSchema(Schema):
    """Which column holds what, and how amounts and days are written where that can be read in two ways."""

    columns = _columns(required=True)
    numbers = _way(tables.NUMBERS, "pt: 1.234,56; en: 1,234.56; empty: told by the column")
    dates = _way(tables.ORDERS, "dmy: day first; mdy: month first; empty: told by the column")


class BatchStartSchema(Schema):
    """What bad rows mean."""

    bad_rows = fields.String(
        load_default="stop",
        validate=validate.OneOf(("stop", "skip")),
        metadata={"description": "stop: nothing is issued while a row is bad; skip: the good ones are"},
    )
    again = fields.Boolean(
        load_default=False, metadata={"description": "Issue a file from which boletos were issued before"}
    )


class BatchSchema(Schema):
    """A batch: the file, how it is laid out, and how far it is."""

    id = fields.UUID()
    account_id = fields.UUID()
    filename = fields.String(metadata={"example": "mensalidades.xlsx"})
    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "checked"})
    error = fields.String(metadata={"description": "Why it stopped, or why the file can't be read"})
    headers = fields.List(fields.String())
    columns = _columns()
    numbers = fields.String()
    dates = fields.String()
    rows = fields.Integer(metadata={"example": 200})
    good = fields.Integer(metadata={"example": 197})
    bad = fields.Integer(metadata={"example": 3})
    issued = fields.Integer(metadata={"description": "Boletos so far"})
    failed = fields.Integer(metadata={"description": "Rows that were good and could not be issued"})
    total = Money(metadata={"description": "The good rows' amounts together"})
    sha256 = fields.String()
    created_at = Timestamp()
    started_at = Timestamp(allow_none=True)
    finished_at = Timestamp(allow_none=True)


class WholeBatchSchema(BatchSchema):
    """A batch by itself."""

    same_file_before = fields.UUID(
        allow_none=True, metadata={"description": "A batch of the very same file from which boletos were issued"}
    )


class BatchQuery(PageArguments):
    """A page of batches."""


class BatchRowQuery(PageArguments):
    """Which rows."""

    state = fields.String(validate=validate.OneOf(ROW_STATES))


class RowErrorSchema(Schema):
    """What is wrong with a row."""

    column = fields.String(metadata={"example": "CPF", "description": "The column's header; empty where it has none"})
    field = fields.String(metadata={"example": "payer.document"})
    rule = fields.String(metadata={"example": "check_digits"})
    sentence = fields.String(metadata={"example": "“529.982.247-26” is not a CPF: its check digits are wrong."})


class BatchRowSchema(Schema):
    """A row of the file and what became of it."""

    number = fields.Integer(metadata={"example": 2, "description": "As a spreadsheet counts: the headers are a row"})
    state = fields.String(validate=validate.OneOf(ROW_STATES), metadata={"example": "issued"})
    cells = fields.List(fields.String(), metadata={"example": ["Fulana de Tal", "529.982.247-25", "123,45"]})
    errors = fields.List(fields.Nested(RowErrorSchema))
    boleto_id = fields.UUID(attribute="charge_id", allow_none=True)


class PrintKindSchema(Schema):
    """Which file."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(KINDS),
        metadata={"example": "zip", "description": "zip: a PDF for each boleto; pdf: one file with a page each"},
    )


class PrintSchema(Schema):
    """A file with all boletos of a batch."""

    kind = fields.String(validate=validate.OneOf(KINDS), metadata={"example": "zip"})
    state = fields.String(metadata={"example": "ready", "description": "making, ready or failed"})
    error = fields.String(metadata={"description": "Why it failed"})
    printed = fields.Integer(metadata={"description": "Boletos that are in it so far"})
    outdated = fields.Boolean(metadata={"description": "A boleto came to another state since; ask for it again"})
    url = fields.String(allow_none=True, metadata={"description": "A signed link, good for an hour"})


class BatchResultsSchema(Schema):
    """What came of a batch."""

    issued = fields.Integer()
    bad = fields.Integer()
    failed = fields.Integer()
    prints = fields.List(fields.Nested(PrintSchema))
