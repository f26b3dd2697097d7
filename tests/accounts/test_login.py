"""Logging in with the API."""

from collections.abc import Callable

from flask.testing import FlaskClient

from ramal.testing.client import JsonClient
from ramal.testing.factories import Member

Api = Callable[[Member | None], JsonClient]


def test_a_right_password_opens_a_session(api: Api, agent: Member) -> None:
    answer = api(None).post("/auth/token", {"email": agent.email.upper(), "password": agent.password})
    assert answer.status_code == 200, answer.json
    assert set(answer.json) == {"access", "refresh"}
    me = api(None)
    me.token = answer.json["access"]
    found = me.get("/me").json
    assert found["email"] == agent.email
    assert found["organization"]["id"] == str(agent.organization_id)
    assert found["role"] == "agent"
    assert "conversation.reply" in found["permissions"]


def test_a_wrong_password_says_no_more_than_an_unknown_email(api: Api, agent: Member) -> None:
    wrong = api(None).post("/auth/token", {"email": agent.email, "password": "wrong"})
    unknown = api(None).post("/auth/token", {"email": "nobody@example.com", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json["error"]["message"] == unknown.json["error"]["message"]
    assert wrong.json["error"]["code"] == "UNAUTHORIZED"


def test_without_a_login_nothing_is_shown(client: FlaskClient) -> None:
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"]["code"] == "UNAUTHORIZED"
