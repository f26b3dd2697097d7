"""The demo: a connected site whose visitors have already written."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ramal.api import DemoContext
from ramal.channels.services import connect_channel
from ramal.plugins.services import enable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization
from ramal_webchat.plugin import WebChatPlugin

from .conftest import Browser

BASE_URL = "http://127.0.0.1:8123"


@pytest.fixture
def demo_channel(organization: TestOrganization, work: Callable[[], None]) -> uuid.UUID:
    """The demo's site, after the worker has read what its visitors wrote."""
    connected: list[uuid.UUID] = []

    def connect(kind: str, name: str, settings: Mapping[str, Any]) -> uuid.UUID:
        connected.append(connect_channel(kind, name, settings).id)
        return connected[-1]

    def no_simulator(name: str) -> str:
        raise AssertionError("web chat needs no simulator")

    enable_plugin("webchat")
    WebChatPlugin().seed_demo(DemoContext(organization.id, (), BASE_URL, connect, no_simulator))
    work()
    (channel,) = connected
    return channel


def test_agents_find_two_visitors_waiting(
    demo_channel: uuid.UUID, api: Callable[[Member], JsonClient], agent: Member
) -> None:
    answer = api(agent).get("/conversations", channel=str(demo_channel))
    found = {item["contact"]["name"]: item["unread_count"] for item in answer.json["items"]}
    assert found == {"Joana Prado": 2, "Visitante": 1}


def test_what_they_wrote_stands_in_their_order(
    demo_channel: uuid.UUID, api: Callable[[Member], JsonClient], agent: Member
) -> None:
    program = api(agent)
    listed = program.get("/conversations", channel=str(demo_channel)).json["items"]
    (joana,) = (item["id"] for item in listed if item["contact"]["name"] == "Joana Prado")
    messages = program.get(f"/conversations/{joana}/messages").json["items"]
    assert [item["body"] for item in messages] == [
        "Oi! Vocês entregam em Campinas?",
        "Vi a luminária azul no site 💙",
    ]


def test_the_demos_own_pages_may_show_the_chat(app: Any, demo_channel: uuid.UUID) -> None:
    answer = Browser(app, demo_channel, origin=BASE_URL).start()
    assert answer.json["channel"]["greeting"] == "Olá! Como podemos ajudar?"
    assert answer.headers["Access-Control-Allow-Origin"] == BASE_URL
