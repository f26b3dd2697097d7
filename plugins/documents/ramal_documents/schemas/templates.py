"""Templates of contracts."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema, Text, Timestamp

STATES = ("active", "archived")
_SOURCE = 400_000


class TemplateFields(Schema):
    """What a template is called, and where it is kept."""

    name = Text(required=True, validate=validate.Length(1, 120), metadata={"example": "Recibo de sinal"})
    summary = Text(validate=validate.Length(max=300), metadata={"example": "Sinal de uma encomenda."})
    folder = Text(validate=validate.Length(max=80), metadata={"example": "Vendas"})
    tags = fields.List(
        Text(validate=validate.Length(1, 40)), validate=validate.Length(max=20), metadata={"example": ["vendas"]}
    )


class VersionFields(Schema):
    """The text of a template, and the variables that it declares."""

    source = fields.String(
        required=True,
        validate=validate.Length(1, _SOURCE),
        metadata={"description": "HTML with a small part of Jinja", "example": "<h1>Recibo</h1>"},
    )
    variables = fields.List(
        fields.Dict(),
        required=True,
        validate=validate.Length(max=200),
        metadata={"description": "name, type, label, required, default, sample, options, columns, min, max"},
    )
    note = Text(load_default="", validate=validate.Length(max=200), metadata={"description": "What changed"})


class NewTemplateSchema(TemplateFields, VersionFields):
    """A template with its first version."""


class TemplateChangeSchema(TemplateFields):
    """What of a template may change without another version."""

    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": "archived"})


class TemplateSchema(TemplateFields):
    """A template, as lists show it."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES))
    version = fields.Integer(metadata={"description": "The number of its latest version"})
    created_at = Timestamp()


class VersionSchema(Schema):
    """A version, as lists show it."""

    id = fields.UUID()
    number = fields.Integer()
    sha256 = fields.String(metadata={"description": "Of its text and variables together"})
    note = fields.String()
    author_name = fields.String()
    created_at = Timestamp()


class WholeVersionSchema(VersionSchema):
    """A version with what it says."""

    template_id = fields.UUID()
    source = fields.String()
    variables = fields.List(fields.Dict())
    form = fields.List(fields.Dict(), metadata={"description": "A field for each variable, to make a form of"})


class WholeTemplateSchema(TemplateSchema):
    """A template with its latest version."""

    latest = fields.Nested(WholeVersionSchema)


class TemplateListSchema(Schema):
    """By folder and name."""

    items = fields.List(fields.Nested(TemplateSchema))


class VersionListSchema(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(VersionSchema))


class TemplateQuery(Schema):
    """Which templates."""

    state = fields.String(validate=validate.OneOf(STATES))
    folder = Text(validate=validate.Length(max=80))


class ProblemSchema(Schema):
    """What is wrong in a template."""

    code = fields.String(metadata={"example": "undeclared"})
    line = fields.Integer(allow_none=True)
    sentence = fields.String()
    is_error = fields.Boolean(metadata={"description": "Whether the template can't be saved so"})


class CheckedSchema(Schema):
    """Errors first."""

    problems = fields.List(fields.Nested(ProblemSchema))
