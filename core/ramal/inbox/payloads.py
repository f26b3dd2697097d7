"""Payloads of the kinds that are more than a body, as they may be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ramal.http.schema import Schema


class LocationPayload(Schema):
    """A place on the map, in degrees."""

    latitude = fields.Float(required=True, validate=validate.Range(-90, 90))
    longitude = fields.Float(required=True, validate=validate.Range(-180, 180))
    name = fields.String(validate=validate.Length(max=200))
    address = fields.String(validate=validate.Length(max=500))


class SharedContact(Schema):
    """A person's card."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    phones = fields.List(fields.String(validate=validate.Length(1, 40)), load_default=list)


class ContactPayload(Schema):
    """Cards of people."""

    contacts = fields.List(fields.Nested(SharedContact), required=True, validate=validate.Length(1, 257))


class Button(Schema):
    """A quick reply."""

    id = fields.String(required=True, validate=validate.Length(1, 256))
    title = fields.String(required=True, validate=validate.Length(1, 20))


class Row(Schema):
    """A line of a list."""

    id = fields.String(required=True, validate=validate.Length(1, 200))
    title = fields.String(required=True, validate=validate.Length(1, 24))
    description = fields.String(validate=validate.Length(max=72))


class Section(Schema):
    """A part of a list."""

    title = fields.String(validate=validate.Length(max=24))
    rows = fields.List(fields.Nested(Row), required=True, validate=validate.Length(1, 100))


class InteractivePayload(Schema):
    """Buttons, or a list to choose from."""

    type = fields.String(required=True, validate=validate.OneOf(["button", "list"]))
    header = fields.String(validate=validate.Length(max=60))
    footer = fields.String(validate=validate.Length(max=60))
    #: The word on the control that opens a list.
    button = fields.String(validate=validate.Length(1, 20))
    buttons = fields.List(fields.Nested(Button), validate=validate.Length(1, 100))
    sections = fields.List(fields.Nested(Section), validate=validate.Length(1, 100))

    @validates_schema
    def _one_form(self, data: Mapping[str, Any], **_kwargs: Any) -> None:
        needed = ("buttons",) if data.get("type") == "button" else ("button", "sections")
        for name in needed:
            if not data.get(name):
                raise ValidationError("Missing data for required field.", name)
        ids = [item["id"] for item in data.get("buttons", ())]
        ids += [row["id"] for section in data.get("sections", ()) for row in section["rows"]]
        if len(set(ids)) != len(ids):
            raise ValidationError("Ids must differ.", needed[-1])


PAYLOADS: Mapping[str, type[Schema]] = {
    "location": LocationPayload,
    "contact": ContactPayload,
    "interactive": InteractivePayload,
}
