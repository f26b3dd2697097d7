"""JSON of contacts."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.http.pagination import PageArguments
from ramal.http.schema import Schema, Text, Timestamp

_PHONE = {"example": "11 98765-4321", "description": "With area code; without + it is a Brazilian one"}
_EMAIL = validate.And(validate.Length(max=254), validate.Regexp(r"^$|^[^@\s]+@[^@\s]+$"))


class ContactQuery(PageArguments):
    """Who is looked for."""

    q = Text(validate=validate.Length(max=200), metadata={"example": "maria"})


class NewContactSchema(Schema):
    """A person added by hand."""

    name = Text(required=True, validate=validate.Length(1, 200))
    phone = Text(allow_none=True, validate=validate.Length(max=40), metadata=_PHONE)
    email = Text(allow_none=True, validate=_EMAIL, metadata={"example": "maria@example.com"})


class ContactChangeSchema(Schema):
    """What changes; null removes."""

    name = Text(validate=validate.Length(1, 200))
    phone = Text(allow_none=True, validate=validate.Length(max=40), metadata=_PHONE)
    email = Text(allow_none=True, validate=_EMAIL, metadata={"example": "maria@example.com"})


class AliasSchema(Schema):
    """A name by which a channel knows a person."""

    kind = fields.String(required=True, metadata={"example": "phone"})
    value = fields.String(required=True, metadata={"example": "5511987654321"})


class PartySchema(Schema):
    """A person on one channel."""

    id = fields.UUID(required=True)
    channel_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    username = fields.String(required=True, allow_none=True)
    last_inbound_at = Timestamp(required=True, allow_none=True)
    aliases = fields.List(fields.Nested(AliasSchema), required=True)


class ContactSchema(Schema):
    """A contact; ``parties`` are the channels it is known on, filled in for one contact only."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Maria da Silva"})
    phone = fields.String(required=True, allow_none=True, metadata={"example": "+5511987654321"})
    email = fields.String(required=True, allow_none=True)
    avatar_url = fields.String(required=True, allow_none=True)
    name_is_manual = fields.Boolean(required=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)
    parties = fields.List(fields.Nested(PartySchema), required=True)


class SuggestedContact(Schema):
    """One of the two."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    avatar_url = fields.String(required=True, allow_none=True)


class MergeSuggestionSchema(Schema):
    """Two contacts that look like one person."""

    id = fields.UUID(required=True)
    reason = fields.String(required=True, metadata={"example": "shared_alias"})
    contacts = fields.List(fields.Nested(SuggestedContact), required=True)
    created_at = Timestamp(required=True)
