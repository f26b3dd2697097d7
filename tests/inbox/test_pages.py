"""The inbox's page and the fragments that plugins put in it."""

from __future__ import annotations

import json
import re

from ramal.database.base import new_id
from ramal.plugins.contributions import SlotFragment
from ramal.plugins.registry import Contributions, registry


def config_of(answer):
    assert answer.status_code == 200, answer.text
    return json.loads(re.search(r'id="ramal-config"[^>]*>(.*?)</script>', answer.text, re.DOTALL)[1])


def test_the_page_carries_what_the_client_needs(client, login, agent, conversation):
    browser = login(client, agent)
    config = config_of(browser.get("/inbox"))
    assert config["me"]["name"] == agent.name
    assert "conversation.reply" in config["me"]["permissions"]
    assert config["me"]["organization"]["name"] == "Padaria Central"
    assert isinstance(config["position"], int)
    assert config["slot_names"] == ["inbox.sidebar", "inbox.message.actions", "inbox.filters"]
    assert config["conversation"] is None
    assert config_of(browser.get(f"/inbox/{conversation.id}"))["conversation"] == str(conversation.id)


def test_whoever_is_not_logged_in_is_led_to_the_login(client, organization):
    answer = client.get("/inbox", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


def test_a_slot_shows_what_plugins_say_about_the_conversation(client, login, agent, open_conversation):
    conversation = open_conversation("Maria <b>")
    answer = login(client, agent).get(f"/inbox/slots/inbox.sidebar?conversation={conversation.id}")
    assert answer.status_code == 200
    assert "<p>Maria &lt;b&gt;</p>" in answer.text
    assert answer.mimetype == "text/html"


def test_slots_without_fragments_are_empty(client, login, agent, conversation):
    browser = login(client, agent)
    assert browser.get(f"/inbox/slots/inbox.header?conversation={conversation.id}").text == ""
    assert browser.get(f"/inbox/slots/inbox.composer.actions?conversation={conversation.id}").text == ""


def test_a_slot_of_the_list_is_about_nobody(client, login, agent):
    answer = login(client, agent).get("/inbox/slots/inbox.filters")
    assert 'name="filter.desk.label"' in answer.text


def test_a_slot_of_a_message_knows_which_one(client, login, agent, open_conversation, messages_of):
    conversation = open_conversation("Maria <b>", body="Tem <i>pão</i>?")
    (message,) = messages_of(conversation)
    path = f"/inbox/slots/inbox.message.actions?conversation={conversation.id}&message={message.id}"
    answer = login(client, agent).get(path)
    assert answer.status_code == 200
    assert "Copy to Maria &lt;b&gt;: Tem &lt;i&gt;pão&lt;/i&gt;?" in answer.text


def test_a_lazy_fragment_is_told_which_message(client, login, agent, conversation, messages_of, monkeypatch):
    late = SlotFragment("inbox.message.actions", "late", lazy=True, url="/p/desk/{conversation_id}/{message_id}")
    monkeypatch.setattr(registry().records["desk"], "contributions", Contributions(slots=(late,)))
    (message,) = messages_of(conversation)
    path = f"/inbox/slots/inbox.message.actions?conversation={conversation.id}&message={message.id}"
    assert f'hx-get="/p/desk/{conversation.id}/{message.id}"' in login(client, agent).get(path).text


def test_a_message_of_another_conversation_has_no_actions_here(
    client, login, agent, open_conversation, messages_of, other_organization, app
):
    one, other = open_conversation("Ana"), open_conversation("Bia")
    (message,) = messages_of(other)
    browser = login(client, agent)
    path = f"/inbox/slots/inbox.message.actions?conversation={one.id}&message="
    for id_ in (message.id, new_id(), "x", ""):
        assert browser.get(f"{path}{id_}", headers={"Accept": "application/json"}).status_code == 404
    stranger = login(app.test_client(), other_organization.admin)
    theirs = f"/inbox/slots/inbox.message.actions?conversation={other.id}&message={message.id}"
    assert stranger.get(theirs, headers={"Accept": "application/json"}).status_code == 404


def test_slots_that_do_not_exist(client, login, agent, conversation, other_organization, app):
    browser = login(client, agent)
    for path in (
        "inbox.sidebar",
        "inbox.sidebar?conversation=x",
        f"inbox.sidebar?conversation={new_id()}",
        f"settings.sections?conversation={conversation.id}",
    ):
        assert browser.get(f"/inbox/slots/{path}", headers={"Accept": "application/json"}).status_code == 404
    stranger = login(app.test_client(), other_organization.admin)
    assert stranger.get(f"/inbox/slots/inbox.sidebar?conversation={conversation.id}").status_code == 404


# --- labels, in the settings ----------------------------------------------------------------------


def submit(browser, path, **form):
    return browser.post(path, data=form)


def test_labels_are_made_changed_and_removed(client, login, agent):
    browser = login(client, agent)
    assert "/settings/labels" in browser.get("/settings/profile").text
    form = {"name": "VIP", "color": "#aa0000", "description": "paga bem"}
    answer = submit(browser, "/settings/labels", **form)
    assert (answer.status_code, answer.location) == (303, "/settings/labels")
    page = browser.get("/settings/labels").text
    assert "VIP" in page
    assert "paga bem" in page
    action = re.search(r'action="(/settings/labels/[^"/]+)"', page)[1]
    assert submit(browser, action, name="VIP+", color="#00aa00", description="").status_code == 303
    assert "VIP+" in browser.get("/settings/labels").text
    assert submit(browser, f"{action}/delete").status_code == 303
    assert 'data-testid="label"' not in browser.get("/settings/labels").text


def test_label_forms_say_what_does_not_fit(client, login, agent, make):
    browser, label = login(client, agent), make.label("VIP")
    assert submit(browser, "/settings/labels", name="", color="#aa0000").status_code == 422
    answer = submit(browser, f"/settings/labels/{label.id}", name="VIP", color="red")
    assert answer.status_code == 422
    assert "is-invalid" in answer.text
    # A name that is taken is told on the page that follows.
    assert submit(browser, "/settings/labels", name="VIP", color="#aa0000").status_code == 303
    assert browser.get("/settings/labels").text.count('data-testid="label"') == 1


def test_label_pages_are_for_those_who_manage_conversations(client, login, organization, make, other_organization, app):
    label = make.label("VIP")
    viewer = login(client, organization.member("viewer"))
    assert viewer.get("/settings/labels", headers={"Accept": "application/json"}).status_code == 403
    stranger = login(app.test_client(), other_organization.admin)
    assert submit(stranger, f"/settings/labels/{label.id}", name="x", color="#aa0000").status_code == 404
    assert submit(stranger, f"/settings/labels/{label.id}/delete").status_code == 404
