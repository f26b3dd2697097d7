"""The socket: who loses it, how soon, and with which word."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from ramal.accounts.services import update_member
from ramal.accounts.sessions import revoke_sessions
from ramal.database.session import system_transaction
from ramal.events.frames import text_frame
from ramal.events.hub import Hub
from ramal.events.subscriber import QUEUE_LIMIT, Subscriber
from ramal.testing.client import JsonClient
from ramal.testing.factories import TestOrganization

from .conftest import Connect, Happen, until


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
