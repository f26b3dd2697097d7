"""Webhooks about the account, the number and its people rather than about messages."""

from __future__ import annotations

from marshmallow import fields

from ramal_whatsapp_cloud.schemas.fields import Epoch, Lenient, Text, nested, objects


class BanSchema(Lenient):
    waba_ban_state = Text()
    waba_ban_date = Text()


class WabaSchema(Lenient):
    waba_id = Text()
    owner_business_id = Text()


class AccountSchema(Lenient):
    """The union of the account-level fields; each webhook fills a few."""

    event = Text()
    decision = Text()
    display_phone_number = Text()
    phone_number = Text()
    requested_verified_name = Text()
    message_template_id = Text()
    message_template_name = Text()
    message_template_language = Text()
    reason = Text()
    previous_category = Text()
    new_category = Text()
    previous_quality_score = Text()
    new_quality_score = Text()
    current_limit = Text()
    alert_type = Text()
    alert_severity = Text()
    alert_description = Text()
    entity_type = Text()
    username = Text()
    status = Text()
    ban_info = nested(BanSchema)
    waba_info = nested(WabaSchema)
    restriction_info = objects()
    violation_info = fields.Dict(allow_none=True)


class CallSchema(Lenient):
    """A voice call's step (``connect``, ``terminate``) between a person and the number."""

    id = Text()
    from_ = Text(data_key="from")
    from_user_id = Text()
    to = Text()
    to_user_id = Text()
    event = Text()
    timestamp = Epoch()
    direction = Text()
    status = Text()
    duration = Text()


class PreferenceSchema(Lenient):
    wa_id = Text()
    user_id = Text()
    parent_user_id = Text()
    category = Text()
    value = Text()
    detail = Text()
    timestamp = Epoch()


class ChangedIdSchema(Lenient):
    previous = Text()
    current = Text()


class UserIdUpdateSchema(Lenient):
    wa_id = Text()
    user_id = nested(ChangedIdSchema)
    parent_user_id = nested(ChangedIdSchema)
    timestamp = Epoch()


class SyncedContactSchema(Lenient):
    full_name = Text()
    first_name = Text()
    phone_number = Text()


class StateSyncSchema(Lenient):
    """A contact added to or removed from the phone's address book (coexistence)."""

    type = Text()
    action = Text()
    contact = nested(SyncedContactSchema)
    metadata = fields.Dict(allow_none=True)


class GroupSchema(Lenient):
    group_id = Text()
    type = Text()
    subject = Text()
    timestamp = Epoch()
