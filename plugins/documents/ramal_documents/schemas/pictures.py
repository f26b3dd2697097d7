"""Pictures of contracts, and the letterhead."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema, Text, Timestamp


class PictureSchema(Schema):
    """A picture, as lists show it."""

    id = fields.UUID()
    name = fields.String(metadata={"example": "logo", "description": "Templates write `asset:` and this"})
    mime_type = fields.String(metadata={"example": "image/png"})
    size = fields.Integer(metadata={"description": "Bytes"})
    sha256 = fields.String()
    width = fields.Integer(metadata={"description": "Pixels"})
    height = fields.Integer(metadata={"description": "Pixels"})
    url = fields.String(metadata={"description": "A signed link to its bytes, good for an hour"})
    created_at = Timestamp()


class PictureListSchema(Schema):
    """By name."""

    items = fields.List(fields.Nested(PictureSchema))


class LetterheadSchema(Schema):
    """What stands above every page; all empty for nothing."""

    name = Text(load_default="", validate=validate.Length(max=120), metadata={"example": "Padaria Modelo Ltda."})
    lines = fields.List(
        Text(validate=validate.Length(max=120)),
        load_default=list,
        validate=validate.Length(max=4),
        metadata={"example": ["Rua das Amostras, 100 – São Paulo/SP", "CNPJ 11.222.333/0001-81"]},
    )
    picture_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "The logo, if any"})
