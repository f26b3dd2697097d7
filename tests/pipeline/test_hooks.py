"""Plugins in the way: routing of new conversations, and the veto asked again before sending."""

import uuid

import pytest

from ramal.database.session import transaction
from ramal.hookspecs import Veto, hookimpl
from ramal.inbox.models import Label
from ramal.plugins.registry import registry
from ramal.testing.channels import message


@pytest.fixture
def plug(app):
    """``plug(hooks)``: as if the plugin ``echo`` implemented them."""
    plugins = registry()

    def plug(hooks):
        plugins.manager.register(hooks, name="echo")
        plugins._implementations.clear()

    yield plug
    if plugins.manager.has_plugin("echo"):
        plugins.manager.unregister(name="echo")
    plugins._implementations.clear()


class Router:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    @hookimpl
    def route_conversation(self, conversation, message):
        self.asked.append((conversation.contact.name, message.body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_plugin_routes_a_new_conversation_once(wire, plug, agent):
    with transaction() as session:
        session.add(Label(name="VIP", color="#000000"))
    router = Router({"assignee_id": agent.id, "priority": "high", "labels": ["VIP", "none such"]})
    plug(router)
    wire.deliver(message("m1", "oi", name="Ana"), message("m2", "oi?", at=1))

    assert router.asked == [("Ana", "oi")]
    row = wire.one("select assignee_id, priority, status from conversation")
    assert row == {"assignee_id": agent.id, "priority": "high", "status": "open"}
    created = wire.one("select data from event where type = 'conversation.created'").data["conversation"]
    assert created["assignee"] == {"id": str(agent.id), "name": agent.name}
    assert [label["name"] for label in created["labels"]] == ["VIP"]


def test_a_bot_takes_a_conversation_as_pending(wire, plug):
    plug(Router({"control": "bot"}))
    wire.deliver(message("m1"))

    assert wire.one("select control, status from conversation") == {"control": "bot", "status": "pending"}
    created = wire.one("select data from event where type = 'message.created'").data["conversation"]
    assert (created["control"], created["status"]) == ("bot", "pending")


@pytest.mark.parametrize(
    "answer",
    [
        {"assignee_id": "not an id", "priority": "enormous", "control": 7, "labels": "VIP"},
        {"assignee_id": uuid.uuid4()},
        ["nonsense"],
        ZeroDivisionError("router"),
        None,
    ],
)
def test_a_router_that_fails_or_makes_no_sense_changes_nothing(wire, plug, answer):
    plug(Router(answer))
    wire.deliver(message("m1"))

    row = wire.one("select assignee_id, priority, control, status from conversation")
    assert row == {"assignee_id": None, "priority": "none", "control": "none", "status": "open"}


def test_a_veto_that_came_after_the_request_stops_the_message_in_the_queue(wire, sender, plug):
    class Objection:
        @hookimpl
        def before_send(self, message, conversation):
            return Veto(f"{message.body} is not for {conversation.contact.name}")

    sent = wire.send(wire.conversation(), "this")
    plug(Objection())
    sender()

    row = wire.one("select status, error from message where id = :id", id=sent)
    assert row.status == "failed"
    assert row.error["message"].startswith("this is not for ")
    assert wire.provider.ledger == []
