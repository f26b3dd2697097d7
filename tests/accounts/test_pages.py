"""The pages around the login, and the settings, as a browser without JavaScript uses them."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization, join

Login = Callable[[FlaskClient, Member], FlaskClient]
Api = Callable[[Member | None], JsonClient]


def form_token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found.group(1)


def submit(client: FlaskClient, path: str, form: dict[str, str] | None = None, **more: object) -> TestResponse:
    return client.post(path, data=form or {}, **more)  # type: ignore[arg-type]


def log_in(client: FlaskClient, member: Member, **changes: str) -> TestResponse:
    token = form_token(client.get("/login"))
    form = {"email": member.email, "password": member.password, "csrf_token": token, **changes}
    return submit(client, "/login", form)


def test_the_login_form_opens_the_house(client: FlaskClient, agent: Member) -> None:
    answer = log_in(client, agent, next="/settings/profile")
    assert (answer.status_code, answer.location) == (303, "/settings/profile")
    page = client.get("/settings/profile")
    assert page.status_code == 200
    assert agent.email in page.text


@pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"])
def test_the_login_leads_nowhere_else(client: FlaskClient, agent: Member, next_: str) -> None:
    assert log_in(client, agent, next=next_).location == "/"


def test_a_wrong_password_shows_the_form_again(client: FlaskClient, agent: Member) -> None:
    answer = log_in(client, agent, password="wrong", next="/settings/team")
    assert answer.status_code == 401
    assert "Wrong e-mail or password." in answer.text
    assert f'value="{agent.email}"' in answer.text
    assert 'value="/settings/team"' in answer.text


def test_the_login_form_of_another_site_is_refused(client: FlaskClient, agent: Member) -> None:
    form = {"email": agent.email, "password": agent.password}
    assert submit(client, "/login", form).status_code == 403
    token = form_token(client.get("/login"))
    other = submit(client, "/login", {**form, "csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert other.status_code == 403
    assert client.get_cookie("ramal_access") is None


def test_who_is_not_logged_in_is_sent_to_the_login_and_back(client: FlaskClient) -> None:
    answer = client.get("/settings/team?x=1")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/settings/team?x%3D1"


def test_logging_out_ends_the_session(client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    kept = client.get_cookie("ramal_access")
    assert kept is not None
    assert submit(client, "/logout").location == "/login"
    assert client.get_cookie("ramal_access") is None
    client.set_cookie("ramal_access", kept.value)
    assert client.get("/settings/profile").status_code == 302


def test_the_language_is_chosen_before_the_login(client: FlaskClient, organization: TestOrganization) -> None:
    portuguese = {"Accept-Language": "pt-BR"}
    assert '<html lang="pt-BR"' in client.get("/login", headers=portuguese).text
    assert client.get("/login?lang=en&next=/settings").location == "/login?next=/settings"
    assert '<html lang="en"' in client.get("/login", headers=portuguese).text


def test_another_organization_is_one_click_away(
    client: FlaskClient, login: Login, agent: Member, other_organization: TestOrganization
) -> None:
    join(agent, other_organization.id, "viewer")
    login(client, agent)
    assert other_organization.name in client.get("/settings/profile").text
    submit(client, "/switch", {"organization_id": str(other_organization.id)})
    assert client.get("/api/v1/me").json["organization"]["name"] == other_organization.name  # type: ignore[index]


def test_nobody_switches_to_a_strangers_organization(
    client: FlaskClient, login: Login, agent: Member, other_organization: TestOrganization
) -> None:
    login(client, agent)
    assert submit(client, "/switch", {"organization_id": str(other_organization.id)}).status_code == 403
    assert submit(client, "/switch", {"organization_id": "x"}).status_code == 422


def test_the_profile_is_changed_in_a_form(client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    form = {"name": "Beatriz", "locale": "en", "theme": "dark"}
    page = client.post("/settings/profile", data=form, follow_redirects=True)
    assert "Your profile was saved." in page.text
    assert '<html lang="en" data-theme="dark"' in page.text
    wrong = submit(client, "/settings/profile", {"name": " ", "locale": "", "theme": "system"})
    assert wrong.status_code == 422
    assert "is-invalid" in wrong.text


def test_a_form_without_the_csrf_value_changes_nothing(client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    assert submit(client, "/settings/profile", {"name": "Mallory", "theme": "dark"}).status_code == 403
    token = form_token(client.get("/settings/profile"))
    answer = submit(client, "/settings/profile", {"name": "Bia", "theme": "dark", "csrf_token": token})
    assert answer.status_code == 303


def test_the_password_is_changed_in_a_form(client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    form = {"current": agent.password, "new": "a brand new secret", "repeated": "a brand new secret"}
    assert submit(client, "/settings/password", {**form, "repeated": "other"}).status_code == 422
    assert submit(client, "/settings/password", {**form, "current": "wrong"}).status_code == 422
    assert submit(client, "/settings/password", form).status_code == 303
    assert client.get("/settings/profile").status_code == 200, "this session goes on"
    again = client.application.test_client()
    assert log_in(again, agent).status_code == 401
    assert log_in(again, agent, password="a brand new secret").status_code == 303


def test_a_member_is_added_changed_and_switched_off(client: FlaskClient, login: Login, admin: Member, api: Api) -> None:
    login(client, admin)
    form = {"name": "Rui", "email": "rui@example.com", "role": "agent", "password": "a fine password"}
    assert submit(client, "/settings/team/new", {**form, "password": "short"}).status_code == 422
    assert submit(client, "/settings/team/new", form).location == "/settings/team"
    page = client.get("/settings/team")
    assert "rui@example.com" in page.text
    (rui,) = [user for user in api(admin).get("/users").json["items"] if user["name"] == "Rui"]
    path = f"/settings/team/{rui['id']}"
    assert submit(client, path, {"role": "supervisor"}).status_code == 303
    assert submit(client, path, {"active": "false"}).status_code == 303
    assert api(admin).get(f"/users/{rui['id']}").json == {**rui, "role": "supervisor", "active": False}
    assert submit(client, "/settings/team/new", form).status_code == 303
    assert "Rui" in client.get("/settings/team").text


def test_the_last_administrator_stays(client: FlaskClient, login: Login, admin: Member) -> None:
    login(client, admin)
    page = client.post(f"/settings/team/{admin.id}", data={"active": "false"}, follow_redirects=True)
    assert "alert-danger" in page.text
    assert client.get("/settings/team").status_code == 200


def test_an_agent_sees_the_team_and_changes_nothing(client: FlaskClient, login: Login, agent: Member) -> None:
    login(client, agent)
    page = client.get("/settings/team")
    assert agent.email in page.text
    assert "add-member" not in page.text
    assert client.get("/settings/team/new").status_code == 403
    assert submit(client, f"/settings/team/{agent.id}", {"role": "org_admin"}).status_code == 403


def test_the_organization_is_changed_in_a_form(client: FlaskClient, login: Login, admin: Member) -> None:
    login(client, admin)
    form = {"name": "Padaria Nova", "color": "#aa00bb", "timezone": "America/Manaus", "locale": "en"}
    assert submit(client, "/settings/organization", form).status_code == 303
    page = client.get("/settings/organization")
    assert 'value="Padaria Nova"' in page.text
    assert '<option value="America/Manaus" selected>' in page.text
    wrong = submit(client, "/settings/organization", {**form, "timezone": "Mars/Olympus"})
    assert wrong.status_code == 422


def test_tokens_are_made_shown_once_and_revoked(client: FlaskClient, login: Login, agent: Member, api: Api) -> None:
    login(client, agent)
    assert submit(client, "/settings/tokens", {"name": "ERP"}).status_code == 422
    page = submit(client, "/settings/tokens", {"name": "ERP", "scopes": "contact.read"})
    token = re.search(r"ram_[\w-]+", page.text)
    assert token
    caller = api(None)
    caller.token = token.group()
    assert caller.get("/me").json["permissions"] == ["contact.read"]
    listed = client.get("/settings/tokens")
    assert "ERP" in listed.text
    assert token.group() not in listed.text
    path = re.search(r"/settings/tokens/[\w-]+/revoke", listed.text)
    assert path
    assert submit(client, path.group()).status_code == 303
    assert caller.get("/me").status_code == 401


def test_what_was_done_stands_in_the_audit_trail(client: FlaskClient, login: Login, admin: Member) -> None:
    login(client, admin)
    assert "organization.updated" not in client.get("/settings/audit").text
    form = {"name": "Outro nome", "color": "", "timezone": "America/Sao_Paulo", "locale": "pt_BR"}
    submit(client, "/settings/organization", form)
    page = client.get("/settings/audit")
    assert "organization.updated" in page.text
    assert "Outro nome" in page.text
    assert "organization.updated" not in client.get("/settings/audit?action=user.created").text


def test_the_settings_show_what_the_caller_may_open(
    client: FlaskClient, login: Login, agent: Member, admin: Member
) -> None:
    login(client, agent)
    page = client.get("/settings")
    assert "settings-profile" in page.text
    assert "settings-organization" not in page.text
    login(client, admin)
    assert "settings-organization" in client.get("/settings").text
    assert client.get("/").status_code == 302


def test_no_page_styles_inline_or_handles_events_inline(client: FlaskClient, login: Login, admin: Member) -> None:
    pages = ["/login"]
    texts = [client.get(path).text for path in pages]
    login(client, admin)
    for path in ("/settings", "/settings/profile", "/settings/team", "/settings/team/new", "/settings/organization"):
        texts.append(client.get(path).text)
    texts += [
        client.get(path).text for path in ("/settings/audit", "/settings/tokens", "/api/docs", "/api/redoc", "/nope")
    ]
    for text in texts:
        assert not re.search(r"<[^>]+\s(style|on\w+)=", text), text
        for script in re.findall(r"<script[^>]*>", text):
            assert "nonce=" in script, script


def test_an_api_token_opens_no_pages(api: Api, admin: Member, client: FlaskClient) -> None:
    token = api(admin).post("/api-tokens", {"name": "report", "scopes": ["conversation.read"], "expires_at": None})
    program = {"Authorization": f"Bearer {token.json['token']}"}
    made = submit(client, "/settings/tokens", {"name": "another", "scopes": "conversation.read"}, headers=program)
    renamed = submit(client, "/settings/profile", {"name": "Nobody", "theme": "dark"}, headers=program)
    assert (made.status_code, renamed.status_code) == (403, 403)
    assert client.get("/inbox", headers=program).status_code == 403
    assert api(admin).get("/me").json["name"] == admin.name
    assert api(admin).get("/api-tokens").json["total"] == 1


def test_an_api_token_ends_no_other(api: Api, admin: Member, client: FlaskClient) -> None:
    made = api(admin).post("/api-tokens", {"name": "report", "scopes": ["contact.read"], "expires_at": None}).json
    program = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/api/v1/api-tokens", headers=program).status_code == 403
    assert client.delete(f"/api/v1/api-tokens/{made['id']}", headers=program).status_code == 403
