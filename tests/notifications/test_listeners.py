"""What the core itself tells: assignments, messages nobody looks at, channels, suspended plugins."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from ramal.channels.state import need_attention, set_channel_status
from ramal.database.session import db, transaction
from ramal.events import listeners
from ramal.events.delivery import deliver
from ramal.events.sequencer import sequence
from ramal.events.services import emit_event
from ramal.events.signals import announce_viewing
from ramal.events.worker_steps import drain_events_once
from ramal.inbox import services as inbox
from ramal.inbox.items import conversation_item, message_item
from ramal.plugins.services import suspend_plugin


@pytest.fixture
def writes(make, conversation):
    """``writes("Oi")``: Marina writes, as far as the log can tell."""

    def write(body: str | None = "Oi", kind: str = "text", direction: str = "in", conversation: Any = conversation):
        message = make.message(conversation, body, kind=kind, direction=direction)
        with transaction():
            emit_event(
                "message.created",
                {"message": message_item(message), "conversation": conversation_item(db.session.merge(conversation))},
                conversation_id=conversation.id,
                bucket=conversation.bucket,
            )
        return message

    return write


def test_a_message_is_told_to_whose_conversation_it_is_in(bell, api, writes, agent, admin, conversation):
    writes("Bom dia!")
    assert bell(agent) == [("New message from Marina Exemplo", 1)]
    assert bell(admin) == []
    (found,) = api(agent).get("/notifications").json["items"]
    assert (found["body"], found["url"]) == ("Bom dia!", f"/inbox/{conversation.id}")
    writes("Tem pão?")
    writes(None, kind="voice")
    assert bell(agent) == [("New message from Marina Exemplo", 3)]
    assert api(agent).get("/notifications").json["items"][0]["body"] == "Voice message"
    api(agent).post("/notifications/read-all", {"conversation_id": str(conversation.id)})
    writes("Alô?")
    assert bell(agent) == [("New message from Marina Exemplo", 1), ("New message from Marina Exemplo", 3)]


@pytest.mark.parametrize("message", [{"direction": "out"}, {"kind": "system"}])
def test_what_is_no_message_of_a_customer_is_not_told(bell, writes, agent, message):
    writes(**message)
    assert bell(agent) == []


def test_a_conversation_of_nobody_tells_nobody(bell, writes, agent, make, queries):
    writes(conversation=make.conversation())
    with queries() as seen:
        assert drain_events_once() == 1
    assert seen == []
    assert bell(agent) == []


def test_whoever_looks_is_not_told(bell, writes, agent, colleague, conversation, organization):
    def look(member: Any, present: bool) -> None:
        viewer = (member.id, member.name, f"socket of {member.name}")
        announce_viewing(organization.id, conversation.id, viewer, present=present)

    look(agent, True)
    writes("Já vi")
    assert bell(agent) == []
    look(agent, False)
    look(colleague, True)
    writes("Não vi")
    assert bell(agent) == [("New message from Marina Exemplo", 1)]


def test_without_redis_nobody_is_known_to_look(bell, writes, agent, conversation, organization, app, monkeypatch):
    announce_viewing(organization.id, conversation.id, (agent.id, agent.name, "s"), present=True)
    monkeypatch.setattr(app.extensions["ramal.redis"], "client", None)
    writes("Oi")
    assert bell(agent) == [("New message from Marina Exemplo", 1)]


def test_many_messages_cost_a_few_statements(writes, agent, make, queries):
    mine = [make.conversation(make.party(), assignee_id=agent.id) for _ in range(5)]
    writes(conversation=mine[0])
    with queries() as seen:
        drain_events_once()
    few = len(seen)
    for one in mine:
        for _ in range(3):
            writes(conversation=one)
    with queries() as seen:
        drain_events_once()
    # The events of the bell are one statement more for each, at most.
    assert len(seen) - few <= 4


def test_an_assignment_is_told_once_to_whom_others_assign(bell, api, agent, admin, colleague, make):
    conversation = make.conversation(make.party(contact=make.contact("Marina Exemplo")))
    path = f"/conversations/{conversation.id}"
    assert api(agent).post(f"{path}/take").status_code == 200
    assert bell(agent) == []
    assert api(admin).post(f"{path}/assign", {"assignee_id": str(colleague.id)}).status_code == 200
    assert bell(colleague) == [("Ana Admin gave you the conversation with Marina Exemplo", 1)]
    assert bell(agent) == bell(admin) == []
    # An automation acts for nobody.
    inbox.assign(conversation.id, None)
    inbox.assign(conversation.id, agent.id)
    assert bell(agent) == [("The conversation with Marina Exemplo is yours now", 1)]
    deliver(conversation.organization_id, range(64))
    assert len(bell(agent)) == 1


def test_a_channel_that_needs_attention_is_told_to_who_manages_it(bell, agent, admin, make):
    channel = make.channel(name="WhatsApp da loja")
    for detail in ("Token expirado", "Token revogado"):
        with transaction():
            need_attention(channel.id, detail)
    assert bell(admin) == [("The channel WhatsApp da loja needs attention", 1)]
    assert bell(agent) == []
    with transaction():
        set_channel_status(channel.id, "ready", None)
    with transaction():
        need_attention(channel.id, "Outra vez")
    assert bell(admin) == [("The channel WhatsApp da loja needs attention", 2)]


def test_a_suspended_plugin_is_told_to_who_may_resume_it(bell, agent, admin, organization):
    suspend_plugin(organization.id, "pigeon", "It hangs")
    assert bell(admin) == [("The plugin pigeon was suspended", 1)]
    assert bell(agent) == []


# --- listeners of the log ---------------------------------------------------------------------------


@pytest.fixture
def heard(monkeypatch):
    """Listeners of this test only: ``heard(function)``."""

    def hear(listener: Any) -> None:
        monkeypatch.setattr(listeners, "_LISTENERS", [(frozenset({"document.issued"}), listener)])

    return hear


def happen(count: int = 1) -> None:
    for number in range(count):
        with transaction():
            emit_event("document.issued", {"number": number})
    sequence()


def undelivered(rows) -> int:
    return len(rows("select id from event where delivered_at is null"))


def test_a_listener_hears_each_event_once_in_order(heard, organization, rows):
    numbers: list[int] = []
    heard(lambda events: numbers.extend(event.data["number"] for event in events))
    happen(3)
    for _ in range(2):
        deliver(organization.id, range(64))
    assert numbers == [0, 1, 2]
    assert undelivered(rows) == 0


def test_a_listener_that_fails_holds_nothing_up(heard, organization, make, rows):
    def write_and_fail(events: Any) -> None:
        for event in events:
            make.label(f"Label {event.data['number']}")
            if event.data["number"] == 1:
                raise RuntimeError("no")

    heard(write_and_fail)
    happen(3)
    deliver(organization.id, range(64))
    assert undelivered(rows) == 0
    assert {row.name for row in rows("select name from label")} == {"Label 0", "Label 2"}


def test_when_postgresql_fails_the_event_comes_again(heard, organization, rows):
    failures = [1, 1]

    def fail(_events: Any) -> None:
        if failures:
            failures.pop()
            raise OperationalError("select 1", {}, Exception("gone"))

    heard(fail)
    happen()
    with pytest.raises(OperationalError):
        deliver(organization.id, range(64))
    assert undelivered(rows) == 1
    deliver(organization.id, range(64))
    assert undelivered(rows) == 0


def test_an_event_that_only_a_listener_hears_waits_for_it(heard, organization, rows):
    heard(lambda events: None)
    with transaction():
        emit_event("conversation.updated", {"conversation": {"id": str(uuid.uuid4())}})
    sequence()
    assert undelivered(rows) == 0
    with transaction():
        emit_event("document.issued", {})
    sequence()
    assert undelivered(rows) == 1
