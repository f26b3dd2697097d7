"""Filters that plugins bring to the list: they narrow it, with everything else that narrows it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from ramal.contacts.models import Contact
from ramal.database.base import new_id
from ramal.errors import InvalidPayload
from ramal.inbox.models import Conversation
from ramal.plugins.contributions import ConversationFilter


def names(answer):
    assert answer.status_code == 200, answer.json
    return [item["contact"]["name"] for item in answer.json["items"]]


@pytest.fixture
def narrow(desk_plugin, monkeypatch):
    """``narrow(answer)``: what the plugin says from now on, made of the filters if it is a function."""

    def answers(answer):
        say = answer if callable(answer) else lambda _filters: answer
        monkeypatch.setattr(desk_plugin, "narrow", staticmethod(say))

    return answers


@pytest.fixture
def desk(open_conversation, make, agent, api):
    """Ana and Bia are VIPs, Bia is late too; Caio is neither, and the agent's own."""
    made = {
        "Ana": open_conversation("Ana", body="pedido de pão"),
        "Bia": open_conversation("Bia"),
        "Caio": open_conversation("Caio", assignee_id=agent.id, body="pedido de bolo"),
    }
    vip, late = make.label("VIP"), make.label("Atrasado")
    for name, labels in (("Ana", [vip]), ("Bia", [vip, late])):
        body = {"label_ids": [str(label.id) for label in labels]}
        assert api(agent).put(f"/conversations/{made[name].id}/labels", body).status_code == 200
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"filter.desk.label": "VIP"}, {"Ana", "Bia"}),
        ({"filter.desk.label": ["Atrasado", "Nada"]}, {"Bia"}),
        ({"filter.desk.label": " VIP "}, {"Ana", "Bia"}),
        ({"filter.desk.label": ""}, {"Ana", "Bia", "Caio"}),
        ({"filter.desk.label": "x"}, set()),
        ({"filter.desk.person": ["Ana", "Caio"]}, {"Ana", "Caio"}),
        ({"filter.desk.person": ["Ana", "Caio"], "filter.desk.label": "VIP"}, {"Ana"}),
        ({"filter.desk.person": ["Ana", "Caio"], "q": "pedido", "tab": "mine"}, {"Caio"}),
        ({"filter.desk.label": "VIP", "status": "resolved"}, set()),
        ({"filter.desk.unheard_of": "x"}, {"Ana", "Bia", "Caio"}),
    ],
)
def test_the_list_is_narrowed_by_what_the_plugin_says(api, agent, desk, query, expected):
    assert set(names(api(agent).get("/conversations", **query))) == expected


def test_the_plugin_gets_its_own_parameters_by_their_keys(api, agent, desk, desk_plugin):
    desk_plugin.seen.clear()
    api(agent).get("/conversations", **{"filter.desk.label": ["VIP", "x"], "filter.desk.a-b": "1", "q": "pão"})
    assert desk_plugin.seen == [{"label": ("VIP", "x"), "a-b": ("1",)}]


def test_counts_and_pages_are_narrowed_too(api, agent, desk):
    caller, vip = api(agent), {"filter.desk.label": "VIP"}
    assert caller.get("/conversations/counts", **vip).json == {"mine": 0, "unassigned": 2, "all": 2}
    first = caller.get("/conversations", page_size=1, **vip)
    second = caller.get("/conversations", page_size=1, cursor=first.json["next_cursor"], **vip)
    assert names(first) + names(second) == ["Bia", "Ana"]
    assert second.json["next_cursor"] is None


def test_nobody_is_asked_where_nothing_is_filtered(api, agent, desk, desk_plugin, queries):
    desk_plugin.seen.clear()
    caller = api(agent)
    caller.get("/conversations")
    with queries() as seen:
        caller.get("/conversations")
    assert desk_plugin.seen == []
    assert len(seen) <= 4, seen


def test_a_filter_costs_one_query_more(api, agent, desk, queries):
    caller = api(agent)
    caller.get("/conversations", **{"filter.desk.label": "VIP"})
    with queries() as seen:
        caller.get("/conversations", **{"filter.desk.label": "VIP"})
    assert len(seen) <= 5, seen
    # The ORM's wall stands inside the plugin's select, too; row-level security is the second one.
    assert all("conversation_label.organization_id" in one for one in seen if "label.name IN" in one)


@pytest.mark.parametrize(
    "everything",
    [
        lambda: ConversationFilter(conversations=select(Conversation.id)),
        lambda: ConversationFilter(contacts=select(Contact.id)),
        lambda: ConversationFilter(conversations=select(text("id")).select_from(text("conversation"))),
        lambda: ConversationFilter(conversations=(), contacts=select(Contact.id)),
    ],
)
def test_a_filter_can_not_widen_the_list(
    api, agent, desk, narrow, everything, make, other_organization, acting_for, monkeypatch
):
    with acting_for(other_organization.id):
        theirs = make.conversation(make.party(make.channel("mute", settings={"secret": "s"})))
    narrow([everything(), ConversationFilter(conversations=[theirs.id, *(row.id for row in desk.values())])])
    query = {"filter.desk.label": "VIP", "status": "all"}
    assert set(names(api(agent).get("/conversations", **query))) == {"Ana", "Bia", "Caio"}
    assert names(api(agent).get("/conversations", tab="mine", **query)) == ["Caio"]

    # Whatever the policy hides stays hidden.
    monkeypatch.setattr("ramal.inbox.queries.conversations.visible", lambda: Conversation.assignee_id == agent.id)
    assert names(api(agent).get("/conversations", **query)) == ["Caio"]
    assert api(agent).get("/conversations/counts", **query).json == {"mine": 1, "unassigned": 0, "all": 1}


def test_ids_may_be_given_by_themselves(api, agent, desk, narrow):
    narrow([ConversationFilter(conversations={desk["Ana"].id}, contacts=[desk["Caio"].contact_id])])
    assert names(api(agent).get("/conversations", **{"filter.desk.x": "1"})) == ["Caio", "Ana"]
    narrow([ConversationFilter(conversations=[])])
    assert names(api(agent).get("/conversations", **{"filter.desk.x": "1"})) == []


@pytest.mark.parametrize(
    "query",
    [
        {"filter.nobody.key": "x"},
        {"filter.desk": "x"},
        {"filter.desk.": "x"},
        {"filter.Desk.key": "x"},
        {"filter.desk.a.b": "x"},
        {"filter.": "x"},
        {"filter.desk.key": "x" * 201},
        {"filter.desk.key": "a\x00b"},
        {"filter.desk.key": ["x"] * 51},
    ],
)
def test_parameters_that_make_no_sense(api, agent, conversation, query):
    for path in ("/conversations", "/conversations/counts"):
        answer = api(agent).get(path, **query)
        assert answer.status_code == 422
        assert list(answer.json["error"]["details"]) == list(query)


def test_a_plugin_that_is_off_filters_nothing(api, agent, desk, monkeypatch):
    monkeypatch.setattr("ramal.plugins.dispatch.active_plugins", lambda _organization_id: frozenset())
    assert api(agent).get("/conversations", **{"filter.desk.label": "VIP"}).status_code == 422


def test_a_value_the_plugin_refuses_is_named(api, agent, desk, narrow):
    def refuse(_filters):
        raise InvalidPayload("There is no such stage.", {"stage": ["There is no such stage."]})

    narrow(refuse)
    with capture_logs() as lines:
        answer = api(agent).get("/conversations", **{"filter.desk.stage": "x"})
    assert answer.status_code == 422
    assert answer.json["error"]["message"] == "There is no such stage."
    assert answer.json["error"]["details"] == {"filter.desk.stage": ["There is no such stage."]}
    assert [line for line in lines if line["log_level"] == "error"] == []


def raises(_filters):
    raise RuntimeError("secret detail")


def swallows_an_sql_error(_filters):
    from ramal.api import session

    try:
        session.execute(text("select 1 / 0"))
    except Exception:
        return [ConversationFilter(conversations=[])]


@pytest.mark.parametrize(
    "answer",
    [
        raises,
        swallows_an_sql_error,
        ["not a filter"],
        [ConversationFilter()],
        [ConversationFilter(conversations=["not an id"])],
        [ConversationFilter(conversations=select(text("nothing")))],
        [ConversationFilter(conversations=select(Conversation.id, Conversation.status))],
        [ConversationFilter(contacts=select(Contact.name))],
    ],
)
def test_a_plugin_that_fails_says_so_and_breaks_nothing_else(api, agent, desk, narrow, answer):
    narrow(answer)
    caller = api(agent)
    for path in ("/conversations", "/conversations/counts"):
        refused = caller.get(path, **{"filter.desk.label": "VIP"})
        assert refused.status_code == 503
        assert refused.json["error"]["message"] == "The filter of Desk does not work at the moment."
    assert set(names(caller.get("/conversations"))) == {"Ana", "Bia", "Caio"}


def test_a_filter_is_for_those_who_may_read(api, agent, desk, organization, client):
    assert client.get(f"/api/v1/conversations?filter.desk.label=VIP&x={new_id()}").status_code == 401
    viewer = api(organization.member("viewer"))
    assert len(names(viewer.get("/conversations", **{"filter.desk.label": "VIP"}))) == 2
