"""Activities."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_crm.models.activities import ACTIVITY_TYPES
from ramal_crm.services.activities import WHEN

_AT = "2026-12-10T14:00:00Z"


class ActivityFields(Schema):
    """What may be changed."""

    type = fields.String(validate=validate.OneOf(ACTIVITY_TYPES), metadata={"example": "call"})
    title = Text(validate=validate.Length(1, 160), metadata={"example": "Ligar para confirmar a entrega"})
    note = Text(validate=validate.Length(max=5000))
    due_at = Timestamp(metadata={"example": _AT})
    remind_at = Timestamp(
        allow_none=True, metadata={"example": _AT, "description": "When the assignee is reminded, once"}
    )
    assignee_id = fields.UUID(allow_none=True, metadata={"description": "Whoever makes it, if left out"})
    customer_id = fields.UUID(allow_none=True)
    deal_id = fields.UUID(allow_none=True)
    contact_id = fields.UUID(allow_none=True)


class NewActivitySchema(ActivityFields):
    """Something to do."""

    title = Text(required=True, validate=validate.Length(1, 160), metadata={"example": "Ligar para confirmar"})
    due_at = Timestamp(required=True, metadata={"example": _AT})
    conversation_id = fields.UUID(allow_none=True)
    message_id = fields.UUID(allow_none=True, metadata={"description": "The message from which it was made"})


class ActivitySchema(ActivityFields):
    """Something that is to be done, or was."""

    id = fields.UUID()
    conversation_id = fields.UUID(allow_none=True)
    message_id = fields.UUID(allow_none=True)
    reminded_at = Timestamp(allow_none=True)
    done_at = Timestamp(allow_none=True)
    done_by = fields.UUID(allow_none=True)
    created_at = Timestamp()


class ActivityQuery(PageArguments):
    """Which activities."""

    when = fields.String(
        load_default="open",
        validate=validate.OneOf(WHEN),
        metadata={"description": "open: all that is to be done; overdue, today, week (seven days from today); done"},
    )
    assignee_id = fields.UUID()
    customer_id = fields.UUID()
    deal_id = fields.UUID()
    contact_id = fields.UUID()
