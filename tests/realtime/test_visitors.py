"""The socket of a visitor: their conversation, as it is meant for them."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from flask import Flask

from ramal.database.session import use_organization
from ramal.events import signals
from ramal.events.tickets import issue_ticket, redeem
from ramal.inbox.serialize import message_json
from ramal.testing.factories import Factory, TestOrganization

from .conftest import Connect, Happen


def test_a_visitor_sees_their_side_of_their_conversation(
    app: Flask, connect: Connect, organization: TestOrganization, make: Factory, happen: Happen
) -> None:
    use_organization(organization.id)
    mine, foreign = make.conversation(), make.conversation()
    visitor = connect(ticket=issue_ticket(mine.id, 30)).hello()

    def say(conversation: Any, type: str = "message.created", **changes: Any) -> Any:
        message = make.message(conversation, **changes)
        data = {"message": message_json(message, author=(organization.agent.id, "Bia Agente")), "conversation": {}}
        happen(organization.id, type, conversation_id=conversation.id, **data)
        return message

    say(mine, direction="out", kind="note", body="between us")
    say(foreign, body="somebody else's")
    happen(organization.id, "conversation.updated", conversation_id=mine.id, conversation={"assignee": "internal"})
    shown = say(mine, direction="out", body="Bom dia!")
    found = visitor.next()
    assert found["type"] == "message.created"
    assert set(found["data"]) == {"message"}
    message = found["data"]["message"]
    assert (message["id"], message["body"], message["author"]) == (str(shown.id), "Bom dia!", "Bia")
    assert "error" not in message
    assert "between us" not in json.dumps(found)

    happen(
        organization.id,
        "message.status",
        conversation_id=mine.id,
        message_id=str(shown.id),
        conversation_id_=str(mine.id),
        status="read",
        error={"code": "internal"},
        message=message_json(shown),
    )
    assert visitor.next()["data"] == {"message_id": str(shown.id), "status": "read"}
    assert visitor.silent()
    again = connect(ticket=issue_ticket(mine.id, 30)).hello(0)
    assert [again.next()["type"], again.next()["type"]] == ["message.created", "message.status"]
    assert again.silent()


def test_a_visitor_is_told_that_an_agent_types_and_nothing_else(
    connect: Connect, organization: TestOrganization, make: Factory
) -> None:
    mine, foreign = make.conversation(), make.conversation()
    visitor = connect(ticket=issue_ticket(mine.id)).hello()
    agent = connect(organization.agent).hello()
    agent.send(type="viewing", conversation_id=str(mine.id))
    agent.send(type="typing", conversation_id=str(foreign.id))
    agent.send(type="typing", conversation_id=str(mine.id))
    found = visitor.next()
    assert (found["type"], found["data"]["conversation_id"]) == ("typing", str(mine.id))
    visitor.send(type="typing", conversation_id=str(mine.id))
    visitor.send(type="viewing", conversation_id=str(mine.id))
    assert visitor.silent()
    signals.announce_typing(mine.id, by="contact", name="Carla")
    assert agent.until("typing")["data"]["by"] == "contact"
    assert visitor.silent()


def test_a_visitors_ticket_lives_as_long_as_asked(app: Flask, organization: TestOrganization) -> None:
    ticket = issue_ticket(uuid.uuid4(), 7)
    link = app.extensions["ramal.redis"]
    assert link.client.ttl(link.key("ticket", ticket)) <= timedelta(seconds=7).total_seconds()
    found = redeem(ticket)
    assert found is not None
    assert found.principal.permissions == frozenset()
