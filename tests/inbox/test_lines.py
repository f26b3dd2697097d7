"""Lines of the thread: what became of a conversation, told in it, and counting for nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ramal.channels.types import Alias
from ramal.contacts.models import PartyAlias
from ramal.database.base import new_id, utcnow
from ramal.database.session import db
from ramal.events.models import Event
from ramal.events.types import TYPES
from ramal.inbox import services
from ramal.inbox.models import Message, OutboxItem
from ramal.inbox.party_view import party_history


def act(caller, conversation, verb, body=None):
    return caller.post(f"/conversations/{conversation.id}/{verb}", body or {})


def shown(caller, conversation):
    """The thread as an agent's screen gets it: words, or what a line says."""
    items = caller.get(f"/conversations/{conversation.id}/messages").json["items"]
    return [item["payload"] if item["kind"] == "system" else item["body"] for item in items]


def told():
    query = db.select(Event).where(Event.type == "message.created").order_by(Event.seq)
    return [event for event in db.session.execute(query).scalars() if event.data["message"]["kind"] == "system"]


def lines():
    return list(db.session.execute(db.select(Message).where(Message.kind == "system")).scalars())


def by(person, event, assignee=None):
    named = {"event": event, "actor": person.name, "actor_id": str(person.id)}
    return named | ({"assignee": assignee.name, "assignee_id": str(assignee.id)} if assignee else {})


def test_the_thread_says_what_became_of_the_conversation(api, admin, agent, conversation):
    boss, caller = api(admin), api(agent)
    act(caller, conversation, "take")
    act(boss, conversation, "assign", {"assignee_id": str(admin.id)})
    act(boss, conversation, "assign", {"assignee_id": str(agent.id)})
    act(boss, conversation, "assign", {"assignee_id": None})
    act(caller, conversation, "resolve")
    act(boss, conversation, "reopen")

    assert shown(caller, conversation) == [
        "Olá",
        by(agent, "taken", agent),
        by(admin, "taken", admin),
        by(admin, "assigned", agent),
        by(admin, "unassigned"),
        by(agent, "resolved"),
        by(admin, "reopened"),
    ]


def test_whoever_answers_first_takes_it_and_the_thread_says_so_above_the_answer(api, agent, conversation):
    caller = api(agent)
    for body in ("Bom dia!", "Em que posso ajudar?"):
        answer = {"client_id": str(new_id()), "body": body}
        assert caller.post(f"/conversations/{conversation.id}/messages", answer).status_code == 202
    assert shown(caller, conversation) == ["Olá", by(agent, "taken", agent), "Bom dia!", "Em que posso ajudar?"]


def test_what_changes_nothing_leaves_no_line(api, admin, agent, conversation, desk_plugin):
    caller = api(agent)
    desk_plugin.objects_to["close"] = "Falta a nota fiscal."
    for verb, body in (
        ("take", None),
        ("take", None),
        ("assign", {"assignee_id": str(agent.id)}),
        ("resolve", None),
        ("reopen", None),
    ):
        act(caller, conversation, verb, body)
    assert act(api(admin), conversation, "take").status_code == 409
    assert shown(caller, conversation) == ["Olá", by(agent, "taken", agent)]


def test_a_line_counts_for_nothing(api, agent, conversation, reload):
    before = reload(conversation)
    kept = ("unread_count", "waiting_since", "last_message", "last_message_at")
    kept_before = [getattr(before, name) for name in kept]
    caller = api(agent)

    act(caller, conversation, "take")

    (line,) = lines()
    assert (line.direction, line.body, line.status, line.author_id, line.client_id) == ("out", None, None, None, None)
    assert [getattr(reload(conversation), name) for name in kept] == kept_before
    assert db.session.execute(db.select(OutboxItem)).first() is None
    for word in ("taken", agent.name, "system"):
        assert caller.get("/conversations", q=word).json["items"] == []
    retry = caller.post(f"/messages/{line.id}/retry", {"client_id": str(new_id())})
    assert retry.status_code == 409
    quote = {"client_id": str(new_id()), "body": "?", "reply_to": str(line.id)}
    assert caller.post(f"/conversations/{conversation.id}/messages", quote).status_code == 422


def test_a_line_is_told_on_the_socket_and_to_nobody_else(api, agent, conversation):
    act(api(agent), conversation, "take")

    (event,) = told()
    assert event.data["message"]["payload"] == by(agent, "taken", agent)
    assert event.data["conversation"]["assignee"]["name"] == agent.name
    assert (event.conversation_id, event.bucket) == (conversation.id, conversation.bucket)
    type_ = TYPES["message.created"]
    assert type_.realtime == "message.created"
    assert type_.hook(event.data) is None
    assert type_.visitor(event.data) is None


def test_the_person_does_not_see_it(api, agent, conversation):
    act(api(agent), conversation, "take")
    alias = db.session.execute(db.select(PartyAlias).where(PartyAlias.party_id == conversation.party_id)).scalar_one()
    history, _cursor = party_history(conversation.channel_id, Alias(alias.kind, alias.value))
    assert [message["body"] for message in history] == ["Olá"]


@pytest.mark.parametrize(
    ("work", "payload"),
    [
        (lambda id_, agent: services.assign(id_, agent.id), "assigned"),
        (lambda id_, _agent: services.resolve(id_), "resolved"),
    ],
)
def test_what_a_plugin_does_names_no_person(agent, conversation, work, payload):
    work(conversation.id, agent)
    (line,) = lines()
    assert line.payload["event"] == payload
    assert "actor" not in line.payload


def test_a_line_never_sorts_before_what_was_there(api, agent, conversation, make):
    make.message(conversation, "do futuro", sent_at=utcnow() + timedelta(minutes=5))
    caller = api(agent)
    act(caller, conversation, "take")
    act(caller, conversation, "resolve")
    events = [line if isinstance(line, str) else line["event"] for line in shown(caller, conversation)]
    assert events == ["Olá", "do futuro", "taken", "resolved"]


def test_a_line_costs_two_statements(agent, conversation, queries):
    """The line itself and its event: the JSON it is told with is that of the change."""
    with queries() as seen:
        services.assign(conversation.id, agent.id)
    inserts = [statement.split()[2] for statement in seen if statement.startswith("INSERT")]
    assert sorted(inserts) == ["event", "event", "message"]
    assert len(seen) <= 9, seen
