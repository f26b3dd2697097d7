"""The Apps page and ``/api/v1/plugins``: what an administrator sees and may do, and what it leaves behind."""

from __future__ import annotations

import pytest

from ramal.testing.client import JsonClient, login_cookies


@pytest.fixture
def good(make_app, distribute, admin_of):
    """An application with the good plugin, and its API as an administrator."""
    distribute("good")
    app = make_app("good")
    return app, JsonClient(app, admin_of(app))


@pytest.fixture
def browse(admin_of):
    def open_as(app, role="org_admin"):
        client = app.test_client()
        return login_cookies(app, client, admin_of(app, role))

    return open_as


def card(html, name):
    """The article of one plugin."""
    start = html.index(f'id="app-{name}"')
    return html[start : html.index("</article>", start)]


def audited(owner, organization_id):
    return [
        (row[0], row[1])
        for row in owner(
            "select action, target_id from audit_event where organization_id = :o order by created_at",
            o=organization_id,
        )
    ]


# --- the API --------------------------------------------------------------------------------------


def test_list_and_show(good):
    _app, api = good
    listed = api.get("/plugins").get_json()
    (item,) = [found for found in listed["items"] if found["name"] == "good"]
    assert (item["title"], item["category"], item["state"], item["enabled"]) == (
        "Good",
        "automation",
        "installed",
        False,
    )
    assert (item["version"], item["requires"], item["has_settings"]) == ("0.1.0", [], True)
    assert api.get("/plugins/good").get_json() == item
    assert api.get("/plugins/nowhere").status_code == 404
    assert api.get("/plugins", category="crm").get_json()["items"] == []
    assert api.get("/plugins", enabled="true").get_json()["total"] == 0


def test_enable_and_disable_leave_audit_lines(good, owner, organization_id):
    _app, api = good
    assert api.post("/plugins/good/enable").get_json()["enabled"] is True
    api.post("/plugins/good/enable")
    assert api.post("/plugins/good/disable").get_json()["enabled"] is False
    assert audited(owner, organization_id) == [("plugin.enabled", "good"), ("plugin.disabled", "good")]


def test_only_administrators_may(good, admin_of):
    app, _api = good
    agent = JsonClient(app, admin_of(app, "agent"))
    for answer in (agent.get("/plugins"), agent.post("/plugins/good/enable"), agent.get("/plugins/good/settings")):
        assert answer.status_code == 403


def test_disable_of_a_needed_one_and_enable_of_a_broken_one_conflict(make_app, distribute, write_plugin, admin_of):
    distribute("good")
    write_plugin("behind", manifest="requires=('good',)")
    write_plugin("ill", "    raise RuntimeError('boom')")
    app = make_app("good", "behind", "ill")
    api = JsonClient(app, admin_of(app))
    api.post("/plugins/behind/enable")
    refused = api.post("/plugins/good/disable")
    assert refused.status_code == 409
    assert "Behind" in refused.get_json()["error"]["message"]
    refused = api.post("/plugins/ill/enable")
    assert refused.status_code == 409
    assert "boom" in refused.get_json()["error"]["message"]


def test_settings_are_checked_kept_and_secrets_never_echoed(good, owner, organization_id):
    app, api = good
    shown = api.get("/plugins/good/settings").get_json()
    assert shown["secrets"] == {"keys": False, "token": False}
    assert [field["name"] for field in shown["fields"]][0] == "greeting"
    refused = api.put("/plugins/good/settings", {"limit": 77, "words": ["much too long"]})
    assert refused.status_code == 422
    assert set(refused.get_json()["error"]["details"]) == {"limit", "words", "token"}
    kept = api.put("/plugins/good/settings", {"limit": 5, "token": "s3cret-token", "keys": ["k1", "k2"]})
    assert kept.status_code == 200
    assert kept.get_json()["values"]["limit"] == 5
    assert kept.get_json()["secrets"] == {"keys": True, "token": True}
    everything = str(
        owner("select settings, secrets from organization_plugin where organization_id = :o", o=organization_id)
    )
    for answer in (kept.get_data(as_text=True), api.get("/plugins/good/settings").get_data(as_text=True), everything):
        assert "s3cret" not in answer
    api.put("/plugins/good/settings", {"limit": 6, "token": "", "keys": []})
    from ramal.database.session import db, use_organization
    from ramal.plugins.settings import settings_for

    with app.app_context():
        use_organization(organization_id)
        found = settings_for("good")
        db.session.remove()
    assert (found["limit"], found["token"], found["keys"], found["greeting"]) == (
        6,
        "s3cret-token",
        ["k1", "k2"],
        "Olá",
    )
    assert audited(owner, organization_id) == [("plugin.settings_changed", "good")] * 2


def test_an_unknown_setting_is_refused(good):
    _app, api = good
    answer = api.put("/plugins/good/settings", {"token": "x", "colour": "red"})
    assert answer.status_code == 422
    assert "colour" in answer.get_json()["error"]["details"]


def test_a_plugin_without_settings_has_none(make_app, write_plugin, admin_of):
    write_plugin("plain")
    app = make_app("plain")
    assert JsonClient(app, admin_of(app)).get("/plugins/plain/settings").status_code == 404


def test_one_organization_does_not_see_anothers_switches(good, make_app):
    from ramal.testing.factories import make_organization

    app, api = good
    api.post("/plugins/good/enable")
    api.put("/plugins/good/settings", {"token": "x", "greeting": "mine"})
    with app.app_context():
        other = JsonClient(app, make_organization("Outra").admin)
    assert other.get("/plugins/good").get_json()["enabled"] is False
    assert "greeting" not in other.get("/plugins/good/settings").get_json()["values"]


# --- the gate before routes -----------------------------------------------------------------------


def test_routes_of_a_plugin_answer_404_until_it_is_enabled(good, browse):
    app, api = good
    client = browse(app)
    for path in ("/api/v1/good/things", "/p/good/"):
        assert client.get(path).status_code == 404
    assert app.test_client().get("/p/good/open").status_code == 404
    api.post("/plugins/good/enable")
    assert client.get("/api/v1/good/things").get_json() == {"items": []}
    assert "good things" in client.get("/p/good/").get_data(as_text=True)
    assert app.test_client().get("/p/good/open").get_data(as_text=True) == "open to all"
    api.post("/plugins/good/disable")
    assert client.get("/api/v1/good/things").status_code == 404


def test_csp_sources_of_a_plugin_are_in_the_policy(good, browse):
    app, api = good
    api.post("/plugins/good/enable")
    assert "https://maps.example" in browse(app).get("/p/good/").headers["Content-Security-Policy"]


def test_no_template_of_a_plugin_overrides_another(good, browse):
    app, _api = good
    assert "taken over" not in browse(app).get("/settings/apps").get_data(as_text=True)


def test_menu_shows_what_is_active_and_allowed(good, browse):
    from flask import g

    from ramal.database.session import use_organization
    from ramal.plugins.menu import menu_items

    app, api = good
    with app.test_request_context():
        assert menu_items() == []
        use_organization(api.user.organization_id)
        assert menu_items() == []
    api.post("/plugins/good/enable")
    with app.test_request_context():
        use_organization(api.user.organization_id)
        assert [item.title for item in menu_items()] == ["Good things"]
        g.principal = type("P", (), {"can": lambda self, permission: True})()
        assert [item.title for item in menu_items()] == ["Good things", "Hidden"]
        assert menu_items("settings") == []


# --- the page -------------------------------------------------------------------------------------


def test_the_page_tells_of_every_state(make_app, distribute, write_plugin, browse):
    distribute("good")
    distribute("rogue")
    write_plugin("gone")
    write_plugin("old")
    make_app("gone", "old", "good")
    write_plugin("old", version="0.2.0")
    write_plugin("ill", "    raise RuntimeError('no luck today')")
    write_plugin("future", manifest="hook_api='>=7'")
    write_plugin("behind", manifest="requires=('ill',)")
    app = make_app("good", "rogue", "old", "ill", "future", "behind", install=False)
    html = browse(app).get("/settings/apps").get_data(as_text=True)
    for name, state, sentence in (
        ("ill", "broken", "import: RuntimeError: no luck today"),
        ("behind", "blocked", "it requires ill, which is broken"),
        ("future", "incompatible", "it needs hook_api &gt;=7; this core offers 1.0"),
        ("gone", "missing", "version 0.1.0 is installed, but RAMAL_PLUGINS leaves it out"),
        ("old", "pending_upgrade", "version 0.2.0 is there, the database has 0.1.0: run `ramal plugins upgrade`"),
        ("rogue", "available", ""),
        ("good", "installed", "Does what it should."),
    ):
        found = card(html, name)
        assert f'data-state="{state}"' in found
        assert sentence in found
        assert ("switch-" in found) == (state == "installed")


def test_the_switch_works_without_a_script_and_with_htmx(good, browse):
    app, api = good
    client = browse(app)
    assert client.post("/settings/apps/good/enable").status_code == 303
    assert 'data-enabled="true"' in card(client.get("/settings/apps").get_data(as_text=True), "good")
    answer = client.post("/settings/apps/good/disable", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.get_data(as_text=True).lstrip().startswith('<div id="apps"')
    assert api.get("/plugins/good").get_json()["enabled"] is False


def test_a_refused_switch_says_why(make_app, distribute, write_plugin, browse):
    distribute("good")
    write_plugin("behind", manifest="requires=('good',)")
    app = make_app("good", "behind")
    client = browse(app)
    client.post("/settings/apps/behind/enable")
    found = card(client.get("/settings/apps").get_data(as_text=True), "good")
    assert "Behind" in found
    assert "disabled" in found
    answer = client.post("/settings/apps/good/disable", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "Behind" in answer.get_data(as_text=True)
    assert client.post("/settings/apps/good/disable").status_code == 409


def test_a_suspended_plugin_is_shown_and_resumed(good, browse, organization_id):
    from ramal.plugins.services import suspend_plugin

    app, api = good
    api.post("/plugins/good/enable")
    with app.app_context():
        suspend_plugin(organization_id, "good", "twenty failures")
    client = browse(app)
    assert client.get("/p/good/").status_code == 404
    assert "twenty failures" in card(client.get("/settings/apps").get_data(as_text=True), "good")
    client.post("/settings/apps/good/resume")
    assert client.get("/p/good/").status_code == 200
    assert "twenty failures" not in client.get("/settings/apps").get_data(as_text=True)


def test_the_settings_form_shows_errors_beside_the_fields_and_keeps_what_was_typed(good, browse):
    app, api = good
    client = browse(app)
    html = client.get("/settings/apps/good").get_data(as_text=True)
    assert 'type="password"' in html
    answer = client.post(
        "/settings/apps/good", data={"greeting": "Bom dia", "limit": "99", "words": "a\nb", "mode": "fast"}
    )
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Bom dia"' in html
    assert 'id="limit-error"' in html
    assert 'id="token-error"' in html
    assert 'id="mode-error"' not in html
    answer = client.post(
        "/settings/apps/good",
        data={"greeting": "Bom dia", "limit": "4", "words": "a\nb", "mode": "fast", "token": "hush-hush"},
    )
    assert answer.status_code == 303
    html = client.get(answer.location).get_data(as_text=True)
    assert "hush-hush" not in html
    assert 'value="fast" selected' in html
    values = api.get("/plugins/good/settings").get_json()["values"]
    assert (values["limit"], values["words"], values["active"]) == (4, ["a", "b"], False)
    assert "hush-hush" not in client.post("/settings/apps/good", data={"limit": "99"}).get_data(as_text=True)
