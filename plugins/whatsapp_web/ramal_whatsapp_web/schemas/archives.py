"""What an opened archive holds: a stranger's file, whatever its seal says."""

from __future__ import annotations

from marshmallow import EXCLUDE, fields, validate

from ramal.api import Schema, Text
from ramal_whatsapp_web.drivers import DRIVERS

# JSON can spell halves of characters, which no database keeps.
_WHOLE = validate.Regexp(r"[^\ud800-\udfff]*\Z")


class WhoseSchema(Schema):
    """Who was paired: number and LID in digits."""

    number = Text(required=True, allow_none=True, validate=validate.Regexp(r"\d{5,20}\Z"))
    name = Text(required=True, allow_none=True, validate=[validate.Length(max=200), _WHOLE])
    lid = Text(required=True, allow_none=True, validate=validate.Regexp(r"\d{5,30}\Z"))


class ArchiveSchema(Schema):
    """The settings are judged by the channel's own schema; newer versions may put more in."""

    class Meta:
        unknown = EXCLUDE

    name = Text(required=True, validate=[validate.Length(min=1), _WHOLE])
    driver = fields.String(required=True, validate=validate.OneOf(tuple(DRIVERS)))
    pairing = fields.UUID(required=True)
    me = fields.Nested(WhoseSchema, required=True)
    first_ready_at = fields.AwareDateTime(required=True, allow_none=True)
    seen_until = fields.AwareDateTime(required=True, allow_none=True)
    settings = fields.Dict(keys=fields.String(), required=True)
    state = fields.String(required=True)
