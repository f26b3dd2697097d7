"""The list, its counts and search, and the thread: what is in them, their pages, and what they cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ramal.database.base import new_id, utcnow
from ramal.inbox.queries.search import with_endings
from ramal.inbox.schemas.items import (
    AttachmentSchema,
    ConversationDetailSchema,
    ConversationSchema,
    MessageSchema,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def ids(answer):
    assert answer.status_code == 200, answer.json
    return [item["id"] for item in answer.json["items"]]


def names(answer):
    assert answer.status_code == 200, answer.json
    return [item["contact"]["name"] for item in answer.json["items"]]


@pytest.fixture
def desk(open_conversation, make, agent, admin):
    """Five conversations, the newest last."""
    made = {}
    for number, (name, changes) in enumerate(
        {
            "Ana": {"assignee_id": agent.id},
            "Bia": {},
            "Caio": {"assignee_id": admin.id, "priority": "urgent"},
            "Davi": {"status": "resolved"},
            "Eva": {"status": "pending", "waiting_since": None},
        }.items()
    ):
        conversation = open_conversation(name, **{"waiting_since": START - timedelta(hours=number), **changes})
        make.message(conversation, f"sou {name}", sent_at=START + timedelta(minutes=number))
        made[name] = conversation
    return made


def test_tabs_and_filters(api, agent, admin, desk, make):
    caller = api(agent)
    assert names(caller.get("/conversations")) == ["Caio", "Bia", "Ana"]
    assert names(caller.get("/conversations", tab="mine")) == ["Ana"]
    assert names(caller.get("/conversations", tab="unassigned")) == ["Bia"]
    assert names(caller.get("/conversations", tab="unassigned", status="all")) == ["Eva", "Davi", "Bia"]
    assert names(caller.get("/conversations", status="all")) == ["Eva", "Davi", "Caio", "Bia", "Ana"]
    assert names(caller.get("/conversations", status="resolved")) == ["Davi"]
    assert names(caller.get("/conversations", status="pending")) == ["Eva"]
    assert names(caller.get("/conversations", assignee=str(admin.id))) == ["Caio"]
    assert names(caller.get("/conversations", channel=str(desk["Ana"].channel_id))) == ["Caio", "Bia", "Ana"]
    assert names(caller.get("/conversations", channel=str(new_id()))) == []
    vip = make.label("VIP")
    caller.put(f"/conversations/{desk['Bia'].id}/labels", {"label_ids": [str(vip.id)]})
    assert names(caller.get("/conversations", label=str(vip.id))) == ["Bia"]
    assert names(caller.get("/conversations", contact=str(desk["Ana"].contact_id))) == ["Ana"]


@pytest.mark.parametrize(
    "query", [{"tab": "x"}, {"status": "x"}, {"sort": "x"}, {"cursor": "x"}, {"page_size": 0}, {"page_size": 101}]
)
def test_queries_that_make_no_sense(api, agent, conversation, query):
    answer = api(agent).get("/conversations", **query)
    assert answer.status_code == 422
    assert next(iter(query)) in answer.json["error"]["details"]


def test_orders(api, agent, desk):
    caller = api(agent)
    assert names(caller.get("/conversations", status="all", sort="waiting")) == ["Davi", "Caio", "Bia", "Ana", "Eva"]
    assert names(caller.get("/conversations", status="all", sort="priority"))[0] == "Caio"
    assert names(caller.get("/conversations", status="all", sort="created")) == ["Eva", "Davi", "Caio", "Bia", "Ana"]


@pytest.mark.parametrize("sort", ["last_activity", "waiting", "created", "priority"])
def test_pages_by_key_show_each_conversation_once(api, agent, desk, sort):
    caller, found, cursor = api(agent), [], {}
    whole = ids(caller.get("/conversations", status="all", sort=sort))
    for _page in range(10):
        answer = caller.get("/conversations", status="all", sort=sort, page_size=2, **cursor)
        found += ids(answer)
        if answer.json["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json["next_cursor"]}
    assert found == whole
    assert len(set(found)) == 5


def test_pages_by_key_where_nobody_waits(api, agent, open_conversation):
    for number in range(5):
        open_conversation(f"P{number}", waiting_since=None if number % 2 else START)
    caller, found, cursor = api(agent), [], {}
    while True:
        answer = caller.get("/conversations", sort="waiting", page_size=1, **cursor)
        found += ids(answer)
        if answer.json["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json["next_cursor"]}
    assert len(found) == len(set(found)) == 5


def test_counts(api, agent, desk):
    assert api(agent).get("/conversations/counts").json == {"mine": 1, "unassigned": 1, "all": 3}
    assert api(agent).get("/conversations/counts", status="all").json == {"mine": 1, "unassigned": 3, "all": 5}


def test_counts_stop_at_a_hundred(api, agent, make, channel):
    contact = make.contact()
    for _ in range(103):
        make.conversation(make.party(channel, contact))
    assert api(agent).get("/conversations/counts").json == {"mine": 0, "unassigned": 100, "all": 100}


def test_items_have_exactly_the_documented_fields(api, agent, conversation, make):
    caller = api(agent)
    item = caller.get("/conversations").json["items"][0]
    assert set(item) == set(ConversationSchema().fields)
    detail = caller.get(f"/conversations/{conversation.id}").json
    assert set(detail) == set(ConversationDetailSchema().fields)
    for name, field in ConversationDetailSchema().fields.items():
        if hasattr(field, "schema") and detail[name]:
            assert set(detail[name]) == set(field.schema.fields), name
    message = caller.get(f"/conversations/{conversation.id}/messages").json["items"][0]
    assert set(message) == set(MessageSchema().fields)
    assert "url" in AttachmentSchema().fields


def test_can_send_says_until_when(api, agent, open_conversation):
    opened = utcnow() - timedelta(hours=23)
    conversation = open_conversation("Ana", window=opened)
    shut = open_conversation("Bia", window=utcnow() - timedelta(hours=30))
    caller = api(agent)
    permission = caller.get(f"/conversations/{conversation.id}").json["can_send"]
    assert permission["allowed"] is True
    assert permission["expires_at"][:19] == (opened + timedelta(hours=24)).isoformat()[:19]
    by_id = {item["id"]: item["can_send"] for item in caller.get("/conversations").json["items"]}
    assert by_id[str(shut.id)] == {"allowed": False, "reason": "The window is closed.", "expires_at": None}


def test_a_channel_whose_plugin_is_off_can_send_nothing(api, agent, make):
    conversation = make.conversation(make.party(make.channel("gone", plugin="gone")))
    item = api(agent).get(f"/conversations/{conversation.id}").json
    assert item["can_send"]["allowed"] is False
    assert item["capabilities"]["kinds"] == []


def test_the_list_costs_four_queries_however_long(api, agent, open_conversation, queries, make):
    caller = api(agent)
    for number in range(12):
        open_conversation(f"P{number}", assignee_id=agent.id)
    caller.get("/conversations")
    with queries() as seen:
        assert len(ids(caller.get("/conversations"))) == 12
    assert len(seen) <= 4, seen
    with queries() as seen:
        caller.get("/conversations/counts")
    assert len(seen) <= 2, seen
    with queries() as seen:
        assert len(ids(caller.get("/conversations", q="Olá"))) == 12
    assert len(seen) <= 5, seen


def test_the_thread_costs_five_queries_however_long(api, agent, conversation, make, queries):
    caller = api(agent)
    for number in range(30):
        make.message(conversation, f"m{number}", direction="out", author_id=agent.id)
    caller.get(f"/conversations/{conversation.id}/messages")
    with queries() as seen:
        assert len(ids(caller.get(f"/conversations/{conversation.id}/messages"))) == 31
    assert len(seen) <= 5, seen


# --- search -------------------------------------------------------------------------------------------


@pytest.fixture
def archive(open_conversation, make, channel):
    maria = open_conversation("María José da Conceição", body="Quero fazer uma reclamação sobre a entrega")
    joao = open_conversation("João Souza", body="Tenho duas reclamações e um elogio")
    phone = make.party(channel, make.contact("Sem Nome", phone="+5511987654321"), address="551187654321")
    silent = make.conversation(phone)
    make.message(silent, "bom dia, os pães chegaram?")
    return {"maria": str(maria.id), "joao": str(joao.id), "silent": str(silent.id)}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("maria", {"maria"}),
        ("MARÍA", {"maria"}),
        ("conceicao", {"maria"}),
        ("jose mar", {"maria"}),
        ("joão", {"joao"}),
        ("joao so", {"joao"}),
        ("reclamacao", {"maria", "joao"}),
        ("reclamação", {"maria", "joao"}),
        ("reclamações", {"maria", "joao"}),
        ("reclamacoes", {"maria", "joao"}),
        ("RECLAMACOES", {"maria", "joao"}),
        ("reclam", {"maria", "joao"}),
        ("reclamacao entrega", {"maria"}),
        ("reclamacao -entrega", {"joao"}),
        ('"duas reclamações"', {"joao"}),
        ("paes", {"silent"}),
        ("11 98765-4321", {"silent"}),
        ("11 8765-4321", {"silent"}),
        ("+55 11 8765-4321", {"silent"}),
        ("5511987654321", {"silent"}),
        ("98765-4321", {"silent"}),
        ("87654321", {"silent"}),
        ("4321", {"silent"}),
        ("nada disso", set()),
        ("'); drop table message; --", set()),
        ("& | ! ( ) : * <->", set()),
        ("\\", {"maria", "joao", "silent"}),
        ("a", {"maria", "joao", "silent"}),
    ],
)
def test_search(api, agent, archive, typed, expected):
    found = ids(api(agent).get("/conversations", q=typed))
    assert set(found) == {archive[name] for name in expected}


def test_search_counts(api, agent, archive):
    assert api(agent).get("/conversations/counts", q="reclamacoes").json["all"] == 2


def test_search_stays_in_the_organization(api, archive, other_organization):
    stranger = api(other_organization.admin)
    for typed in ("maria", "reclamacao", "11987654321", "4321"):
        assert ids(stranger.get("/conversations", q=typed)) == []


def test_search_of_a_common_word_walks_the_list(api, agent, archive, monkeypatch):
    monkeypatch.setattr("ramal.inbox.queries.search.RARE", 1)
    found = ids(api(agent).get("/conversations", q="reclamacoes"))
    assert set(found) == {archive["maria"], archive["joao"]}


@pytest.fixture
def full_archive(archive, make, owner_engine):
    """Three thousand messages more, and statistics about them."""
    busy = make.conversation(make.party(make.channel("mute", settings={"secret": "s"})))
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(
            "insert into message (id, organization_id, conversation_id, channel_id, direction, kind, body, sent_at)"
            " select gen_random_uuid(), organization_id, id, channel_id, 'in', 'text',"
            " case when n = 17 then 'xilofone' else 'pedido ' || n end, now() from conversation,"
            f" generate_series(1, 3000) n where id = '{busy.id}'"
        )
        connection.exec_driver_sql("analyze message")
    return {**archive, "busy": str(busy.id)}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("xilofone", {"busy"}),
        ("pedido", {"busy"}),
        ("pedidos", {"busy"}),
        ("reclamacoes", {"maria", "joao"}),
        ("maria", {"maria"}),
        ("11 8765-4321", {"silent"}),
        ("zebra", set()),
    ],
)
def test_rare_and_common_words_are_found_alike(api, agent, full_archive, monkeypatch, typed, expected):
    for rare in (0, 50, 5000):
        monkeypatch.setattr("ramal.inbox.queries.search.RARE", rare)
        found = ids(api(agent).get("/conversations", q=typed))
        assert set(found) == {full_archive[name] for name in expected}, rare
    with_alias_only = ids(api(agent).get("/conversations", q="5511987654321"))
    assert with_alias_only == [full_archive["silent"]]


def test_nul_in_a_search_is_refused(api, agent, archive):
    assert api(agent).get("/conversations", q="a\x00b").status_code == 422


def test_endings():
    assert with_endings("reclamacoes e paes, opcao") == "reclamações e paes, opção"


# --- the thread -----------------------------------------------------------------------------------------


@pytest.fixture
def thread(make, channel):
    """Nine messages, two of them at the same second."""
    conversation = make.conversation(make.party(channel))
    times = [0, 1, 2, 3, 3, 5, 6, 7, 8]
    messages = [
        make.message(conversation, f"m{index}", sent_at=START + timedelta(minutes=minute))
        for index, minute in enumerate(times)
    ]
    return conversation, messages


def bodies(answer):
    assert answer.status_code == 200, answer.json
    return [item["body"] for item in answer.json["items"]]


def test_the_newest_page_is_in_the_order_of_the_thread(api, agent, thread):
    conversation, _messages = thread
    answer = api(agent).get(f"/conversations/{conversation.id}/messages", page_size=4)
    assert bodies(answer) == ["m5", "m6", "m7", "m8"]
    assert answer.json["prev_cursor"] is None
    assert answer.json["next_cursor"]


def test_older_and_newer_pages_meet(api, agent, thread):
    conversation, _messages = thread
    caller, path = api(agent), f"/conversations/{conversation.id}/messages"
    first = caller.get(path, page_size=4).json
    second = caller.get(path, page_size=4, before=first["next_cursor"]).json
    third = caller.get(path, page_size=4, before=second["next_cursor"]).json
    shown = [item["body"] for page in (third, second, first) for item in page["items"]]
    assert shown == [f"m{number}" for number in range(9)]
    assert third["next_cursor"] is None

    back = caller.get(path, page_size=3, after=third["prev_cursor"]).json
    assert [item["body"] for item in back["items"]] == ["m1", "m2", "m3"]
    rest = caller.get(path, page_size=100, after=back["prev_cursor"]).json
    assert [item["body"] for item in rest["items"]] == ["m4", "m5", "m6", "m7", "m8"]
    assert rest["prev_cursor"] is None


def test_around_a_message(api, agent, thread):
    conversation, messages = thread
    caller, path = api(agent), f"/conversations/{conversation.id}/messages"
    answer = caller.get(path, around=str(messages[4].id), page_size=5)
    assert bodies(answer) == ["m2", "m3", "m4", "m5", "m6"]
    assert answer.json["next_cursor"]
    assert answer.json["prev_cursor"]
    assert bodies(caller.get(path, around=str(messages[8].id), page_size=5)) == ["m4", "m5", "m6", "m7", "m8"]
    assert caller.get(path, around=str(new_id())).status_code == 404


def test_a_thread_that_does_not_exist(api, agent, thread, other_organization):
    conversation, messages = thread
    assert api(agent).get(f"/conversations/{new_id()}/messages").status_code == 404
    stranger = api(other_organization.admin)
    assert stranger.get(f"/conversations/{conversation.id}/messages").status_code == 404
    assert stranger.get(f"/conversations/{conversation.id}").status_code == 404
    assert stranger.get(f"/messages/{messages[0].id}").status_code == 404
    assert stranger.get("/conversations").json["items"] == []


def test_cursors_that_are_none_of_ours(api, agent, thread):
    conversation, _messages = thread
    for cursor in ("x", "bnVsbA", "W10", "é" * 10):
        answer = api(agent).get(f"/conversations/{conversation.id}/messages", before=cursor)
        assert answer.status_code == 422


def test_one_message(api, agent, thread):
    _conversation, messages = thread
    assert api(agent).get(f"/messages/{messages[0].id}").json["body"] == "m0"
    assert api(agent).get(f"/messages/{new_id()}").status_code == 404
