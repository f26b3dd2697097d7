"""Pages of lists: by number for the first ones, by key (a cursor) where lists are long."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import UnionType
from typing import Any, get_args

from marshmallow import fields, post_dump, validate
from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from ramal.database.session import db
from ramal.errors import InvalidPayload
from ramal.http.schema import Schema
from ramal.http.writable import is_writable
from ramal.i18n import gettext as _

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 20, 100
#: The largest number that PostgreSQL's bigint holds.
_MOST = 2**63 - 1


class PageArguments(Schema):
    """``page`` and ``page_size``, or ``cursor``: the query of a list. Inherit to add filters."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 1000), metadata={"example": 1})
    page_size = fields.Integer(
        load_default=DEFAULT_PAGE_SIZE, validate=validate.Range(1, MAX_PAGE_SIZE), metadata={"example": 20}
    )
    cursor = fields.String(
        validate=validate.Length(max=500), metadata={"description": "next_cursor of the page before"}
    )


@dataclass(frozen=True, slots=True)
class Page:
    """What a list answers: ``{"items", "next_cursor"}`` or ``{"items", "total"}``."""

    items: Sequence[Any]
    next_cursor: str | None = None
    total: int | None = None


class _PageBase(Schema):
    """Leaves out whichever of ``next_cursor`` and ``total`` the list does not use."""

    next_cursor = fields.String(
        allow_none=True, metadata={"description": "Where the next page begins; null at the end"}
    )
    total = fields.Integer(metadata={"description": "All rows of the list (pages by number)"})

    @post_dump
    def _one_form(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        if data.get("total") is None:
            data.pop("total", None)
            data.setdefault("next_cursor", None)
        elif data.get("next_cursor") is None:
            data.pop("next_cursor", None)
        return data


_pages: dict[type[Schema], type[Schema]] = {}


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of ``item``: its name is the item's with ``Page`` at the end."""
    if item not in _pages:
        name = item.__name__.removesuffix("Schema") + "Page"
        members = {
            "__module__": item.__module__,
            "__doc__": f"A page of a list of {name.removesuffix('Page')}.",
            "items": fields.List(fields.Nested(item), required=True),
        }
        _pages[item] = type(name, (_PageBase,), members)
    return _pages[item]


def encode_cursor(*values: Any) -> str:
    """The place in an ordered list as an opaque text: JSON values, times and ids."""
    text = json.dumps([_plain(value) for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type[Any] | UnionType) -> tuple[Any, ...]:
    """The values of :func:`encode_cursor`, as ``types``; InvalidPayload if it is not one of ours.

    A value is None only where its type says so: ``datetime | None``.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if not isinstance(values, list) or len(values) != len(types):
            raise ValueError(cursor)
        return tuple(_typed(value, type_) for value, type_ in zip(values, types, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, UnicodeError):
        raise InvalidPayload(_("This cursor is not one of ours."), {"cursor": [_("Invalid value.")]}) from None


def page_by_number(query: Select[Any], page: int, page_size: int) -> Page:
    """One page of ``query`` and the number of all its rows. For short lists only."""
    total = db.session.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    rows = db.session.execute(query.limit(page_size).offset((page - 1) * page_size)).scalars().all()
    return Page(rows, total=total)


def page_by_key(
    query: Select[Any],
    columns: Sequence[tuple[InstrumentedAttribute[Any], type[Any]]],
    *,
    cursor: str | None,
    page_size: int,
) -> Page:
    """One page of ``query``, newest first by ``columns`` (a unique one last), from ``cursor`` on."""
    keys: list[ColumnElement[Any]] = [column.expression for column, _type in columns]
    if cursor is not None:
        place = decode_cursor(cursor, *(type_ for _column, type_ in columns))
        query = query.where(tuple_(*keys) < tuple_(*place))
    query = query.order_by(*(key.desc() for key in keys)).limit(page_size + 1)
    rows = list(db.session.execute(query).scalars())
    more = len(rows) > page_size
    rows = rows[:page_size]
    next_cursor = encode_cursor(*(getattr(rows[-1], column.key) for column, _type in columns)) if more else None
    return Page(rows, next_cursor)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _typed(value: Any, type_: type[Any] | UnionType) -> Any:
    if isinstance(type_, UnionType):
        return None if value is None else _typed(value, get_args(type_)[0])
    if type_ is int:
        if isinstance(value, bool) or not isinstance(value, int) or not -_MOST <= value <= _MOST:
            raise ValueError(value)
        return value
    if not isinstance(value, str) or not is_writable(value):
        raise ValueError(value)
    if type_ is datetime:
        # PostgreSQL reads it in UTC: it must be a time there, too.
        return datetime.fromisoformat(value).astimezone(UTC)
    return type_(value)
