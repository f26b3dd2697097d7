"""What must be filled in is marked: for the eye in the label, for screen readers by the field itself."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from marshmallow import Schema, fields

from ramal.plugins.settings_form import settings_form
from ramal.testing.factories import Member

Login = Callable[[FlaskClient, Member], FlaskClient]
LEGEND = "Fields marked with * must be filled in."


class Form(HTMLParser):
    """The ids of the fields that are required, and those whose label carries the mark."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.required: set[str] = set()
        self.marked: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("input", "select", "textarea") and "required" in given:
            self.required.add(given["id"] or "")
        if tag == "label" and "is-required" in (given.get("class") or "").split():
            self.marked.add(given["for"] or "")


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        ("profile", {"name", "current", "new", "repeated"}),
        ("team/new", {"name", "email"}),
        ("organization", {"name"}),
        ("tokens", {"name"}),
        ("labels", {"label-name-new"}),
    ],
)
def test_a_form_marks_its_required_fields_and_explains_the_mark(
    client: FlaskClient, login: Login, admin: Member, page: str, ids: set[str]
) -> None:
    html = login(client, admin).get(f"/settings/{page}").text
    form = Form(html)
    assert form.required == form.marked == ids
    assert html.count(LEGEND) == 1
    assert html.index(LEGEND) < html.index("is-required")


class PigeonSettings(Schema):
    name = fields.String(required=True)
    words = fields.List(fields.String(), required=True)
    token = fields.String(required=True, metadata={"secret": True})
    stored = fields.String(required=True, metadata={"secret": True})
    tame = fields.Boolean(required=True)
    note = fields.String()


def test_the_settings_of_plugins_and_channels_are_marked_alike(app: Flask) -> None:
    source = (
        '{% from "components/settings_form.html" import settings_fields with context %}{{ settings_fields(fields) }}'
    )
    with app.test_request_context():
        html = render_template_string(source, fields=settings_form(PigeonSettings, secrets={"stored": "hush"}))
    form = Form(html)
    assert form.required == form.marked == {"name", "words", "token"}
