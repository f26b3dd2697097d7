"""JSON of notifications and of what members chose about them."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.http.pagination import PageArguments, page_of
from ramal.http.schema import Schema, Timestamp
from ramal.plugins.contributions import Medium

_CODE = {"example": "NEW_MESSAGE", "description": "Of the core; a plugin's begins with its name: crm.NEW_LEAD"}


class SubjectSchema(Schema):
    """What a notification is about."""

    kind = fields.String(required=True, metadata={"example": "conversation"})
    id = fields.UUID(required=True)


class NotificationSchema(Schema):
    """One notification, in the reader's language."""

    id = fields.UUID(required=True)
    code = fields.String(required=True, metadata=_CODE)
    icon = fields.String(required=True, metadata={"example": "message"})
    title = fields.String(required=True, metadata={"example": "New message from Marina"})
    body = fields.String(required=True, allow_none=True, metadata={"example": "Do you open on Sunday?"})
    url = fields.String(
        required=True, allow_none=True, metadata={"example": "/inbox/0192f0c4-5b7e-7c3a-9d2e-1f6a8b4c0d11"}
    )
    subject = fields.Nested(SubjectSchema, required=True, allow_none=True)
    count = fields.Integer(required=True, metadata={"example": 3, "description": "How often it happened"})
    at = Timestamp(required=True, metadata={"description": "When it happened last"})
    read_at = Timestamp(required=True, allow_none=True)


class NotificationArguments(PageArguments):
    """Which of one's notifications."""

    class Meta:
        exclude = ("page",)

    unread = fields.Boolean(load_default=False, metadata={"description": "Only those not read yet", "example": True})


class NotificationListSchema(page_of(NotificationSchema)):  # type: ignore[misc]
    """A page of one's notifications, and how many are unread in all."""

    unread = fields.Integer(required=True, metadata={"example": 7, "description": "Counted up to 100"})


class ReadAllSchema(Schema):
    """What is marked read: everything, or what is about one conversation."""

    conversation_id = fields.UUID(load_default=None, allow_none=True)


class MarkedSchema(Schema):
    """How many were marked."""

    marked = fields.Integer(required=True, metadata={"example": 7})


class MediumSchema(Schema):
    """A way in which notifications come."""

    name = fields.String(required=True, metadata={"example": "in_app"})
    title = fields.String(required=True, metadata={"example": "Here, at the bell"})
    available = fields.Boolean(required=True, metadata={"example": True})


class ChoicesSchema(Schema):
    """A kind of notification and its switches."""

    code = fields.String(required=True, metadata=_CODE)
    title = fields.String(required=True, metadata={"example": "A new message for you"})
    description = fields.String(
        required=True, metadata={"example": "In a conversation of yours that you are not looking at."}
    )
    media = fields.Dict(
        keys=fields.String(), values=fields.Boolean(), required=True, metadata={"example": {"in_app": True}}
    )


class PreferencesSchema(Schema):
    """All switches, and the media there are and will be."""

    media = fields.List(fields.Nested(MediumSchema), required=True)
    preferences = fields.List(fields.Nested(ChoicesSchema), required=True)


class SwitchesSchema(Schema):
    """Switches to change: those left out stay as they are."""

    preferences = fields.Dict(
        keys=fields.String(validate=validate.Length(max=100)),
        values=fields.Dict(
            keys=fields.String(validate=validate.OneOf(list(Medium))), values=fields.Boolean(required=True)
        ),
        required=True,
        validate=validate.Length(max=200),
        metadata={"example": {"NEW_MESSAGE": {"in_app": False}}, "description": "Code → medium → on or off"},
    )
