"""Imports of customers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_crm.models.imports import IMPORT_STATES, ROW_ACTIONS
from ramal_crm.services.imports.files import CHOICES
from ramal_crm.services.imports.matching import KEYS

_COLUMNS = {
    "name": "Nome",
    "document": "CPF/CNPJ",
    "phone": "Celular",
    "address.postal_code": "CEP",
    "tags": "Etiquetas",
}
LAYOUT_EXAMPLE: dict[str, Any] = {
    "columns": _COLUMNS,
    "match": ["document", "phone", "email"],
    "overwrite": "empty",
    "area_code": "11",
    "ninth_digit": "add",
    "two_phones": "first",
}


def _columns(**options: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=Text(validate=validate.Length(max=120)),
        metadata={"description": "Field → header of its column; own fields are custom.<key>", "example": _COLUMNS},
        **options,
    )


def _choice(name: str, description: str) -> fields.String:
    choices = CHOICES[name]
    metadata = {"description": description, "example": choices[1]}
    return fields.String(load_default=choices[0], validate=validate.OneOf(choices), metadata=metadata)


class ImportOptionsSchema(Schema):
    """Whom rows mean, what they may change, and how what can be read in two ways is written."""

    match = fields.List(
        fields.String(validate=validate.OneOf(KEYS)),
        load_default=lambda: list(KEYS),
        validate=validate.Length(min=1, max=len(KEYS)),
        metadata={"description": "What customers are recognized by, always in this order", "example": list(KEYS)},
    )
    overwrite = _choice("overwrite", "empty: only what is empty is filled; all: the file is right")
    numbers = _choice("numbers", "pt: 1.234,56; en: 1,234.56; empty: told by the column")
    dates = _choice("dates", "dmy: day first; mdy: month first; empty: told by the column")
    area_code = fields.String(
        load_default="",
        validate=validate.Length(max=2),
        metadata={"description": "DDD of phones that have none; empty: those rows are bad", "example": "11"},
    )
    ninth_digit = _choice("ninth_digit", "A mobile number without its ninth digit is refused, or gets it")
    two_phones = _choice("two_phones", "A cell with two phones is refused, or the first is taken")


class ImportLayoutSchema(ImportOptionsSchema):
    """Which column holds what, and the options. The next file with the same headers begins with it."""

    columns = _columns(required=True)


class ImportStartSchema(Schema):
    """What bad and duplicate rows mean."""

    bad_rows = fields.String(
        load_default="stop",
        validate=validate.OneOf(("stop", "skip")),
        metadata={"description": "stop: nothing is imported while a row is bad or duplicate; skip: they are left out"},
    )
    again = fields.Boolean(load_default=False, metadata={"description": "Import a file that was imported before"})
    check_number = fields.Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "The dry run you looked at: 409 if somebody changed the columns since", "example": 1},
    )


class ImportSchema(Schema):
    """An import: the file, how it is laid out, and how far it is."""

    id = fields.UUID()
    filename = fields.String(metadata={"example": "clientes.xlsx"})
    state = fields.String(validate=validate.OneOf(IMPORT_STATES), metadata={"example": "checked"})
    error = fields.String(metadata={"description": "Why it stopped, or why the file can't be read"})
    headers = fields.List(fields.String())
    columns = _columns()
    options = fields.Nested(ImportOptionsSchema)
    rows = fields.Integer(metadata={"example": 200})
    done = fields.Integer(metadata={"description": "Rows that the work which goes on, or went last, has done"})
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={
            "description": "Rows of each action: as the dry run expects, then as it was; after undoing also `undone` "
            "and `kept` (somebody changed the customer since)",
            "example": {"create": 180, "update": 12, "same": 5, "duplicate": 2, "bad": 1},
        },
    )
    check_number = fields.Integer(metadata={"description": "Counts the dry runs; send it back with the start"})
    sha256 = fields.String()
    created_at = Timestamp()
    started_at = Timestamp(allow_none=True)
    finished_at = Timestamp(allow_none=True)


class WholeImportSchema(ImportSchema):
    """An import by itself."""

    same_file_before = fields.UUID(
        allow_none=True, metadata={"description": "An import of the very same file that was carried out"}
    )


class ImportQuery(PageArguments):
    """A page of imports."""


class ImportRowQuery(PageArguments):
    """Which rows."""

    action = fields.String(validate=validate.OneOf(ROW_ACTIONS))


class ImportRowErrorSchema(Schema):
    """What is wrong with a row."""

    column = fields.String(metadata={"example": "CNPJ", "description": "The column's header; empty where it has none"})
    field = fields.String(metadata={"example": "document"})
    rule = fields.String(metadata={"example": "check_digits"})
    sentence = fields.String(metadata={"example": "“11222333000182” is not a CNPJ: its check digits are wrong."})


class ImportRowSchema(Schema):
    """A row of the file and what becomes or became of it."""

    number = fields.Integer(metadata={"example": 2, "description": "As a spreadsheet counts: the headers are a row"})
    action = fields.String(validate=validate.OneOf(ROW_ACTIONS), metadata={"example": "update"})
    cells = fields.List(fields.String(), metadata={"example": ["Padaria Modelo", "11.222.333/0001-81"]})
    values = fields.Dict(metadata={"description": "What was understood", "example": {"name": "Padaria Modelo"}})
    before = fields.Dict(metadata={"description": "What stands, or stood, where it goes", "example": {"phone": None}})
    errors = fields.List(fields.Nested(ImportRowErrorSchema))
    customer_id = fields.UUID(allow_none=True)
    done_at = Timestamp(allow_none=True)
