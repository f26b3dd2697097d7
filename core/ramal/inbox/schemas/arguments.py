"""What the API takes."""

from __future__ import annotations

import json
from typing import Any

from marshmallow import ValidationError, fields, validate

from ramal.http.pagination import PageArguments
from ramal.http.schema import Schema, Text
from ramal.inbox.emoji import LONGEST
from ramal.inbox.queries.conversations import SORTS, STATUSES, TABS
from ramal.inbox.services.marking import PRIORITIES

#: Longest payload, as JSON text.
_PAYLOAD_LIMIT = 64_000


def _storable(payload: dict[str, Any]) -> None:
    if len(json.dumps(payload)) > _PAYLOAD_LIMIT:
        raise ValidationError(f"Longer than maximum length {_PAYLOAD_LIMIT}.")


_COLOR = validate.Regexp(r"^#[0-9a-fA-F]{6}$")


class CountQuery(Schema):
    """What is counted."""

    status = fields.String(load_default="open", validate=validate.OneOf([*STATUSES, "all"]))
    channel = fields.UUID()
    label = fields.UUID()
    assignee = fields.UUID()
    q = Text(validate=validate.Length(max=200), metadata={"example": "maria"})


class ConversationQuery(PageArguments, CountQuery):
    """What is listed, in which order."""

    tab = fields.String(load_default="all", validate=validate.OneOf(TABS))
    sort = fields.String(load_default="last_activity", validate=validate.OneOf(SORTS))
    contact = fields.UUID()


class ThreadQuery(Schema):
    """Which part of a thread: one of ``before``, ``after``, ``around``, or the newest."""

    before = fields.String(validate=validate.Length(max=500))
    after = fields.String(validate=validate.Length(max=500))
    around = fields.UUID()
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 100))


class NewMessageSchema(Schema):
    """A message or a note (``kind: note``). ``client_id`` is a UUIDv7 of the caller's making."""

    client_id = fields.UUID(required=True)
    kind = fields.String(load_default="text", validate=validate.Length(1, 20))
    body = Text(load_default=None, allow_none=True, validate=validate.Length(max=100_000))
    payload = fields.Dict(load_default=dict, validate=_storable)
    reply_to = fields.UUID(load_default=None, allow_none=True)
    attachment_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=10))


class RetrySchema(Schema):
    """A new id for the new message."""

    client_id = fields.UUID(required=True)


class ReactionSchema(Schema):
    """One emoji."""

    emoji = Text(required=True, validate=validate.Length(1, LONGEST), metadata={"example": "👍"})


class EditSchema(Schema):
    """The new words: of a text, or of a file's caption."""

    body = Text(required=True, validate=validate.Length(1, 100_000), metadata={"example": "Entregamos amanhã."})


class NothingSchema(Schema):
    """An empty body."""


class AssignSchema(Schema):
    """To whom; null releases."""

    assignee_id = fields.UUID(required=True, allow_none=True)


class ReadSchema(Schema):
    """The newest message that was read."""

    message_id = fields.UUID(required=True)


class ConversationChangeSchema(Schema):
    """What can be changed directly."""

    priority = fields.String(required=True, validate=validate.OneOf(PRIORITIES))


class LabelIdsSchema(Schema):
    """All labels the conversation shall have."""

    label_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=50))


class TypingSchema(Schema):
    """Where the caller is typing."""

    conversation_id = fields.UUID(required=True)


class NewLabelSchema(Schema):
    """A label to be."""

    name = Text(required=True, validate=validate.Length(1, 60))
    color = fields.String(validate=_COLOR, metadata={"example": "#0f766e"})
    description = Text(allow_none=True, validate=validate.Length(max=200))


class LabelChangeSchema(Schema):
    """What changes."""

    name = Text(validate=validate.Length(1, 60))
    color = fields.String(validate=_COLOR, metadata={"example": "#0f766e"})
    description = Text(allow_none=True, validate=validate.Length(max=200))


class MediaQuery(Schema):
    """The file itself or its small picture."""

    size = fields.String(load_default="full", validate=validate.OneOf(["full", "thumbnail"]))


class MergeSchema(Schema):
    """The contact that is taken over."""

    absorbed_id = fields.UUID(required=True)
