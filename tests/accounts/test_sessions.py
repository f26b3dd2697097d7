"""Refresh rotation, reuse, logging out, switching, and what ends a session."""

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from ramal.accounts.authentication import authenticate
from ramal.accounts.models import AuthSession
from ramal.accounts.sessions import GRACE
from ramal.database.base import utcnow
from ramal.database.session import system_transaction
from ramal.http.principal import Principal, principal_or_none
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization, join

Api = Callable[[Member | None], JsonClient]
Login = Callable[[FlaskClient, Member], FlaskClient]


def pair_of(api: Api, member: Member) -> dict[str, str]:
    found: dict[str, str] = api(None).post("/auth/token", {"email": member.email, "password": member.password}).json
    return found


def refreshed(api: Api, token: str) -> Any:
    return api(None).post("/auth/refresh", {"refresh": token})


def works(api: Api, token: str) -> bool:
    caller = api(None)
    caller.token = token
    return caller.get("/me").status_code == 200


def test_a_refresh_gives_a_new_pair(api: Api, agent: Member) -> None:
    first = pair_of(api, agent)
    second = refreshed(api, first["refresh"]).json
    assert second["refresh"] != first["refresh"]
    assert works(api, second["access"])
    assert refreshed(api, second["refresh"]).status_code == 200


def test_a_used_refresh_token_closes_the_session(api: Api, agent: Member) -> None:
    first = pair_of(api, agent)
    second = refreshed(api, first["refresh"]).json
    with time_machine.travel(utcnow() + GRACE + timedelta(seconds=1), tick=True):
        assert refreshed(api, first["refresh"]).status_code == 401
        assert refreshed(api, second["refresh"]).status_code == 401
        assert not works(api, second["access"]), "the thief's access token ends too"
    with system_transaction() as session:
        (row,) = session.execute(select(AuthSession)).scalars()
        assert row.revoked_reason == "reuse"


def test_a_token_from_two_steps_ago_is_never_in_grace(api: Api, agent: Member) -> None:
    first = pair_of(api, agent)
    second = refreshed(api, first["refresh"]).json
    third = refreshed(api, second["refresh"]).json
    assert refreshed(api, first["refresh"]).status_code == 401
    assert not works(api, third["access"])


def test_tabs_that_refresh_at_once_all_go_on(app: Flask, api: Api, agent: Member) -> None:
    first = pair_of(api, agent)["refresh"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _number: refreshed(api, first), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert {refreshed(api, answer.json["refresh"]).status_code for answer in answers} == {200}


def test_a_foreign_or_damaged_token_is_refused(api: Api, agent: Member) -> None:
    pair = pair_of(api, agent)
    assert refreshed(api, pair["access"]).status_code == 401, "an access token does not refresh"
    assert not works(api, pair["refresh"]), "a refresh token gives no access"
    for broken in (pair["refresh"][:-2] + "xx", "x.y.z", "garbage"):
        assert refreshed(api, broken).status_code == 401


def test_an_access_token_runs_out(app: Flask, api: Api, agent: Member) -> None:
    pair = pair_of(api, agent)
    lifetime = app.extensions["ramal.settings"].access_token_ttl
    with time_machine.travel(utcnow() + timedelta(seconds=lifetime + 1), tick=True):
        assert not works(api, pair["access"])
        assert works(api, refreshed(api, pair["refresh"]).json["access"])


def test_a_session_runs_out(app: Flask, api: Api, agent: Member) -> None:
    pair = pair_of(api, agent)
    lifetime = app.extensions["ramal.settings"].refresh_token_ttl
    with time_machine.travel(utcnow() + timedelta(seconds=lifetime + 1), tick=True):
        assert refreshed(api, pair["refresh"]).status_code == 401


def test_logging_out_ends_both_tokens(api: Api, agent: Member) -> None:
    pair = pair_of(api, agent)
    caller = api(None)
    caller.token = pair["access"]
    assert caller.post("/auth/logout").status_code == 204
    assert not works(api, pair["access"])
    assert refreshed(api, pair["refresh"]).status_code == 401


def test_switching_needs_a_membership(api: Api, agent: Member, other_organization: TestOrganization) -> None:
    caller = api(agent)
    body = {"organization_id": str(other_organization.id)}
    assert caller.post("/auth/switch", body).status_code == 403
    join(agent, other_organization.id, "viewer")
    caller.token = caller.post("/auth/switch", body).json["access"]
    me = caller.get("/me").json
    assert me["organization"]["id"] == str(other_organization.id)
    assert me["role"] == "viewer"
    assert {one["id"] for one in me["organizations"]} == {str(agent.organization_id), str(other_organization.id)}


def test_a_login_leads_back_to_the_organization_of_the_last_one(
    api: Api, agent: Member, other_organization: TestOrganization
) -> None:
    join(agent, other_organization.id, "viewer")
    caller = api(agent)
    caller.post("/auth/switch", {"organization_id": str(other_organization.id)})
    caller.token = pair_of(api, agent)["access"]
    assert caller.get("/me").json["organization"]["id"] == str(other_organization.id)


def test_switching_a_member_off_ends_their_sessions_here_only(
    api: Api, admin: Member, agent: Member, other_organization: TestOrganization
) -> None:
    elsewhere = join(agent, other_organization.id, "viewer")
    here, there = api(agent), api(elsewhere)
    assert api(admin).patch(f"/users/{agent.id}", {"active": False}).status_code == 200
    assert here.get("/me").status_code == 401
    assert there.get("/me").status_code == 200


def test_an_access_token_is_not_good_after_the_membership(api: Api, admin: Member, agent: Member) -> None:
    caller = api(agent)
    api(admin).patch(f"/users/{agent.id}", {"role": "viewer"})
    assert caller.get("/me").json["role"] == "viewer", "a changed role counts at once"


def test_a_browser_is_refreshed_on_the_way(app: Flask, client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    before = client.get_cookie("ramal_refresh")
    lifetime = app.extensions["ramal.settings"].access_token_ttl
    with time_machine.travel(utcnow() + timedelta(seconds=lifetime + 1), tick=True):
        assert client.patch("/api/v1/me", json={"theme": "dark"}).status_code == 200
        after = client.get_cookie("ramal_refresh")
        assert before is not None
        assert after is not None
        assert before.value != after.value
        assert client.get("/settings/profile").status_code == 200


def test_a_refresh_by_cookie_is_no_way_around_csrf(
    app: Flask, client: FlaskClient, login: Login, agent: Member
) -> None:
    login(client, agent)
    client.delete_cookie("ramal_access")
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    assert client.patch("/api/v1/me", json={"theme": "dark"}).status_code == 403


def test_a_socket_uses_the_refresh_cookie_without_using_it_up(
    app: Flask, client: FlaskClient, login: Login, agent: Member
) -> None:
    login(client, agent)
    kept = client.get_cookie("ramal_refresh")
    assert kept is not None
    headers = {"Upgrade": "websocket", "Cookie": f"ramal_refresh={kept.value}"}

    def connect() -> Principal | None:
        with app.test_request_context("/ws", headers=headers):
            authenticate()
            return principal_or_none()

    for _again in range(3):
        found = contextvars.Context().run(connect)
        assert found is not None
        assert found.user_id == agent.id
    client.delete_cookie("ramal_access")
    assert client.get("/api/v1/me").status_code == 200, "the cookie is still good"


def test_a_dead_refresh_cookie_is_taken_away(client: FlaskClient, organization: TestOrganization) -> None:
    client.set_cookie("ramal_refresh", "nonsense")
    assert client.get("/settings/profile").status_code == 302
    assert client.get_cookie("ramal_refresh") is None


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer x.y.z", "Bearer ram_unknown", "nonsense"])
def test_odd_credentials_are_refused(app: Flask, header: str) -> None:
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"]["code"] == "UNAUTHORIZED"


def test_wrong_credentials_do_not_close_public_routes(app: Flask) -> None:
    assert app.test_client().get("/api/v1/health", headers={"Authorization": "Bearer x"}).status_code == 200


def test_keys_can_be_changed_without_logging_everybody_out(app: Flask, api: Api, agent: Member) -> None:
    token = pair_of(api, agent)["access"]
    settings = app.extensions["ramal.settings"]
    try:
        app.extensions["ramal.settings"] = settings.with_(secret_keys=("a newer key", *settings.secret_keys))
        assert works(api, token)
        app.extensions["ramal.settings"] = settings.with_(secret_keys=("a newer key",))
        assert not works(api, token)
    finally:
        app.extensions["ramal.settings"] = settings


def test_a_token_of_another_key_is_refused(app: Flask, api: Api, agent: Member) -> None:
    token = pair_of(api, agent)["access"]
    head, body, _signature = token.split(".")
    assert not works(api, f"{head}.{body}.{'A' * 43}")
