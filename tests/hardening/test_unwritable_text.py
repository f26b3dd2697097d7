"""No route fails over text that PostgreSQL can't hold: a NUL, or half of a surrogate pair."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule, UUIDConverter

from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization

NUL, HALF = "a\0b", "a\ud800b"
#: Arguments that pages read; one that nobody reads is refused all the same.
QUERY = ("q", "next", "cursor", "action", "status", "nobody.reads")
EXAMPLES = {UUIDConverter: uuid.UUID(int=1), IntegerConverter: 1}
#: Outside the blueprints of pages: sockets, probes, and what is found by an exact name.
OTHERS = {"socket", "static", "storage_file", "webhooks", "catalogues", "favicon", "health", "health_ready", "metrics"}


@pytest.fixture
def desk(api: Callable[[Member], JsonClient], enabled: TestOrganization, admin: Member) -> JsonClient:
    return api(admin)


def addresses(app: Flask, method: str, text: str) -> Iterator[tuple[Rule, str]]:
    """Each route of the method, with ``text`` for each text in its path."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.endpoint != "socket.realtime":
            values = {name: example(rule._converters[name], text) for name in rule.arguments}
            built = rule.build(values, append_unknown=False)
            assert built is not None, rule
            yield rule, built[1]


def example(converter: BaseConverter, text: str) -> Any:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return EXAMPLES.get(type(converter), text)


def is_page(rule: Rule) -> bool:
    return rule.endpoint.partition(".")[0] not in OTHERS and not rule.rule.startswith("/api/")


def test_no_route_fails_over_a_nul_in_its_query(app: Flask, browser: FlaskClient) -> None:
    wrong, pages = [], 0
    for rule, address in addresses(app, "GET", "x"):
        for name in QUERY:
            answer = browser.get(f"{address}?{name}=a%00b", headers={"Accept": "text/html"})
            pages += is_page(rule)
            if answer.status_code >= 500 or (is_page(rule) and (answer.status_code != 400 or name not in answer.text)):
                wrong.append(f"{address}?{name}: {answer.status_code}")
    assert pages > 500
    assert not wrong, "\n".join(wrong)


def test_no_route_fails_over_a_nul_in_its_path(app: Flask, browser: FlaskClient) -> None:
    wrong = [
        f"{address}: {answer.status_code}"
        for _rule, address in addresses(app, "GET", NUL)
        if "%00" in address and (answer := browser.get(address)).status_code not in (400, 404, 422)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_page_says_which_field_inside_the_shell(browser: FlaskClient) -> None:
    answer = browser.get("/settings/audit?action=%00", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "“action” holds a character that no text can have" in answer.text
    assert 'href="/inbox"' in answer.text


def test_no_page_fails_over_a_nul_in_a_form(app: Flask, browser: FlaskClient) -> None:
    wrong, refused = [], 0
    for rule, address in addresses(app, "POST", "x"):
        if is_page(rule) and rule.endpoint != "session.logout":
            for form in ({"name": NUL}, {"q": "x", NUL: "x"}, {"file": (io.BytesIO(b"x"), NUL)}):
                answer = browser.post(address, data=form, headers={"Accept": "text/html"})
                refused += answer.status_code == 400
                if answer.status_code >= 500:
                    wrong.append(f"{address} {list(form)}: {answer.status_code}")
    assert refused > 50
    assert not wrong, "\n".join(wrong)


def test_nothing_of_a_form_with_a_nul_is_done(browser: FlaskClient, desk: JsonClient) -> None:
    before = desk.get("/labels").json
    for form in ({"name": NUL, "color": "#112233"}, {"name": "Novo", "color": "#112233", "more": NUL}):
        answer = browser.post("/settings/labels", data=form)
        assert answer.status_code == 400
        assert any(f"“{name}”" in answer.text for name, value in form.items() if value == NUL)
    assert desk.get("/labels").json == before


def test_no_operation_fails_over_such_text_in_json(app: Flask, desk: JsonClient, client: FlaskClient) -> None:
    document = json.loads(client.get("/api/schema").data)
    wrong, refused = [], 0
    for template, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for field, body in spoilt(content.get("example")):
                path = "/".join(str(uuid.UUID(int=1)) if part[:1] == "{" else part for part in template.split("/"))
                answer = desk.request(method.upper(), path, body)
                details = (answer.json or {}).get("error", {}).get("details", {})
                refused += answer.status_code == 422 and field in details
                if answer.status_code >= 500 or answer.status_code < 300:
                    wrong.append(f"{method} {path} {field}: {answer.status_code}")
    assert refused > 200
    assert not wrong, "\n".join(wrong)


def spoilt(body: Any) -> Iterator[tuple[str, Any]]:
    """The body with such a text in each of its fields in turn, at whatever depth, and under a name nobody knows."""
    if isinstance(body, dict):
        for bad in (NUL, HALF):
            for field in body:
                yield field, {**body, field: bad}
                yield f"{field}.0.deep", {**body, field: [{"deep": bad}]}
