"""What an opened archive holds: a stranger's file, whatever its seal says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from marshmallow import EXCLUDE, ValidationError, fields, validate

from ramal.api import Schema, Text, utcnow
from ramal_whatsapp_web.drivers import DRIVERS

# Before WhatsApp there was nothing to connect; the other installation's clock may be a day ahead, in any zone.
_FIRST = datetime(2009, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


def _possible(at: datetime) -> None:
    """A time at the ends of the calendar is one that the database takes, and that nobody can read again."""
    if not _FIRST <= at <= utcnow() + _AHEAD:
        raise ValidationError("Not a valid time.")


class WhoseSchema(Schema):
    """Who was paired: number and LID in digits."""

    number = Text(required=True, allow_none=True, validate=validate.Regexp(r"\d{5,20}\Z"))
    name = Text(required=True, allow_none=True, validate=validate.Length(max=200))
    lid = Text(required=True, allow_none=True, validate=validate.Regexp(r"\d{5,30}\Z"))


class ArchiveSchema(Schema):
    """The settings are judged by the channel's own schema; newer versions may put more in."""

    class Meta:
        unknown = EXCLUDE

    name = Text(required=True, validate=validate.Length(min=1))
    driver = fields.String(required=True, validate=validate.OneOf(tuple(DRIVERS)))
    pairing = fields.UUID(required=True)
    me = fields.Nested(WhoseSchema, required=True)
    first_ready_at = fields.AwareDateTime(required=True, allow_none=True, validate=_possible)
    seen_until = fields.AwareDateTime(required=True, allow_none=True, validate=_possible)
    settings = fields.Dict(keys=fields.String(), required=True)
    state = fields.String(required=True)
