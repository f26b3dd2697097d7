"""Shapes of the widget's requests and answers."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate

from ramal.api import Schema


def _no_outer_blanks(value: str) -> None:
    """People are told apart without them: " 7" would be let in as 7, whom the site did not vouch for."""
    if value != value.strip():
        raise ValidationError("Not a valid string.")


class IdentitySchema(Schema):
    """The site's word for a logged-in visitor."""

    id = fields.String(required=True, validate=[validate.Length(1, 120), _no_outer_blanks])
    name = fields.String(validate=validate.Length(max=120))
    hash = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-fA-F]{64}\Z"))


class SessionRequest(Schema):
    """Start or resume: the token of last time, the identity if there is one."""

    token = fields.String(allow_none=True)
    name = fields.String(validate=validate.Length(max=120))
    identity = fields.Nested(IdentitySchema)


class SessionAnswer(Schema):
    """The token to keep and how the chat should look. Sizes in bytes."""

    token = fields.String(metadata={"example": "eyJpZCI6Ii4uLiJ9.Zx.sig"})
    visitor = fields.Dict(metadata={"example": {"name": "Joana"}})
    channel = fields.Dict(metadata={"example": {"title": "Loja", "color": "#0b6e4f", "greeting": "Olá!"}})
    conversation_id = fields.UUID(allow_none=True)
    limits = fields.Dict(metadata={"example": {"text": 5000, "image": 10485760}})


class MessageRequest(Schema):
    """A visitor's message. ``files`` are the tokens that an upload answered."""

    client_id = fields.UUID(required=True, metadata={"example": "0193a4c8-7f2e-7b1a-9c3d-2f4e5a6b7c8d"})
    body = fields.String(allow_none=True, validate=validate.Length(max=5000), metadata={"example": "Olá!"})
    files = fields.List(fields.String(), validate=validate.Length(max=5), load_default=list)
    reply_to = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=300))


class Accepted(Schema):
    """Kept in the journal; the same client id twice is the same message."""

    client_id = fields.UUID()


class FileAnswer(Schema):
    """A stored upload: ``file`` goes into a message's ``files``."""

    file = fields.String()
    kind = fields.String(metadata={"example": "image"})
    filename = fields.String(metadata={"example": "foto.png"})
    mime_type = fields.String(metadata={"example": "image/png"})
    size = fields.Integer(metadata={"example": 20480})


class ReceiptRequest(Schema):
    """Messages that reached the visitor's browser (delivered) or their eyes (read)."""

    ids = fields.List(fields.String(), required=True, validate=validate.Length(1, 100))
    status = fields.String(required=True, validate=validate.OneOf(["delivered", "read"]))


class HistoryQuery(Schema):
    """Older messages: ``before`` is the ``next_cursor`` of the page before."""

    before = fields.String(load_default=None)


class HistoryAnswer(Schema):
    """The newest first page, oldest message first; ``next_cursor`` leads to older ones."""

    items = fields.List(fields.Dict())
    next_cursor = fields.String(allow_none=True)


class TicketAnswer(Schema):
    """A socket ticket for the visitor's conversation; null until there is one."""

    ticket = fields.String(allow_none=True)
