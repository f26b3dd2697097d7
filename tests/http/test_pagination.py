"""Cursors go back and forth unharmed, and strangers' are refused."""

import base64
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, fields

from ramal.database.session import db
from ramal.errors import InvalidPayload
from ramal.http.pagination import Page, decode_cursor, encode_cursor, page_by_number, page_of
from ramal.http.schema import Schema, Text, Timestamp
from ramal.inbox.models import Label
from ramal.testing.factories import Factory

times = st.datetimes(timezones=st.just(UTC))


@given(
    times,
    st.uuids(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.integers(-(2**63) + 1, 2**63 - 1),
)
def test_a_cursor_keeps_its_values(time: datetime, id_: uuid.UUID, text: str, number: int) -> None:
    cursor = encode_cursor(time, id_, text, number, None)
    assert decode_cursor(cursor, datetime, uuid.UUID, str, int, str | None) == (time, id_, text, number, None)
    assert cursor.isascii()


@given(st.text())
def test_a_strangers_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidPayload):
        decode_cursor(cursor, datetime, uuid.UUID)


def test_a_cursor_nested_without_end_is_refused() -> None:
    with pytest.raises(InvalidPayload):
        decode_cursor(base64.urlsafe_b64encode(b"[" * 100_000).decode(), int)


@pytest.mark.parametrize("types", [(datetime,), (uuid.UUID, uuid.UUID), (datetime, int)])
def test_a_cursor_of_another_list_is_refused(types: tuple[type[Any], ...]) -> None:
    with pytest.raises(InvalidPayload):
        decode_cursor(encode_cursor(datetime.now(UTC), uuid.uuid4()), *types)


class ThingSchema(Schema):
    name = Text()
    at = Timestamp()


def test_a_page_has_a_cursor_or_a_total() -> None:
    schema = page_of(ThingSchema)()
    assert page_of(ThingSchema) is page_of(ThingSchema)
    assert schema.dump(Page([])) == {"items": [], "next_cursor": None}
    assert schema.dump(Page([], total=0)) == {"items": [], "total": 0}
    assert schema.dump(Page([{"name": "a"}], next_cursor="x")) == {"items": [{"name": "a"}], "next_cursor": "x"}


def test_times_are_utc_with_z() -> None:
    at = datetime.fromisoformat("2026-11-22T09:00:00.123456-03:00")
    assert ThingSchema().dump({"at": at}) == {"at": "2026-11-22T12:00:00.123Z"}
    assert ThingSchema().load({"at": "2026-11-22T12:00:00Z"})["at"].tzinfo is not None


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-03:00", "0001-01-01T00:00:00+03:00"])
def test_a_time_that_some_zones_do_not_have_is_refused(at: str) -> None:
    with pytest.raises(ValidationError):
        ThingSchema().load({"at": at})


def test_pages_by_number_count(make: Factory) -> None:
    for number in range(5):
        make.label(f"L{number}")
    page = page_by_number(db.select(Label).order_by(Label.name), page=2, page_size=2)
    assert [label.name for label in page.items] == ["L2", "L3"]
    assert page.total == 5


@pytest.mark.parametrize(
    ("values", "types"),
    [
        (["2026-01-01T00:00:00+00:00", True], (datetime, int)),
        (["2026-01-01T00:00:00+00:00", 10**30], (datetime, int)),
        (["0001-01-01T00:00:00+23:59", 1], (datetime, int)),
        (["2026-01-01T00:00:00+00:00", 7], (datetime, uuid.UUID)),
        ([5, 5], (datetime, int)),
        (["a\0b"], (str,)),
        (["\ud800"], (str,)),
        ([None], (str,)),
        (["2026-01-01T00:00:00+00:00", None], (datetime | None, uuid.UUID)),
        ([5], (datetime | None,)),
    ],
)
def test_a_cursor_that_postgresql_could_not_read_is_refused(values: list[Any], types: tuple[type[Any], ...]) -> None:
    with pytest.raises(InvalidPayload):
        decode_cursor(encode_cursor(*values), *types)


def test_no_field_takes_a_nul() -> None:
    class Form(Schema):
        name = fields.String()
        names = fields.List(fields.String())

    for wrong in ({"name": "a\0b"}, {"names": ["a", "\0"]}):
        assert set(Form().validate(wrong)) == set(wrong)
    assert Form().load({"name": "ab", "names": ["a"]}) == {"name": "ab", "names": ["a"]}
