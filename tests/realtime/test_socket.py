"""The socket: who may open it, what they see, and what they missed."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import websocket
from flask import Flask
from redis import Redis
from sqlalchemy import text

from ramal.accounts.services import update_member
from ramal.accounts.sessions import revoke_sessions
from ramal.database.session import system_transaction, use_organization
from ramal.events import hub as hub_module
from ramal.events import signals
from ramal.events.frames import text_frame
from ramal.events.hub import Hub
from ramal.events.subscriber import QUEUE_LIMIT, Subscriber
from ramal.events.tickets import issue_ticket, redeem
from ramal.http.principal import Principal
from ramal.inbox.serialize import message_json
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, TestOrganization

from .conftest import Client, until

Connect = Callable[..., Client]
Happen = Callable[..., int]


# --- opening --------------------------------------------------------------------------------------


def refused(connect: Connect, *args: Any, **options: Any) -> int:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        connect(*args, **options)
    return int(caught.value.status_code)


def test_without_login_there_is_no_socket(connect: Connect) -> None:
    assert refused(connect) == 401


def test_another_sites_page_gets_no_socket(connect: Connect, organization: TestOrganization) -> None:
    assert refused(connect, organization.agent, origin="https://evil.example") == 403
    assert refused(connect, organization.agent, origin="null") == 403


def test_a_ticket_opens_one_socket(connect: Connect, api: Any, organization: TestOrganization, happen: Happen) -> None:
    answer = api(organization.agent).post("/ws-ticket")
    assert answer.status_code == 200
    ticket = answer.json["ticket"]
    client = connect(ticket=ticket, origin="https://elsewhere.example").hello()
    happen(organization.id, word="olá")
    assert client.next()["data"] == {"word": "olá"}
    assert refused(connect, ticket=ticket) == 401
    assert refused(connect, ticket="neverissued") == 401


def test_a_ticket_needs_a_login(app: Flask, organization: TestOrganization) -> None:
    assert JsonClient(app, None).post("/ws-ticket").status_code == 401


def test_a_ticket_lives_thirty_seconds(app: Flask, api: Any, organization: TestOrganization) -> None:
    ticket = api(organization.agent).post("/ws-ticket").json["ticket"]
    link = app.extensions["ramal.redis"]
    assert 28 <= link.client.ttl(link.key("ticket", ticket)) <= 30


def test_who_says_no_hello_is_sent_away(
    connect: Connect, organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramal.events.socket.PATIENCE", 0.1)
    assert connect(organization.agent).close_code() == 1008


# --- events ---------------------------------------------------------------------------------------


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
    happen(organization.id, "notification", title="for admins", permission="plugin.manage", user_ids=None)
    happen(organization.id, "notification", title="for one", permission=None, user_ids=[str(organization.agent.id)])
    assert admin.next()["data"]["title"] == "for admins"
    assert agent.next()["data"]["title"] == "for one"
    assert admin.silent()


# --- resuming -------------------------------------------------------------------------------------


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


# --- leaving --------------------------------------------------------------------------------------


def test_a_deactivated_member_loses_the_socket_at_once(
    app: Flask, connect: Connect, organization: TestOrganization
) -> None:
    client = connect(organization.agent).hello()
    update_member(organization.agent.id, active=False)
    assert client.close_code() == 1008


def test_a_changed_role_counts_at_once(connect: Connect, organization: TestOrganization, happen: Happen) -> None:
    client = connect(organization.agent).hello()
    update_member(organization.agent.id, role="org_admin")

    def now_admin() -> bool:
        happen(organization.id, "test.admins")
        client.send(type="ping")
        return bool(client.next()["type"] == "test.admins")

    until(now_admin)


def test_a_revoked_session_loses_the_socket_at_the_next_check(
    connect: Connect, organization: TestOrganization, hub: Hub
) -> None:
    client, other = connect(organization.agent).hello(), connect(organization.admin).hello()
    with system_transaction() as session:
        revoke_sessions(session, organization.agent.id, "test")
    hub._next_recheck = 0.0
    assert client.close_code() == 1008
    assert other.silent()


def test_a_revoked_api_token_loses_the_socket(
    app: Flask, connect: Connect, organization: TestOrganization, hub: Hub, api: Any
) -> None:
    made = api(organization.agent).post("/api-tokens", {"name": "bot", "scopes": ["conversation.read"]})
    assert made.status_code == 201, made.json
    ticket = JsonClient(app, None, made.json["token"]).post("/ws-ticket").json["ticket"]
    client = connect(ticket=ticket).hello()
    hub._next_recheck = 0.0
    until(lambda: hub._next_recheck > 0)
    assert client.silent()
    with system_transaction() as session:
        session.execute(text("update api_token set revoked_at = now()"))
    hub._next_recheck = 0.0
    assert client.close_code() == 1008


def test_a_stopping_process_says_goodbye(connect: Connect, organization: TestOrganization, hub: Hub) -> None:
    client = connect(organization.agent).hello()
    hub.stopping = lambda: True
    assert client.close_code() == 1001


def test_a_closed_socket_is_forgotten(connect: Connect, organization: TestOrganization, hub: Hub) -> None:
    client = connect(organization.agent).hello()
    assert len(hub.subscribers()) == 1
    client.ws.close()
    until(lambda: not hub.subscribers())


def fill(subscriber: Subscriber) -> None:
    """More than the buffers of a socket hold, and more frames than may wait behind it."""
    subscriber.push(text_frame({"blob": "x" * 12_000_000}))
    for _ in range(QUEUE_LIMIT + 1):
        subscriber.push(text_frame({}))


def test_a_slow_client_is_dropped_and_told_why(
    connect: Connect, organization: TestOrganization, happen: Happen, hub: Hub
) -> None:
    slow = connect(organization.agent, sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]).hello()
    brisk = connect(organization.admin).hello()
    subscriber = next(one for one in hub.subscribers() if one.principal.user_id == organization.agent.id)
    fill(subscriber)
    happen(organization.id, n=1)
    assert brisk.until("test.shown")["data"] == {"n": 1}, "others are not held up"
    assert slow.close_code() == 1013


def test_a_dead_client_is_cut(
    connect: Connect, organization: TestOrganization, happen: Happen, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramal.events.subscriber.LAST_SECONDS", 0.2)
    connect(organization.agent, sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]).hello()
    (subscriber,) = hub.subscribers()
    fill(subscriber)
    until(lambda: not hub.subscribers())


# --- typing, viewing ------------------------------------------------------------------------------


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


# --- visitors -------------------------------------------------------------------------------------


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


# --- the hub by itself ----------------------------------------------------------------------------


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


# --- without Redis --------------------------------------------------------------------------------


def test_without_redis_nothing_is_told_and_nothing_fails(
    app: Flask, organization: TestOrganization, api: Any, connect: Connect
) -> None:
    link = app.extensions["ramal.redis"]
    alive, link.client = link.client, Redis.from_url("redis://127.0.0.1:1", retry=None)
    ids = (organization.id, uuid.uuid4())
    try:
        for speak in (
            lambda: signals.announce_typing(ids[1], by="contact", name="x", organization_id=ids[0]),
            lambda: signals.announce_viewing(*ids, (uuid.uuid4(), "x", "y"), present=True),
            lambda: signals.recheck(ids[1]),
        ):
            link._silent_until = 0.0
            speak()
            speak()  # now it does not even try
        assert api(organization.agent).post("/ws-ticket").status_code == 503
        assert refused(connect, ticket="unknown") == 503
        link.client = None
        assert api(organization.agent).post("/ws-ticket").status_code == 503
        assert refused(connect, ticket="unknown") == 503
    finally:
        link.client, link._silent_until = alive, 0.0
