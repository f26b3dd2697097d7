"""The frame around every webhook: ``entry[] > changes[] > value``."""

from __future__ import annotations

from marshmallow import fields

from ramal_whatsapp_cloud.schemas.fields import Epoch, Lenient, Text, nested, objects


class DocumentSchema(Lenient):
    object = Text()
    entry = objects()


class EntrySchema(Lenient):
    """``id`` is the WhatsApp Business Account, or the partner's business for account updates."""

    id = Text()
    time = Epoch()
    changes = objects()


class ChangeSchema(Lenient):
    field = Text()
    value = fields.Dict(allow_none=True)


class MetadataSchema(Lenient):
    """The number a ``messages``-like value belongs to."""

    display_phone_number = Text()
    phone_number_id = Text()


class ProfileSchema(Lenient):
    name = Text()
    username = Text()


class ContactSchema(Lenient):
    """A person named beside messages or statuses; any of the ids may be absent."""

    wa_id = Text()
    user_id = Text()
    parent_user_id = Text()
    profile = nested(ProfileSchema)


class ErrorDataSchema(Lenient):
    details = Text()


class ErrorSchema(Lenient):
    code = Text()
    title = Text()
    message = Text()
    details = Text()
    href = Text()
    error_data = nested(ErrorDataSchema)


class ValueSchema(Lenient):
    """A ``value`` about one phone number, of any field; lists are read item by item."""

    metadata = nested(MetadataSchema)
    contacts = objects()
    messages = objects()
    statuses = objects()
    errors = objects()
    message_echoes = objects()
    history = objects()
    state_sync = objects()
    calls = objects()
    user_preferences = objects()
    groups = objects()
