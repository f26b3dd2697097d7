"""What the API answers with. The items are made by ``inbox.serialize``; these describe them."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.http.schema import Schema, Timestamp


class PersonRef(Schema):
    """A member."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class ChannelRef(Schema):
    """A connected channel, as conversations carry it."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    icon = fields.String(required=True)


class ContactRef(Schema):
    """A contact, as conversations carry it."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True, metadata={"example": "+5511987654321"})
    email = fields.String(required=True, allow_none=True)
    avatar_url = fields.String(required=True, allow_none=True)


class LabelRef(Schema):
    """A label on a conversation."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    color = fields.String(required=True, metadata={"example": "#0f766e"})


class LabelSchema(LabelRef):
    """A label."""

    description = fields.String(required=True, allow_none=True)


class PreviewSchema(Schema):
    """The last message of a conversation, cut at 200 characters."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    body = fields.String(required=True, allow_none=True)
    direction = fields.String(required=True, validate=validate.OneOf(["in", "out"]))
    status = fields.String(required=True, allow_none=True)
    sent_at = Timestamp(required=True)
    is_note = fields.Boolean(required=True)


class SendPermissionSchema(Schema):
    """Whether a message may go out now, why not, and until when."""

    allowed = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    expires_at = Timestamp(required=True, allow_none=True)


class CapabilitiesSchema(Schema):
    """What the channel can do."""

    kinds = fields.List(fields.String(), required=True)
    text_limit = fields.Integer(required=True)
    media = fields.Dict(required=True, metadata={"example": {"image": 5242880}, "description": "kind → bytes"})
    mime_types = fields.Dict(required=True, metadata={"example": {"image": ["image/jpeg", "image/png"]}})
    caption = fields.Boolean(required=True, metadata={"description": "Whether files carry text"})
    captionless = fields.List(fields.String(), required=True, metadata={"description": "Kinds of files that don't"})
    caption_limit = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Longest text of a file; null: text_limit"}
    )
    reply_to = fields.Boolean(required=True)
    buttons = fields.Integer(required=True)
    list_rows = fields.Integer(required=True)
    reactions = fields.Boolean(required=True)
    edit = fields.Boolean(required=True)
    revoke = fields.Boolean(required=True, metadata={"description": "Whether ours can be deleted for everyone"})
    edit_seconds = fields.Integer(
        required=True, allow_none=True, metadata={"description": "How long after it was sent; null: always"}
    )
    revoke_seconds = fields.Integer(
        required=True, allow_none=True, metadata={"description": "How long after it was sent; null: always"}
    )
    typing = fields.Boolean(required=True)
    read_receipts = fields.Boolean(required=True)
    templates = fields.Boolean(required=True)
    window = fields.Boolean(required=True)
    statuses = fields.List(fields.String(), required=True)


class ConversationItem(Schema):
    """A conversation without what depends on the moment."""

    id = fields.UUID(required=True)
    channel_id = fields.UUID(required=True)
    channel = fields.Nested(ChannelRef, required=True)
    contact = fields.Nested(ContactRef, required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["direct", "group"]))
    status = fields.String(
        required=True, validate=validate.OneOf(["open", "pending", "snoozed", "resolved", "archived"])
    )
    control = fields.String(required=True, validate=validate.OneOf(["bot", "human", "none"]))
    priority = fields.String(required=True, validate=validate.OneOf(["none", "low", "medium", "high", "urgent"]))
    assignee_id = fields.UUID(required=True, allow_none=True)
    assignee = fields.Nested(PersonRef, required=True, allow_none=True)
    labels = fields.List(fields.Nested(LabelRef), required=True)
    unread_count = fields.Integer(required=True)
    waiting_since = Timestamp(required=True, allow_none=True)
    last_message = fields.Nested(PreviewSchema, required=True, allow_none=True)
    last_message_at = Timestamp(required=True, allow_none=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)


class ConversationSchema(ConversationItem):
    """A conversation in a list."""

    can_send = fields.Nested(SendPermissionSchema, required=True)


class ConversationDetailSchema(ConversationSchema):
    """A conversation by itself."""

    capabilities = fields.Nested(CapabilitiesSchema, required=True)


class CountsSchema(Schema):
    """Conversations of each tab; 100 means 100 or more."""

    mine = fields.Integer(required=True)
    unassigned = fields.Integer(required=True)
    all = fields.Integer(required=True)


class AttachmentSchema(Schema):
    """A file of a message. ``url`` leads to a signed link."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    filename = fields.String(required=True, allow_none=True)
    mime_type = fields.String(required=True, allow_none=True)
    size = fields.Integer(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(["pending", "ready", "failed"]))
    url = fields.String(required=True, allow_none=True)
    thumbnail_url = fields.String(required=True, allow_none=True)
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


class QuoteSchema(Schema):
    """The message a reply quotes; its id is null where we don't have it."""

    id = fields.UUID(required=True, allow_none=True)
    provider_id = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True, allow_none=True)
    body = fields.String(required=True, allow_none=True)
    direction = fields.String(required=True, allow_none=True)


class PendingReactionSchema(Schema):
    """A reaction on its way; null: ours is being taken back."""

    emoji = fields.String(required=True, allow_none=True, metadata={"example": "👍"})


class PendingEditSchema(Schema):
    """New words on their way."""

    body = fields.String(required=True)


class PendingSchema(Schema):
    """Changes of a message that its channel has not taken yet; those that are not there are not on their way."""

    reaction = fields.Nested(PendingReactionSchema)
    edit = fields.Nested(PendingEditSchema)
    revoke = fields.Dict(metadata={"example": {}})


class MessageSchema(Schema):
    """A bubble, note or system line."""

    id = fields.UUID(required=True)
    conversation_id = fields.UUID(required=True)
    channel_id = fields.UUID(required=True)
    direction = fields.String(required=True, validate=validate.OneOf(["in", "out"]))
    kind = fields.String(required=True, metadata={"example": "text"})
    body = fields.String(required=True, allow_none=True)
    payload = fields.Dict(required=True)
    status = fields.String(required=True, allow_none=True, metadata={"example": "delivered"})
    error = fields.Dict(required=True, allow_none=True)
    provider_id = fields.String(required=True, allow_none=True)
    client_id = fields.UUID(required=True, allow_none=True)
    sent_at = Timestamp(required=True)
    created_at = Timestamp(required=True)
    seq = fields.Integer(required=True)
    author = fields.Nested(PersonRef, required=True, allow_none=True)
    is_note = fields.Boolean(required=True)
    reply_to = fields.Nested(QuoteSchema, required=True, allow_none=True)
    attachments = fields.List(fields.Nested(AttachmentSchema), required=True)
    reactions = fields.List(fields.Dict(), required=True)
    edited_at = Timestamp(required=True, allow_none=True)
    revoked_at = Timestamp(required=True, allow_none=True)
    pending = fields.Nested(PendingSchema, required=True)
    forwarded = fields.Boolean(required=True)
    external = fields.Boolean(required=True)


class ThreadSchema(Schema):
    """A page of a thread, oldest first; the cursors lead to older and newer ones."""

    items = fields.List(fields.Nested(MessageSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True, metadata={"description": "for before="})
    prev_cursor = fields.String(required=True, allow_none=True, metadata={"description": "for after="})


class SentSchema(Schema):
    """A message on its way."""

    id = fields.UUID(required=True)
    status = fields.String(required=True, allow_none=True, metadata={"example": "queued"})
    client_id = fields.UUID(required=True)
