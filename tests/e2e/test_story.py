"""The story: two agents look, a customer writes, one answers, the ticks move, a cable is pulled."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ramal.testing.installation import Team
from ramal.testing.waiting import wait_for
from ramal_whatsapp_cloud.testing import GraphSimulator

from .conftest import TakeSeat
from .network import Cable
from .site import Site
from .watching import NETWORK

pytestmark = pytest.mark.e2e

#: Seconds without a network in the middle of it all.
CUT = 60
CUSTOMER = {"wa_id": "5511900000077", "name": "Marina Exemplo"}


def test_a_conversation_goes_through_the_whole_house(
    team: Team,
    number: dict[str, Any],
    chat: dict[str, Any],
    graph: GraphSimulator,
    site: Site,
    cable: Cable,
    seat: TakeSeat,
) -> None:
    bruno, carla = seat("Bruno"), seat("Carla", base=cable.url)
    for one, person in zip((bruno, carla), team.agents, strict=True):
        one.log_in(person)
        one.visit("/inbox")
        one.page.get_by_test_id("tab-all").click()
    visitor = seat("visitor")
    visitor.page.goto(site.origin)

    # Both channels' messages appear at both agents, without a reload.
    graph.customer_writes(body="Oi, vocês entregam?", **CUSTOMER)
    say(visitor.page, "Tem pão de queijo?")
    for one in (bruno, carla):
        expect(card(one.page, "Oi, vocês entregam?")).to_be_visible()
        expect(card(one.page, "Tem pão de queijo?")).to_be_visible()

    # One takes; the other sees who has it.
    card(bruno.page, "Oi, vocês entregam?").click()
    bruno.page.get_by_test_id("take-button").click()
    expect(card(carla.page, "Oi, vocês entregam?")).to_contain_text(team.agents[0].name.split()[0])

    # The answer leaves through the channel, and its ticks move to read, live.
    answer(bruno.page, "Entregamos sim!")
    wait_for(lambda: [row["body"]["text"]["body"] for row in graph.ledger()] == ["Entregamos sim!"])
    expect(bubble(bruno.page, "Entregamos sim!")).to_have_attribute("data-status", "read")
    expect(card(carla.page, "Entregamos sim!")).to_be_visible()

    # Carla answers the visitor, and her network goes away for a minute.
    card(carla.page, "Tem pão de queijo?").click()
    carla.page.get_by_test_id("take-button").click()
    answer(carla.page, "Tem, quentinho.")
    expect(visitor.page.get_by_test_id("webchat-message").filter(has_text="Tem, quentinho.")).to_be_visible()
    with carla.watch.allowing(NETWORK):
        cable.pull()
        back = threading.Timer(CUT, cable.plug_in)
        cut_at = time.monotonic()
        back.start()
        meanwhile = [f"Recado {count} para quem está sem rede" for count in range(1, 6)]
        for text in meanwhile:
            graph.customer_writes(body=text, **CUSTOMER)
        say(visitor.page, "Guarda seis para mim?")
        expect(bubble(bruno.page, meanwhile[-1])).to_be_visible()
        expect(card(carla.page, "Guarda seis para mim?")).not_to_be_visible()
        answer(bruno.page, "Anotado!")
        back.join()
        assert time.monotonic() - cut_at >= CUT

        # She missed nothing: the open thread, the list, and the conversation she had not open.
        expect(bubble(carla.page, "Guarda seis para mim?")).to_be_visible(timeout=60_000)
        expect(card(carla.page, "Anotado!")).to_be_visible()
    card(carla.page, "Anotado!").click()
    notes = carla.page.get_by_test_id("message").filter(has_text="Recado")
    expect(notes).to_have_count(len(meanwhile))
    assert all(wanted in text for wanted, text in zip(meanwhile, notes.all_inner_texts(), strict=True))

    # And what she writes now goes out; the visitor's page shows it, and she sees that it was read.
    card(carla.page, "Guarda seis para mim?").click()
    answer(carla.page, "Seis guardados.")
    expect(visitor.page.get_by_test_id("webchat-message").filter(has_text="Seis guardados.")).to_be_visible()
    expect(bubble(carla.page, "Seis guardados.")).to_have_attribute("data-status", "read")
    assert [row["body"]["text"]["body"] for row in graph.ledger()] == ["Entregamos sim!", "Anotado!"]


def card(page: Page, text: str) -> Locator:
    """A row of the list."""
    return page.get_by_test_id("conversation-card").filter(has_text=text)


def bubble(page: Page, text: str) -> Locator:
    """A message of the open thread."""
    return page.get_by_test_id("message").filter(has_text=text).last


def answer(page: Page, text: str) -> None:
    """Write in the composer and press Enter."""
    page.get_by_test_id("composer-input").fill(text)
    page.get_by_test_id("composer-input").press("Enter")
    expect(bubble(page, text)).to_be_visible()


def say(page: Page, text: str) -> None:
    """Write as a visitor."""
    box = page.get_by_test_id("webchat-input")
    if not box.is_visible():
        page.get_by_test_id("webchat-launcher").click()
    box.fill(text)
    box.press("Enter")
    expect(page.get_by_test_id("webchat-message").filter(has_text=text)).to_be_visible()
