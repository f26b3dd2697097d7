"""A tick: the life of a message that we sent."""

from __future__ import annotations

from marshmallow import fields

from ramal_whatsapp_cloud.schemas.fields import Epoch, Lenient, Text, objects


class StatusSchema(Lenient):
    id = Text()
    status = Text()
    timestamp = Epoch()
    recipient_id = Text()
    recipient_user_id = Text()
    recipient_type = Text()
    recipient_participant_id = Text()
    recipient_participant_user_id = Text()
    biz_opaque_callback_data = Text()
    conversation = fields.Dict(allow_none=True)
    pricing = fields.Dict(allow_none=True)
    errors = objects()
