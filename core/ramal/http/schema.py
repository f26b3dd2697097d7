"""The marshmallow base of every JSON body: strict on the way in, the same formats on the way out."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
from marshmallow import fields


class Schema(ma.Schema):
    """Base schema: an unknown field in the input is an error, fields keep their order.

    A text with a NUL, which PostgreSQL can't hold nor look for, is no valid text in any field.
    """

    class Meta:
        unknown = ma.RAISE

    @ma.pre_load
    def _refuse_nul(self, data: Any, **_kwargs: Any) -> Any:
        if isinstance(data, Mapping):
            wrong = [name for name in data if _has_nul(data[name])]
            if wrong:
                raise ma.ValidationError({name: ["Not a valid string."] for name in wrong})
        return data


def _has_nul(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, str) and "\0" in item for item in value)
    return isinstance(value, str) and "\0" in value


#: The first and the last year of a time that is given: those at the ends of the calendar have no hour in some zones.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998


class Timestamp(fields.AwareDateTime):
    """ISO 8601 in UTC with milliseconds and ``Z``; what is given lies between the years 1900 and 9998."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        at: datetime = super()._deserialize(value, attr, data, **kwargs)
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return at

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return value


class Text(fields.String):
    """A text without outer blanks; one in which nothing can be seen is empty."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        text = text.strip()
        return text if any(unicodedata.category(letter)[0] not in "CZ" for letter in text) else ""


class ErrorBody(Schema):
    """What is inside ``error``."""

    code = fields.String(
        required=True,
        metadata={
            "example": "INVALID_PAYLOAD",
            "description": "INVALID_PAYLOAD, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT, RATE_LIMITED, "
            "UPSTREAM_ERROR or INTERNAL_ERROR",
        },
    )
    message = fields.String(required=True, metadata={"example": "Some of the data does not fit."})
    details = fields.Dict(required=True, metadata={"example": {"to": ["Missing data for required field."]}})
    request_id = fields.String(required=True, allow_none=True, metadata={"example": "8d0d6f2c9a"})
    timestamp = Timestamp(required=True)


class ErrorSchema(Schema):
    """The one error format."""

    error = fields.Nested(ErrorBody, required=True)
