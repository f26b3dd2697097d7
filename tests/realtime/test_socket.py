"""The socket: what its holder sees, what it missed, and what it says."""

from __future__ import annotations

import time
import uuid

import pytest
from flask import Flask
from sqlalchemy import text

from ramal.database.session import system_transaction
from ramal.events import hub as hub_module
from ramal.events.hub import Hub
from ramal.events.subscriber import Subscriber
from ramal.http.principal import Principal
from ramal.testing.factories import TestOrganization

from .conftest import Connect, Happen, until


def test_events_arrive_in_their_envelope(connect: Connect, organization: TestOrganization, happen: Happen) -> None:
    client = connect(organization.agent).hello()
    position = happen(organization.id, word="olá")
    found = client.next()
    assert found.pop("at").endswith("Z")
    assert found == {
        "version": "v1",
        "id": position,
        "type": "test.shown",
        "organization": str(organization.id),
        "data": {"word": "olá"},
    }


def test_ping_is_answered(connect: Connect, organization: TestOrganization) -> None:
    client = connect(organization.agent).hello()
    client.send(type="ping")
    assert client.next()["type"] == "pong"


def test_nonsense_is_ignored(connect: Connect, organization: TestOrganization) -> None:
    client = connect(organization.agent).hello()
    for nonsense in (
        "{",
        "[]",
        "null",
        '{"type": 1}',
        '{"type": "typing"}',
        "[" * 15_000,
        '{"type":"viewing","conversation_id":"x"}',
        '{"type":"viewing","conversation_id":7}',
        '{"type":"typing","conversation_id":[7]}',
    ):
        client.ws.send(nonsense)
    client.send(type="hello", last=None)
    assert client.silent()


def test_a_huge_message_ends_the_socket(connect: Connect, organization: TestOrganization) -> None:
    client = connect(organization.agent).hello()
    client.ws.send("x" * 20_000)
    assert client.close_code() == 1009


def test_another_organization_sees_nothing(
    connect: Connect, organization: TestOrganization, other_organization: TestOrganization, happen: Happen
) -> None:
    ours, theirs = connect(organization.agent).hello(), connect(other_organization.agent).hello()
    happen(organization.id, word="ours")
    happen(other_organization.id, word="theirs")
    assert ours.next()["data"]["word"] == "ours"
    assert theirs.next()["data"]["word"] == "theirs"
    assert ours.silent()
    assert theirs.silent()
    # Nor does resuming show it.
    assert connect(organization.agent).hello(0).next()["data"]["word"] == "ours"


def test_permissions_decide(connect: Connect, organization: TestOrganization, happen: Happen) -> None:
    agent, admin = connect(organization.agent).hello(), connect(organization.admin).hello()
    happen(organization.id, "test.admins", word="secret")
    happen(organization.id, word="all")
    assert [admin.next()["data"]["word"], admin.next()["data"]["word"]] == ["secret", "all"]
    assert agent.next()["data"]["word"] == "all"
    assert connect(organization.agent).hello(0).next()["data"]["word"] == "all"


def test_notifications_reach_those_they_are_for(
    connect: Connect, organization: TestOrganization, happen: Happen
) -> None:
    agent, admin = connect(organization.agent).hello(), connect(organization.admin).hello()
    happen(organization.id, "progress", title="for admins", permission="plugin.manage", user_ids=None)
    happen(organization.id, "progress", title="for one", permission=None, user_ids=[str(organization.agent.id)])
    happen(organization.id, "notification", user_id=str(organization.agent.id), permission=None, action="read")
    assert admin.next()["data"]["title"] == "for admins"
    assert agent.next()["data"]["title"] == "for one"
    assert agent.next()["data"] == {"action": "read"}
    assert admin.silent()


def test_a_client_that_comes_back_misses_nothing(
    connect: Connect, organization: TestOrganization, happen: Happen
) -> None:
    client = connect(organization.agent).hello()
    first = happen(organization.id, n=1)
    assert client.next()["id"] == first
    client.ws.shutdown()
    for n in (2, 3):
        happen(organization.id, n=n)
    back = connect(organization.agent).hello(first)
    assert [back.next()["data"]["n"] for _ in range(2)] == [2, 3]
    happen(organization.id, n=4)
    assert back.next()["data"]["n"] == 4


def test_a_hello_without_position_begins_now(connect: Connect, organization: TestOrganization, happen: Happen) -> None:
    position = happen(organization.id, n=1)
    client = connect(organization.agent).hello()
    assert client.position == position
    assert client.silent()


def test_too_much_missed_means_resync(
    connect: Connect, organization: TestOrganization, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "REPLAY_LIMIT", 2)
    first = happen(organization.id, n=1)
    for n in range(3):
        happen(organization.id, n=n)
    client = connect(organization.agent).hello(first)
    found = client.next()
    assert (found["type"], found["position"]) == ("resync", client.position)
    monkeypatch.setattr(hub_module, "REPLAY_LIMIT", 500)
    monkeypatch.setattr(hub_module, "REPLAY_STRETCH", 2)
    assert connect(organization.agent).hello(first).next()["type"] == "resync"


def test_without_redis_news_come_within_a_second(
    app: Flask, connect: Connect, organization: TestOrganization, happen: Happen
) -> None:
    client = connect(organization.agent).hello()
    link = app.extensions["ramal.redis"]
    link._silent_until = time.monotonic() + 30
    try:
        happen(organization.id, n=1)
        assert client.next()["data"]["n"] == 1
    finally:
        link._silent_until = 0.0


def test_the_hub_survives_a_cut_connection_to_redis(
    app: Flask, connect: Connect, organization: TestOrganization, happen: Happen
) -> None:
    client = connect(organization.agent).hello()
    happen(organization.id, n=1)
    assert client.next()["data"]["n"] == 1
    app.extensions["ramal.redis"].client.client_kill_filter(_type="pubsub")
    happen(organization.id, n=2)
    assert client.next()["data"]["n"] == 2


def test_a_client_that_knows_more_than_this_process_is_not_sent_back(
    hub: Hub, organization: TestOrganization, happen: Happen
) -> None:
    """Another process's hub may be a few positions ahead of ours."""
    happen(organization.id, n=1)

    def someone() -> Subscriber:
        return Subscriber(Principal("user", uuid.uuid4(), organization.id, "x", permissions=frozenset()))

    first = hub.register(someone(), None)
    hub.position = first - 1
    assert hub.register(someone(), first) == first
    assert hub.register(someone(), first + 1000) in (first - 1, first), "a position that never was counts for nothing"


def test_typing_is_told_to_others_and_not_stored(
    app: Flask, connect: Connect, organization: TestOrganization, other_organization: TestOrganization
) -> None:
    agent, admin = connect(organization.agent).hello(), connect(organization.admin).hello()
    stranger = connect(other_organization.agent).hello()
    conversation = str(uuid.uuid4())
    for _ in range(3):
        agent.send(type="typing", conversation_id=conversation)
    found = admin.next()
    assert (found["type"], found["id"]) == ("typing", None)
    assert found["data"] == {"conversation_id": conversation, "by": "agent", "name": "Bia Agente"}
    assert admin.silent(), "it is told once"
    assert agent.silent(), "not to oneself"
    assert stranger.silent()
    with system_transaction() as session:
        assert session.execute(text("select count(*) from event")).scalar_one() == 0


def test_viewers_are_told_and_forgotten(connect: Connect, organization: TestOrganization) -> None:
    agent, admin = connect(organization.agent).hello(), connect(organization.admin).hello()
    conversation = str(uuid.uuid4())
    agent.send(type="viewing", conversation_id=conversation)
    assert admin.next()["data"]["viewers"] == [{"id": str(organization.agent.id), "name": "Bia Agente"}]
    admin.send(type="viewing", conversation_id=conversation)
    assert [one["name"] for one in agent.until("viewing")["data"]["viewers"]] in (
        ["Bia Agente"],
        ["Ana Admin", "Bia Agente"],
    )
    agent.ws.close()
    until(lambda: [one["name"] for one in admin.until("viewing")["data"]["viewers"]] == ["Ana Admin"])
