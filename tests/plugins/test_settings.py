"""Forms from schemas, stored settings, and jobs and services by name."""

from __future__ import annotations

import pytest
from marshmallow import Schema, fields, validate
from werkzeug.datastructures import MultiDict

from ramal.errors import InvalidPayload, NotFound, PluginError
from ramal.plugins import gate, jobs, services
from ramal.plugins.settings import check_settings, loaded, settings_for, shown_settings
from ramal.plugins.settings_form import read_form, settings_form


class Everything(Schema):
    """One field of each kind."""

    name = fields.String(required=True, metadata={"label": "Name", "description": "Shown.", "placeholder": "x"})
    note = fields.String(load_default="", metadata={"multiline": True})
    color = fields.String(load_default="#ffffff", metadata={"input": "color"})
    size = fields.Integer(load_default=2)
    day = fields.String(load_default="1", metadata={"choices": {"1": "Monday", "2": "Tuesday"}})
    mode = fields.String(validate=validate.OneOf(["a", "b"], labels=["First", "Second"]), load_default="a")
    on = fields.Boolean(load_default=True)
    site = fields.Url(load_default=None, allow_none=True)
    mail = fields.Email(load_default=None, allow_none=True)
    lines = fields.List(fields.String(), load_default=lambda: ["one"])
    key = fields.String(required=True, metadata={"secret": True})
    keys = fields.List(fields.String(validate=validate.Length(min=2)), load_default=list, metadata={"secret": True})
    made = fields.String(dump_only=True)


def by_name(**options):
    return {field.name: field for field in settings_form(Everything, **options)}


def test_each_field_is_drawn_by_its_kind():
    form = by_name()
    assert {name: field.kind for name, field in form.items()} == {
        "name": "text", "note": "textarea", "color": "color", "size": "number", "day": "select", "mode": "select",
        "on": "checkbox", "site": "url", "mail": "email", "lines": "list", "key": "secret", "keys": "secret_list",
    }  # fmt: skip
    assert (form["name"].label, form["name"].help, form["name"].placeholder) == ("Name", "Shown.", "x")
    assert (form["size"].label, form["size"].value) == ("Size", "2")
    assert form["day"].options == (("1", "Monday"), ("2", "Tuesday"))
    assert form["mode"].options == (("a", "First"), ("b", "Second"))
    assert (form["on"].value, form["lines"].value, form["site"].value) == (True, ("one",), "")


def test_what_always_has_a_value_is_not_demanded():
    class Demanding(Schema):
        name = fields.String(required=True)
        on = fields.Boolean(required=True)
        color = fields.String(required=True, metadata={"input": "color"})
        day = fields.String(required=True, metadata={"choices": {"1": "Monday"}})
        month = fields.String(required=True, metadata={"choices": {"": "Choose", "1": "January"}})
        note = fields.String()

    form = settings_form(Demanding)
    assert [field.name for field in form if field.required] == ["name", "on", "color", "day", "month"]
    assert [field.name for field in form if field.demanded] == ["name", "month"]


def test_secrets_are_counted_and_never_shown():
    form = by_name(values={"key": "hush"}, secrets={"key": "hush", "keys": ["a", "b"]})
    assert (form["key"].value, form["key"].stored, form["keys"].stored) == ("", 1, 2)
    assert not form["key"].required
    assert by_name()["key"].required
    plain, stored = shown_settings(Everything, {"name": "x", "key": "hush", "gone": 1})
    assert (plain, stored) == ({"name": "x"}, {"key": True, "keys": False})


def test_a_secret_does_not_follow_to_another_address():
    class Provider(Schema):
        address = fields.URL(load_default="https://provider.example")
        token = fields.String(required=True, metadata={"secret": True, "sent_to": "address"})
        word = fields.String(load_default="", metadata={"secret": True})

    stored = check_settings(Provider, {"token": "hush", "word": "w"})
    assert check_settings(Provider, {"token": ""}, stored) == stored
    for given in ({}, {"token": ""}, {"token": None}):
        with pytest.raises(InvalidPayload) as refused:
            check_settings(Provider, {**given, "address": "https://elsewhere.example"}, stored)
        assert set(refused.value.details) == {"token"}
    moved = check_settings(Provider, {"address": "https://elsewhere.example", "token": "hush"}, stored)
    assert (moved["address"], moved["token"], moved["word"]) == ("https://elsewhere.example", "hush", "w")


def test_a_form_is_read_as_the_schema_loads_it():
    given = read_form(Everything, MultiDict({"name": " Ana ", "size": "", "lines": "a\n\n b ", "keys": "", "key": "k"}))
    assert given == {"name": "Ana", "lines": ["a", "b"], "on": False, "key": "k"}
    assert read_form(Everything, MultiDict({"on": "1"}))["name"] == ""


def test_errors_stand_by_field_also_those_of_list_items():
    with pytest.raises(InvalidPayload) as caught:
        check_settings(Everything, {"size": "many", "keys": ["x"], "key": ""})
    assert set(caught.value.details) == {"name", "size", "keys", "key"}
    form = by_name(errors=caught.value.details)
    assert form["keys"].errors == tuple(caught.value.details["keys"])


def test_a_secret_left_empty_keeps_its_value_and_a_new_one_replaces_it():
    kept = check_settings(Everything, {"name": "x", "key": "", "keys": []}, {"key": "old", "keys": ["aa"]})
    assert (kept["key"], kept["keys"]) == ("old", ["aa"])
    assert check_settings(Everything, {"name": "x", "key": "new"}, {"key": "old"})["key"] == "new"


def test_stored_values_that_no_longer_fit_are_left_out():
    found = loaded(Everything, {"name": "x", "key": "k", "size": "many", "forgotten": 1})
    assert found["name"] == "x"
    assert "size" not in found
    assert "forgotten" not in found


def test_settings_of_a_plugin_that_has_none_or_is_unknown(make_app, write_plugin, inside):
    write_plugin("plain")
    with inside(make_app("plain")):
        assert settings_for("plain") == {}
        assert settings_for("nowhere") == {}
        with pytest.raises(NotFound):
            services.save_settings("plain", {})
        with pytest.raises(NotFound):
            services.enable_plugin("nowhere")


def test_jobs_and_services_are_found_by_name(make_app, distribute, inside, organization_id):
    distribute("good")
    with inside(make_app("good")):
        assert jobs.job_type("good", "tidy").timeout == 60
        for plugin, name in (("good", "other"), ("nowhere", "tidy")):
            with pytest.raises(PluginError, match="has no job"):
                jobs.job_type(plugin, name)
        assert [service.name for _record, service in jobs.services()] == ["pump"]
        assert [service.name for _record, service in jobs.services(demo=True)] == ["pump", "simulator"]
        with pytest.raises(NotFound):
            gate.demand_active(organization_id, "good")
        services.enable_plugin("good")
        gate.demand_active(organization_id, "good")
        gate.forget()
        assert gate.plugin_active(organization_id, "good")
