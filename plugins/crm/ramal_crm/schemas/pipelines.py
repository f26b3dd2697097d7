"""Pipelines, stages, products, reasons for losing."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_crm.schemas.money import Money

_DAYS = validate.Range(1, 365)


class StageFields(Schema):
    """What a stage is called, and how long a deal may stay in it."""

    name = Text(required=True, validate=validate.Length(1, 80), metadata={"example": "Proposta enviada"})
    stale_after = fields.Integer(
        allow_none=True,
        validate=_DAYS,
        metadata={"example": 7, "description": "Days after which a deal that stays is marked as stale; null: never"},
    )


class StageSchema(StageFields):
    """A column of the board."""

    id = fields.UUID()
    pipeline_id = fields.UUID()
    position = fields.Integer(metadata={"description": "From the left, from 0"})
    archived_at = Timestamp(allow_none=True)


class PipelineFields(Schema):
    """What a pipeline is called."""

    name = Text(required=True, validate=validate.Length(1, 80), metadata={"example": "Vendas"})


class NewPipelineSchema(PipelineFields):
    """A pipeline to make; without stages it gets the usual five."""

    stages = fields.List(fields.Nested(StageFields), validate=validate.Length(1, 20))


class PipelineChangeSchema(PipelineFields):
    """What of a pipeline may change."""

    is_default = fields.Boolean(validate=validate.Equal(True), metadata={"description": "New deals start here"})


class PipelineSchema(PipelineFields):
    """A pipeline, as lists show it."""

    id = fields.UUID()
    is_default = fields.Boolean()
    position = fields.Integer()
    archived_at = Timestamp(allow_none=True)


class WholePipelineSchema(PipelineSchema):
    """A pipeline with its stages from left to right."""

    stages = fields.List(fields.Nested(StageSchema))


class PipelineListSchema(Schema):
    """In order."""

    items = fields.List(fields.Nested(WholePipelineSchema))


class ArchivedQuery(Schema):
    """Whether to show what is used no longer."""

    archived = fields.Boolean(load_default=False)


class ShiftSchema(Schema):
    """Where a stage goes."""

    direction = fields.String(required=True, validate=validate.OneOf(("left", "right")), metadata={"example": "left"})


class ArchiveStageSchema(Schema):
    """Where the open deals of a stage go."""

    move_to = fields.UUID(load_default=None, allow_none=True, metadata={"description": "A stage of the same pipeline"})


class ProductFields(Schema):
    """What is sold, and for how much."""

    name = Text(required=True, validate=validate.Length(1, 120), metadata={"example": "Cesta de café da manhã"})
    code = Text(validate=validate.Length(max=40), metadata={"example": "CESTA-01"})
    price = Money(metadata={"description": "The usual price of one", "example": "149.90"})
    unit = Text(validate=validate.Length(max=20), metadata={"example": "un"})


class ProductChangeSchema(ProductFields):
    """What of a product may change."""

    archived = fields.Boolean(metadata={"description": "Offered no longer"})


class ProductSchema(ProductFields):
    """A product."""

    id = fields.UUID()
    archived_at = Timestamp(allow_none=True)
    created_at = Timestamp()


class ProductQuery(PageArguments):
    """Which products."""

    q = Text(
        load_default="", validate=validate.Length(max=120), metadata={"description": "Part of the name, or the code"}
    )
    archived = fields.Boolean(load_default=False)


class ReasonFields(Schema):
    """Why deals are lost."""

    name = Text(required=True, validate=validate.Length(1, 80), metadata={"example": "Preço"})


class ReasonChangeSchema(ReasonFields):
    """What of a reason may change."""

    archived = fields.Boolean(metadata={"description": "Offered no longer"})


class ReasonSchema(ReasonFields):
    """A reason."""

    id = fields.UUID()
    archived_at = Timestamp(allow_none=True)


class ReasonListSchema(Schema):
    """By name."""

    items = fields.List(fields.Nested(ReasonSchema))
