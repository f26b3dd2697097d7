"""What goes wrong is told in one form, in the reader's language, without secrets."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_babel.speaklater import LazyString
from marshmallow import fields, validate
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ramal.app import create_app
from ramal.database.session import db
from ramal.errors import Conflict, RateLimited, UpstreamError
from ramal.http.blueprint import ApiBlueprint, PageBlueprint, public, require_login
from ramal.http.principal import current_principal
from ramal.http.schema import Schema, Text
from ramal.http.validation import translated
from ramal.testing.client import IsolatedClient, JsonClient
from ramal.testing.factories import Member

Api = Callable[[Member | None], JsonClient]
Login = Callable[[FlaskClient, Member], FlaskClient]
CODES = {
    "INVALID_PAYLOAD",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "NOT_FOUND",
    "CONFLICT",
    "RATE_LIMITED",
    "UPSTREAM_ERROR",
    "INTERNAL_ERROR",
}


class OrderSchema(Schema):
    to = Text(required=True, validate=validate.Length(2, 5))
    lines = fields.List(fields.Integer(validate=validate.Range(1, 9)))


def blueprints() -> Iterator[Any]:
    api = ApiBlueprint("trouble", __name__, url_prefix="/trouble")
    pages = PageBlueprint("troubles", __name__, url_prefix="/troubles")
    errors: dict[str, Exception] = {
        "conflict": Conflict("Taken by Ana."),
        "shell": Conflict("Taken by Ana."),
        "limited": RateLimited("Slow down.", retry_after=7),
        "upstream": UpstreamError("The provider said no."),
        "bug": KeyError("hunter2"),
        "database": OperationalError("select 'hunter2'", {}, Exception("gone")),
    }

    @api.get("/<name>")
    @public
    @api.response(200)
    def raise_it(name: str) -> None:
        """Raise an error."""
        raise errors[name]

    @api.post("/orders")
    @public
    @api.arguments(OrderSchema)
    @api.response(200, OrderSchema)
    def order(body: Any) -> Any:
        """Answer what came."""
        return body

    @pages.get("/<name>")
    @public
    def raise_on_page(name: str) -> str:
        raise errors[name]

    @pages.get("/refused")
    @public
    def refused() -> str:
        db.session.execute(text("select 1 / 0"))
        return "never"

    @pages.post("/form")
    @public
    def form() -> str:
        from ramal.errors import InvalidPayload

        raise InvalidPayload("It does not fit.", {"to": ["Too short."]})

    @pages.post("/change")
    @require_login
    def change() -> str:
        return "changed"

    @pages.context_processor
    def about_whoever_looks() -> dict[str, str]:
        return {"reader": current_principal().name} if request.path == "/troubles/change" else {}

    yield from (api, pages)


@pytest.fixture(scope="module")
def trouble_app(ramal_settings: Any) -> Flask:
    app = create_app(ramal_settings)
    app.test_client_class = IsolatedClient
    api, pages = blueprints()
    app.extensions["ramal.api"].register_blueprint(api)
    app.register_blueprint(pages)
    app.context_processor(broken_menu)
    return app


def broken_menu() -> dict[str, Any]:
    """A menu that can't be drawn, at one address."""
    broken = {"id": "x", "url": "/x", "icon": "x", "title": LazyString(int, "no title")}
    return {"nav_items": [broken]} if request.path == "/troubles/shell" else {}


@pytest.fixture
def trouble(trouble_app: Flask) -> FlaskClient:
    return trouble_app.test_client()


def error(answer: Any) -> dict[str, Any]:
    body: dict[str, Any] = answer.json["error"]
    assert set(body) == {"code", "message", "details", "request_id", "timestamp"}
    assert body["code"] in CODES
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert body["timestamp"].endswith("Z")
    return body


def test_each_class_has_its_code_and_status(trouble: FlaskClient) -> None:
    for name, status, code in (
        ("conflict", 409, "CONFLICT"),
        ("limited", 429, "RATE_LIMITED"),
        ("upstream", 502, "UPSTREAM_ERROR"),
        ("bug", 500, "INTERNAL_ERROR"),
        ("database", 503, "INTERNAL_ERROR"),
    ):
        answer = trouble.get(f"/api/v1/trouble/{name}")
        assert (answer.status_code, error(answer)["code"]) == (status, code)


def test_a_limit_says_when_to_come_back(trouble: FlaskClient) -> None:
    answer = trouble.get("/api/v1/trouble/limited")
    assert answer.headers["Retry-After"] == "7"
    assert error(answer)["details"] == {"retry_after": 7}


def test_an_unexpected_error_tells_nothing(trouble: FlaskClient) -> None:
    for path in ("/api/v1/trouble/bug", "/api/v1/trouble/database", "/troubles/bug"):
        assert "hunter2" not in trouble.get(path).text


def test_paths_and_methods_that_do_not_exist(trouble: FlaskClient) -> None:
    assert error(trouble.get("/api/v1/nowhere"))["code"] == "NOT_FOUND"
    wrong = trouble.delete("/api/v1/trouble/orders")
    assert wrong.status_code == 405
    assert error(wrong)["code"] == "INVALID_PAYLOAD"
    assert "POST" in wrong.headers["Allow"]


def test_details_name_each_field(trouble: FlaskClient) -> None:
    answer = trouble.post("/api/v1/trouble/orders", json={"lines": [1, 10], "more": 1})
    assert answer.status_code == 422
    details = error(answer)["details"]
    assert set(details) == {"to", "lines.1", "more"}
    assert all(isinstance(sentence, str) for sentences in details.values() for sentence in sentences)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"to": "\\ud800abc"}'])
def test_a_body_that_is_no_json_object_is_refused(trouble: FlaskClient, body: bytes) -> None:
    answer = trouble.post("/api/v1/trouble/orders", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert error(answer)["code"] == "INVALID_PAYLOAD"


def test_a_text_postgresql_cannot_hold_is_refused(trouble: FlaskClient) -> None:
    assert trouble.post("/api/v1/trouble/orders", json={"to": "a\x00b"}).status_code == 422


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_such_a_text_is_named_at_whatever_depth_it_stands(trouble: FlaskClient, bad: str) -> None:
    answer = trouble.post("/api/v1/trouble/orders", json={"to": "abc", "lines": [1, {"deep": [bad]}]})
    assert answer.status_code == 422
    assert set(error(answer)["details"]) == {"lines.1.deep.0"}
    assert error(trouble.post("/api/v1/trouble/orders", json={"to": "abc", bad: 1}))["details"].keys() == {"a\ufffdb"}


def test_texts_lose_outer_blanks(trouble: FlaskClient) -> None:
    assert trouble.post("/api/v1/trouble/orders", json={"to": " abc "}).json == {"to": "abc"}


def test_a_text_in_which_nothing_can_be_seen_is_empty(trouble: FlaskClient) -> None:
    for unseen in ("\u200b\u2060\u200b", "\u200e \u200f"):
        assert set(error(trouble.post("/api/v1/trouble/orders", json={"to": unseen}))["details"]) == {"to"}
    assert trouble.post("/api/v1/trouble/orders", json={"to": "\u2764\ufe0f"}).json == {"to": "\u2764\ufe0f"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Must be greater than 0.", "Deve ser maior que 0."),
        ("Must be greater than 0 and less than or equal to 9.9.", "Deve ser maior que 0 e no máximo 9.9."),
        ("Must be greater than or equal to 0.", "Deve ser maior ou igual a 0."),
        ("Must be greater than or equal to 0 and less than or equal to 9.", "Deve estar entre 0 e 9."),
    ],
)
def test_bounds_are_told_in_the_readers_language(app: Flask, written: str, told: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "pt-BR"}):
        assert translated(written) == told


def test_sentences_follow_the_reader(trouble: FlaskClient) -> None:
    english = trouble.get("/api/v1/nowhere", headers={"Accept-Language": "en"})
    assert error(english)["message"] == "There is nothing here."
    limits = trouble.post("/api/v1/trouble/orders", json={"to": "x"}, headers={"Accept-Language": "en"})
    assert error(limits)["details"] == {"to": ["Length must be between 2 and 5."]}


def test_a_page_shows_a_page(trouble: FlaskClient) -> None:
    answer = trouble.get("/troubles/conflict", headers={"Accept": "text/html"})
    assert answer.status_code == 409
    assert answer.mimetype == "text/html"
    assert "Taken by Ana." in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


PAGE = {"Accept": "text/html"}


def test_an_old_page_is_refused_in_words_whatever_its_templates_want(
    trouble: FlaskClient, login: Login, agent: Member
) -> None:
    answer = trouble.post("/troubles/change", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    answer = login(trouble, agent).post("/troubles/change", headers=PAGE | {"X-CSRF-TOKEN": "old"})
    assert answer.status_code == 403
    assert "This page is out of date" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/troubles/limited", 429), ("/troubles/bug", 500), ("/troubles/refused", 500)],
)
def test_who_is_logged_in_keeps_the_shell(
    trouble: FlaskClient, login: Login, agent: Member, path: str, status: int
) -> None:
    assert "rail-item" not in trouble.get(path, headers=PAGE).text
    answer = login(trouble, agent).get(path, headers=PAGE)
    assert answer.status_code == status
    assert 'data-testid="nav-settings"' in answer.text
    assert agent.email in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


def test_a_page_one_may_not_see_keeps_the_shell(client: FlaskClient, login: Login, agent: Member) -> None:
    answer = login(client, agent).get("/settings/audit", headers=PAGE)
    assert answer.status_code == 403
    assert 'data-testid="nav-settings"' in answer.text


@pytest.mark.parametrize(("path", "status"), [("/troubles/shell", 409), ("/troubles/database", 503)])
def test_an_error_is_told_where_the_shell_fails(
    trouble: FlaskClient, login: Login, agent: Member, path: str, status: int
) -> None:
    answer = login(trouble, agent).get(path, headers=PAGE)
    assert answer.status_code == status
    assert "rail-item" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


def test_htmx_gets_a_fragment_for_a_form_and_a_sentence_otherwise(trouble: FlaskClient) -> None:
    form = trouble.post("/troubles/form", headers={"HX-Request": "true"})
    assert form.status_code == 422
    assert "<html" not in form.text
    assert "Too short." in form.text
    other = trouble.get("/troubles/conflict", headers={"HX-Request": "true"})
    assert error(other)["message"] == "Taken by Ana."


def test_a_program_that_asks_a_page_for_json_gets_json(trouble: FlaskClient) -> None:
    answer = trouble.get("/troubles/conflict", headers={"Accept": "application/json"})
    assert error(answer)["code"] == "CONFLICT"


def test_the_proxys_request_id_is_kept_when_it_is_one(trouble: FlaskClient) -> None:
    kept = trouble.get("/api/v1/nowhere", headers={"X-Request-ID": "proxy-12345678"})
    assert kept.headers["X-Request-ID"] == "proxy-12345678"
    odd = trouble.get("/api/v1/nowhere", headers={"X-Request-ID": "<script>alert(1)</script>"})
    assert "script" not in odd.headers["X-Request-ID"]


def test_a_body_that_is_too_large_is_refused(trouble: FlaskClient, trouble_app: Flask) -> None:
    limit = trouble_app.config["MAX_CONTENT_LENGTH"]
    answer = trouble.post("/api/v1/trouble/orders", data=b"x" * (limit + 1), content_type="application/json")
    assert answer.status_code == 413
    assert error(answer)["code"] == "INVALID_PAYLOAD"
