"""The repository of documents kept for contacts."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp

_TAGS = {"example": ["contrato", "assinado"]}


class KeptDocumentFields(Schema):
    """What may be changed."""

    title = Text(validate=validate.Length(1, 150), metadata={"example": "Contrato de locação"})
    tags = fields.List(Text(validate=validate.Length(max=60)), validate=validate.Length(max=50), metadata=_TAGS)


class NewKeptDocumentSchema(KeptDocumentFields):
    """What comes with the first file."""

    contact_id = fields.UUID(required=True)
    note = Text(load_default="", validate=validate.Length(max=300))


class KeptVersionSchema(Schema):
    """A file as it was uploaded."""

    number = fields.Integer(metadata={"example": 2})
    filename = fields.String(metadata={"example": "contrato.pdf"})
    mime_type = fields.String(metadata={"example": "application/pdf"})
    size = fields.Integer(metadata={"description": "Bytes"})
    sha256 = fields.String(metadata={"description": "Of the bytes; another file with the same one is the same file"})
    note = fields.String()
    actor_name = fields.String()
    created_at = Timestamp()


class KeptDocumentSchema(KeptDocumentFields):
    """A document, as lists show it."""

    id = fields.UUID()
    contact_id = fields.UUID(allow_none=True)
    versions = fields.Integer(metadata={"description": "How many there are"})
    last = fields.Nested(KeptVersionSchema, metadata={"description": "The last version"})
    created_at = Timestamp()


class WholeKeptDocumentSchema(KeptDocumentSchema):
    """A document with all its versions, the last one first."""

    history = fields.List(fields.Nested(KeptVersionSchema))


class RepositoryQuery(PageArguments):
    """Which documents."""

    contact_id = fields.UUID()
    tag = Text(load_default="", validate=validate.Length(max=60), metadata={"example": "contrato"})
    q = Text(
        load_default="", validate=validate.Length(max=200), metadata={"description": "Title, tag, file name or SHA-256"}
    )


class AccessSchema(Schema):
    """Who did what with a document."""

    action = fields.String(metadata={"example": "opened", "description": "added, version_added, changed, opened"})
    number = fields.Integer(allow_none=True, metadata={"description": "The version"})
    actor_name = fields.String()
    created_at = Timestamp()


class AccessQuery(PageArguments):
    """A page of the log."""


class OpenedSchema(Schema):
    """A link to a version."""

    url = fields.String(metadata={"description": "Signed, good for an hour"})


class OpenQuery(Schema):
    """Which version."""

    number = fields.Integer(load_default=None, allow_none=True, metadata={"description": "The last one, if left out"})
