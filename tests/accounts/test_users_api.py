"""Users, organizations, tokens, profile and audit over the API."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event

from ramal.database.base import utcnow
from ramal.database.session import db
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization, make_member

Api = Callable[[Member | None], JsonClient]
NEW = {"name": "Rui", "email": "rui@example.com", "role": "agent", "password": "a fine password"}


@pytest.fixture
def super_admin(other_organization: TestOrganization) -> Member:
    return make_member(other_organization.id, "org_admin", super_admin=True)


# --- the team -----------------------------------------------------------------------------------------


def test_a_new_member_can_log_in(api: Api, admin: Member) -> None:
    made = api(admin).post("/users", NEW)
    assert made.status_code == 201
    assert made.json == {**{k: NEW[k] for k in ("name", "email", "role")}, "id": made.json["id"], "active": True}
    answer = api(None).post("/auth/token", {"email": "RUI@example.com", "password": NEW["password"]})
    assert answer.status_code == 200


def test_a_person_of_another_organization_keeps_name_and_password(
    api: Api, admin: Member, other_organization: TestOrganization
) -> None:
    theirs = other_organization.agent
    body = {"name": "Somebody", "email": theirs.email, "role": "viewer"}
    assert api(admin).post("/users", body).json["name"] == theirs.name
    assert api(admin).post("/users", body).status_code == 409
    assert api(None).post("/auth/token", {"email": theirs.email, "password": theirs.password}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"email": "no address"}, {"role": "king"}, {"name": "  "}, {"password": "short"}, {"password": "12345678"}],
)
def test_a_member_that_does_not_fit_is_refused(api: Api, admin: Member, change: dict[str, str]) -> None:
    answer = api(admin).post("/users", {**NEW, **change})
    assert answer.status_code == 422
    assert set(answer.json["error"]["details"]) == set(change)


def test_a_new_person_needs_a_password(api: Api, admin: Member) -> None:
    body = {key: NEW[key] for key in ("name", "email", "role")}
    assert api(admin).post("/users", body).status_code == 422


def test_two_clicks_make_one_member(api: Api, admin: Member) -> None:
    caller = api(admin)
    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(lambda _number: caller.post("/users", NEW).status_code, range(4)))
    assert found == [201, 409, 409, 409]


def test_the_list_pages_and_filters(api: Api, admin: Member, organization: TestOrganization) -> None:
    for _number in range(4):
        organization.member("viewer")
    first = api(admin).get("/users", page_size=4).json
    second = api(admin).get("/users", page_size=4, page=2).json
    assert (len(first["items"]), len(second["items"]), first["total"]) == (4, 2, 6)
    assert not {one["id"] for one in first["items"]} & {one["id"] for one in second["items"]}
    assert api(admin).get("/users", active="false").json["items"] == []
    assert api(admin).get("/users", page_size=101).status_code == 422


def test_the_last_administrator_stays(api: Api, admin: Member, organization: TestOrganization) -> None:
    caller = api(admin)
    assert caller.patch(f"/users/{admin.id}", {"role": "agent"}).status_code == 409
    assert caller.patch(f"/users/{admin.id}", {"active": False}).status_code == 409
    second = organization.member("org_admin")
    assert caller.patch(f"/users/{second.id}", {"active": False}).status_code == 200
    assert caller.patch(f"/users/{admin.id}", {"active": False}).status_code == 409


def test_two_administrators_cannot_switch_each_other_off(
    api: Api, admin: Member, organization: TestOrganization
) -> None:
    second = organization.member("org_admin")
    callers = [(api(admin), second.id), (api(second), admin.id)]
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda pair: pair[0].patch(f"/users/{pair[1]}", {"active": False}).status_code, callers))
    assert 200 in codes
    assert len(codes) - codes.count(200) == 1


def test_roles_open_what_they_should(api: Api, organization: TestOrganization) -> None:
    expected = {
        "viewer": {"/users": 200, "/audit": 403},
        "agent": {"/users": 200, "/audit": 403},
        "supervisor": {"/users": 200, "/audit": 200},
        "org_admin": {"/users": 200, "/audit": 200},
    }
    for role, paths in expected.items():
        caller = api(organization.member(role))
        assert {path: caller.get(path).status_code for path in paths} == paths
        added = caller.post("/users", {**NEW, "email": f"{role}@new.example"}).status_code
        assert added == (201 if role == "org_admin" else 403)


# --- organizations ------------------------------------------------------------------------------------


def test_a_super_admin_makes_an_organization(api: Api, super_admin: Member) -> None:
    body = {
        "name": "Clínica São João",
        "admin": {"name": "Eva", "email": "eva@example.com", "password": "eva's secret"},
    }
    made = api(super_admin).post("/organizations", body)
    assert made.status_code == 201
    assert made.json["slug"] == "clinica-sao-joao"
    assert made.json["admin"]["email"] == "eva@example.com"
    assert made.json["admin"]["role"] == "org_admin"
    again = api(super_admin).post("/organizations", body)
    assert again.status_code == 409, "the e-mail is taken"
    body["admin"]["email"] = "eva2@example.com"  # type: ignore[index]
    second = api(super_admin).post("/organizations", body).json
    assert second["slug"] != made.json["slug"]
    caller = api(None)
    caller.token = caller.post("/auth/token", {"email": "eva@example.com", "password": "eva's secret"}).json["access"]
    assert caller.get("/me").json["organization"]["id"] == made.json["id"]
    assert {"Clínica São João"} < {one["name"] for one in api(super_admin).get("/organizations").json["items"]}


def test_only_a_super_admin_manages_organizations(api: Api, admin: Member) -> None:
    caller = api(admin)
    body = {"name": "X", "admin": {"name": "Eva", "email": "eva@example.com", "password": "eva's secret"}}
    assert caller.post("/organizations", body).status_code == 403
    assert caller.get("/organizations").status_code == 403
    assert caller.patch(f"/organizations/{admin.organization_id}", {"archived": True}).status_code == 403


def test_an_archived_organization_is_closed_to_its_members(
    api: Api, super_admin: Member, agent: Member, organization: TestOrganization
) -> None:
    caller, path = api(agent), f"/organizations/{organization.id}"
    assert api(super_admin).patch(path, {"archived": True}).status_code == 200
    assert caller.get("/me").status_code == 401
    credentials = {"email": agent.email, "password": agent.password}
    assert api(None).post("/auth/token", credentials).status_code == 401
    assert api(super_admin).patch(path, {"archived": False}).status_code == 200
    assert caller.get("/me").status_code == 200
    missing = api(super_admin).patch(f"/organizations/{agent.id}", {"archived": True})
    assert missing.status_code == 404


def test_a_super_admin_reads_no_content_of_another_organization(
    api: Api, super_admin: Member, agent: Member, organization: TestOrganization
) -> None:
    caller = api(super_admin)
    assert caller.get(f"/users/{agent.id}").status_code == 404
    assert caller.post("/auth/switch", {"organization_id": str(organization.id)}).status_code == 403


def test_ones_own_organization_is_changed(api: Api, admin: Member, agent: Member) -> None:
    changes = {"name": "Nova", "color": "#112233", "timezone": "America/Recife", "locale": "en"}
    answer = api(admin).patch("/organizations/current", changes)
    assert answer.status_code == 200
    assert {key: answer.json[key] for key in changes} == changes
    assert api(agent).get("/organizations/current").json["name"] == "Nova"
    assert api(agent).patch("/organizations/current", changes).status_code == 403
    for wrong in ({"color": "red"}, {"timezone": "Mars/X"}, {"locale": "xx"}, {"slug": "mine"}):
        assert api(admin).patch("/organizations/current", wrong).status_code == 422


# --- oneself ------------------------------------------------------------------------------------------


def test_the_profile_is_changed(api: Api, agent: Member) -> None:
    caller = api(agent)
    answer = caller.patch("/me", {"name": "Beatriz", "locale": "en", "theme": "dark"})
    assert answer.status_code == 200
    me = caller.get("/me").json
    assert (me["name"], me["locale"], me["theme"]) == ("Beatriz", "en", "dark")
    assert answer.json == me
    assert caller.patch("/me", {"locale": None}).json["locale"] is None
    assert caller.patch("/me", {"email": "x@example.com"}).status_code == 422


def test_a_changed_password_ends_the_other_sessions(api: Api, agent: Member) -> None:
    here, there = api(agent), api(agent)
    body = {"current": agent.password, "new": "a brand new secret"}
    assert here.post("/me/password", {**body, "current": "wrong"}).status_code == 422
    assert here.post("/me/password", {**body, "new": "short"}).json["error"]["details"].keys() == {"new"}
    assert here.post("/me/password", body).status_code == 204
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 401
    assert api(None).post("/auth/token", {"email": agent.email, "password": agent.password}).status_code == 401


# --- tokens for programs ------------------------------------------------------------------------------


def test_an_api_token_does_what_it_may_and_no_more(api: Api, admin: Member) -> None:
    made = api(admin).post("/api-tokens", {"name": "ERP", "scopes": ["team.read"]})
    assert made.status_code == 201
    program = api(None)
    program.token = made.json["token"]
    assert program.get("/users").status_code == 200
    assert program.get("/audit").status_code == 403
    assert program.post("/users", NEW).status_code == 403
    assert program.get("/me").json["permissions"] == ["team.read"]
    for path in ("/api-tokens", "/auth/logout", "/me/password"):
        body = {"name": "x", "scopes": ["team.read"]} if path == "/api-tokens" else None
        body = {"current": "x", "new": "y"} if path == "/me/password" else body
        assert program.post(path, body).status_code == 403
    assert program.patch("/me", {"theme": "dark"}).status_code == 403
    assert program.post("/auth/switch", {"organization_id": str(admin.organization_id)}).status_code == 403
    (listed,) = api(admin).get("/api-tokens").json["items"]
    assert "token" not in listed
    assert listed["last_used_at"] is not None
    assert api(admin).delete(f"/api-tokens/{listed['id']}").status_code == 204
    assert program.get("/users").status_code == 401
    assert api(admin).delete(f"/api-tokens/{admin.id}").status_code == 404


def test_a_token_cannot_do_more_than_its_maker(api: Api, agent: Member, admin: Member) -> None:
    body = {"name": "ERP", "scopes": ["team.manage"]}
    assert api(agent).post("/api-tokens", body).status_code == 422
    past = (utcnow() - timedelta(days=1)).isoformat()
    assert api(admin).post("/api-tokens", {**body, "expires_at": past}).status_code == 422
    program = api(None)
    program.token = api(admin).post("/api-tokens", body).json["token"]
    assert program.post("/users", NEW).status_code == 201


def test_a_token_is_lost_with_the_membership(api: Api, admin: Member, organization: TestOrganization) -> None:
    member = organization.member("agent")
    program = api(None)
    program.token = api(member).post("/api-tokens", {"name": "x", "scopes": ["team.read"]}).json["token"]
    assert program.get("/users").status_code == 200
    api(admin).patch(f"/users/{member.id}", {"active": False})
    assert program.get("/users").status_code == 401


# --- audit --------------------------------------------------------------------------------------------


def test_the_trail_says_who_did_what_from_where(api: Api, admin: Member, agent: Member) -> None:
    api(admin).patch(f"/users/{agent.id}", {"role": "viewer"})
    answer = api(admin).get("/audit", action="user.updated")
    (event_,) = answer.json["items"]
    assert event_["actor_name"] == admin.name
    assert event_["target_id"] == str(agent.id)
    assert event_["before"] == {"role": "agent", "active": True}
    assert event_["after"] == {"role": "viewer", "active": True}
    assert event_["ip"] == "127.0.0.1"
    assert event_["request_id"]


def test_the_trail_pages_by_cursor(api: Api, admin: Member) -> None:
    caller = api(admin)
    for number in range(5):
        caller.patch("/organizations/current", {"name": f"N{number}"})
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = caller.get("/audit", page_size=2, actor=str(admin.id), **more).json
        seen += [one["after"]["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["N4", "N3", "N2", "N1", "N0"]
    assert caller.get("/audit", cursor="nonsense").status_code == 422


def test_logins_are_in_the_trail(api: Api, admin: Member) -> None:
    api(None).post("/auth/token", {"email": admin.email, "password": admin.password})
    assert [one["actor_name"] for one in api(admin).get("/audit", action="auth.login").json["items"]] == [admin.name]


# --- cost ---------------------------------------------------------------------------------------------


def test_authentication_costs_one_query(api: Api, agent: Member) -> None:
    caller = api(agent)
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        assert caller.get("/organizations/current").status_code == 200
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    asked = [text for text in statements if "set_config" not in text]
    assert len(asked) == 2, asked  # who calls, and what was asked for
