"""On the socket: to whom it is for, in every tab, and resumed by position."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websocket
from flask import Flask

from ramal.events.hub import Hub
from ramal.events.sequencer import sequence
from ramal.i18n import lazy_gettext
from ramal.notifications.services import notify
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member

CODE = "CONVERSATION_ASSIGNED"


class Tab:
    """One socket of one member."""

    def __init__(self, ws: websocket.WebSocket, last: int | None) -> None:
        self.ws = ws
        self.say(type="hello", last=last)
        self.hear()

    def say(self, **message: Any) -> None:
        self.ws.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        self.ws.settimeout(60)
        found: dict[str, Any] = json.loads(self.ws.recv())
        return found

    def silent(self) -> bool:
        self.say(type="ping")
        return self.hear()["type"] == "pong"


@pytest.fixture
def tab(hub: Hub, port: int, api: Callable[[Member], JsonClient]) -> Iterator[Callable[..., Tab]]:
    """``tab(member)``: a socket that said hello; ``token`` opens it by a ticket of an API token."""
    with contextlib.ExitStack() as stack:

        def connect(member: Member, last: int | None = None, client: JsonClient | None = None) -> Tab:
            ticket = (client or api(member)).post("/ws-ticket").json["ticket"]
            ws = websocket.create_connection(f"ws://127.0.0.1:{port}/ws?ticket={ticket}", timeout=60)
            stack.callback(ws.shutdown)
            return Tab(ws, last)

        yield connect


def test_it_reaches_every_tab_of_whom_it_is_for(tab, api, agent, admin):
    api(agent).patch("/me", {"locale": "en"})
    first, second, other = tab(agent), tab(agent), tab(admin)
    notify(CODE, user_ids=[agent.id], title=lazy_gettext("There is no such notification."), url="/inbox")
    sequence()
    for mine in (first, second):
        heard = mine.hear()
        assert heard["type"] == "notification"
        assert set(heard["data"]) == {"action", "notification"}
        found = heard["data"]["notification"]
        assert (heard["data"]["action"], found["title"], found["url"]) == (
            "created",
            "There is no such notification.",
            "/inbox",
        )
    assert other.silent()
    (listed,) = api(agent).get("/notifications").json["items"]
    assert listed == found

    api(agent).post(f"/notifications/{found['id']}/read")
    sequence()
    assert [mine.hear()["data"] for mine in (first, second)] == [{"action": "read", "ids": [found["id"]]}] * 2
    notify(CODE, user_ids=[agent.id], title="Another")
    api(agent).post("/notifications/read-all")
    sequence()
    assert first.hear()["data"]["action"] == "created"
    assert first.hear()["data"] == {"action": "read", "ids": None}
    assert other.silent()


def test_whoever_comes_back_hears_what_they_missed(tab, agent, admin, app: Flask):
    first = tab(agent)
    notify(CODE, user_ids=[agent.id], title="One")
    sequence()
    position = first.hear()["id"]
    first.ws.shutdown()
    notify(CODE, user_ids=[agent.id, admin.id], title="Two")
    sequence()
    assert tab(agent, position).hear()["data"]["notification"]["title"] == "Two"
    assert tab(admin, position).hear()["data"]["notification"]["title"] == "Two"


@pytest.mark.parametrize(
    ("scopes", "hears"), [(["notification.read", "channel.manage"], True), (["notification.read"], False)]
)
def test_a_token_hears_only_what_its_scopes_cover(tab, api, admin, app: Flask, scopes, hears):
    made = api(admin).post("/api-tokens", {"name": "Robot", "scopes": ["conversation.read", *scopes]}).json
    robot = tab(admin, client=JsonClient(app, admin, token=made["token"]))
    notify("CHANNEL_ATTENTION", permission="channel.manage", title="Look")
    sequence()
    heard = robot.hear() if hears else None
    assert heard["data"]["notification"]["title"] == "Look" if heard else robot.silent()
