"""The socket: who may open it, by login or by ticket, with Redis and without."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import websocket
from flask import Flask
from redis import Redis

from ramal.events import signals
from ramal.testing.client import JsonClient
from ramal.testing.factories import TestOrganization

from .conftest import Connect, Happen


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
