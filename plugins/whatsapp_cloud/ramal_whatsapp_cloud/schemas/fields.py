"""Fields that read what the Graph API really sends.

Ids and times come as strings in one payload and as numbers in the next, and any field may be
null. These fields take both and leave the judgement about a missing one to the parser.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields

_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


class Lenient(Schema):
    """Every field optional, null allowed, unknown fields kept as they came."""

    class Meta:
        unknown = INCLUDE


class Text(fields.Field[str]):
    """A string; numbers and booleans become their JSON text, objects are refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        raise ValidationError("Not a string.")


class Number(fields.Field[float]):
    """A number, also one written as a string; nonsense is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValidationError("Not a number.")
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise ValidationError("Not a number.") from None
        if not math.isfinite(number):
            raise ValidationError("Not a number.")
        return number


class Flag(fields.Field[bool]):
    """True or false, also as text; anything else counts as false."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        return value is True or str(value).lower() in {"true", "1"}


class Epoch(fields.Field[datetime]):
    """Seconds since 1970 as a string or a number -> aware UTC; nonsense reads as None.

    None (not an error) because a message with a bad clock is still a message: the parser puts
    the time of arrival in its place.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime | None:
        return epoch(value)


def epoch(value: Any) -> datetime | None:
    """Seconds since 1970 as an aware UTC datetime, None outside 2009 (WhatsApp's birth) to 2200."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if not _EARLIEST <= seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def nested(schema: type[Schema]) -> fields.Nested:
    """An optional object."""
    return fields.Nested(schema, allow_none=True, unknown=INCLUDE)


def many(schema: type[Schema]) -> fields.List[Any]:
    """An optional list of objects."""
    return fields.List(fields.Nested(schema, unknown=INCLUDE), allow_none=True)


def objects() -> fields.List[Any]:
    """An optional list read later, item by item, so that one bad item can't spoil its neighbours."""
    return fields.List(fields.Raw(allow_none=True), allow_none=True)


def read(schema: Schema, raw: Any) -> dict[str, Any] | None:
    """``raw`` through ``schema``, None when it is no object or one of its fields makes no sense."""
    if not isinstance(raw, dict):
        return None
    try:
        loaded: dict[str, Any] = schema.load(raw)
    except ValidationError:
        return None
    return loaded
