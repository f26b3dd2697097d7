"""Webhooks skip the work of pages and API: no login, no cookie, no limit, no language."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from ramal.database.session import db
from ramal.testing.factories import Member

Login = Callable[[FlaskClient, Member], FlaskClient]


def test_a_webhook_costs_no_authentication(app: Flask, client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        answer = client.post("/webhooks/nobody", data=b"{}", headers={"Authorization": "Bearer nonsense"})
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    assert answer.status_code == 404
    assert not [text for text in statements if "auth_session" in text]
    assert answer.headers["X-Request-ID"]
    assert answer.json is not None
    assert answer.json["error"]["request_id"] == answer.headers["X-Request-ID"]
    for header in ("Set-Cookie", "Content-Security-Policy", "Cache-Control"):
        assert header not in answer.headers


def test_files_and_probes_need_no_login(client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    client.set_cookie("ramal_access", "nonsense")
    for path in ("/static/favicon.svg", "/health"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
