"""Groups, the organization's own fields, places of a CEP."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_crm.services.custom_fields import ENTITIES, TYPES


class GroupFields(Schema):
    """What may be said of a group."""

    name = Text(validate=validate.Length(1, 120), metadata={"example": "Grupo Modelo"})
    note = Text(validate=validate.Length(max=500))


class NewGroupSchema(GroupFields):
    """A new group."""

    name = Text(required=True, validate=validate.Length(1, 120), metadata={"example": "Grupo Modelo"})


class GroupSchema(GroupFields):
    """A company group."""

    id = fields.UUID()
    customers = fields.Integer(metadata={"description": "How many are in it"})
    created_at = Timestamp()


class GroupQuery(PageArguments):
    """Which groups."""

    q = Text(load_default="", validate=validate.Length(max=120))


class FieldChangesSchema(Schema):
    """What may change of a field; key, entity and type never do."""

    label = Text(validate=validate.Length(1, 80), metadata={"example": "Segmento"})
    options = fields.List(Text(validate=validate.Length(max=80)), validate=validate.Length(max=100))
    required = fields.Boolean()
    position = fields.Integer(validate=validate.Range(0, 1000))
    archived = fields.Boolean()


class NewFieldSchema(Schema):
    """A new field."""

    entity = fields.String(required=True, validate=validate.OneOf(ENTITIES), metadata={"example": "customer"})
    label = Text(required=True, validate=validate.Length(1, 80), metadata={"example": "Segmento"})
    key = Text(validate=validate.Length(max=40), metadata={"description": "Made from the label, if left out"})
    type = fields.String(required=True, validate=validate.OneOf(TYPES), metadata={"example": "choice"})
    options = fields.List(
        Text(validate=validate.Length(max=80)),
        validate=validate.Length(max=100),
        metadata={"example": ["Varejo", "Atacado"], "description": "Of a choice"},
    )
    required = fields.Boolean(load_default=False)


class FieldSchema(NewFieldSchema):
    """A field of the organization's own."""

    id = fields.UUID()
    position = fields.Integer()
    archived_at = Timestamp(allow_none=True)


class FieldListSchema(Schema):
    """All of them, in their order."""

    items = fields.List(fields.Nested(FieldSchema))


class FieldQuery(Schema):
    """Which fields."""

    entity = fields.String(validate=validate.OneOf(ENTITIES))
    archived = fields.Boolean(load_default=False, metadata={"description": "With the archived ones"})


class PlaceSchema(Schema):
    """What a CEP stands for. A CEP of a whole town has no street."""

    postal_code = fields.String(metadata={"example": "01310100"})
    street = fields.String(metadata={"example": "Avenida Paulista"})
    district = fields.String(metadata={"example": "Bela Vista"})
    city = fields.String(metadata={"example": "São Paulo"})
    state = fields.String(metadata={"example": "SP"})
    source = fields.String(metadata={"example": "viacep.com.br"})


class TagsSchema(Schema):
    """Tags in use."""

    items = fields.List(fields.String())
