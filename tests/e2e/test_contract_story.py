"""The story of a contract: filled in beside a conversation, previewed, issued with its boletos, received by whom it is for.

Once by somebody who writes on the business's site, once by somebody on WhatsApp.
"""

from __future__ import annotations

import io
from typing import Any

import httpx2
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from ramal.testing.installation import Team
from ramal.testing.waiting import wait_for
from ramal_whatsapp_cloud.testing import GraphSimulator

from .conftest import Seat, TakeSeat
from .deal import codes_on_picture, lay_ready
from .site import Site
from .test_story import bubble, card, say

pytestmark = pytest.mark.e2e

CUSTOMER = {"wa_id": "5511900000088", "name": "Fulana de Tal"}
ASKED = "Posso parcelar?"


def test_a_contract_with_two_boletos_and_a_pix_reaches_the_visitor(
    team: Team, chat: dict[str, Any], site: Site, seat: TakeSeat
) -> None:
    deal = lay_ready(team)
    visitor, bruno = seat("visitor"), seat("Bruno")
    visitor.page.goto(site.origin)
    say(visitor.page, ASKED)
    bruno.log_in(team.agents[0])
    bruno.visit("/inbox")
    deal.take_on(bruno.page, ASKED)
    deal.fill_in(bruno.page)
    deal.issue_and_send(bruno.page)

    # What the customer has: three files, both lines, the PIX as a picture and as text.
    told = visitor.page.get_by_test_id("webchat-message")
    expect(told.filter(has_text=f"nº {deal.contract['number']}")).to_have_count(1)
    for boleto in deal.boletos:
        expect(told.filter(has_text=boleto["digitable_line_formatted"])).to_have_count(1)
    code = told.filter(has_text=deal.code["code"])
    expect(code).to_have_count(1)
    files = visitor.page.locator("[data-testid=webchat-message] a[href*='/files/']")
    contract, boletos = files.filter(has_text="contrato-"), files.filter(has_text="boleto-")
    expect(contract).to_have_count(1)
    expect(boletos).to_have_count(2)
    deal.check_papers(fetched(visitor, contract), *(fetched(visitor, one) for one in boletos.all()))
    deal.seen_by_the_next_agent(bruno.page)


def test_a_contract_with_two_boletos_and_a_pix_reaches_a_telephone(
    team: Team, number: dict[str, Any], graph: GraphSimulator, seat: TakeSeat
) -> None:
    deal = lay_ready(team)
    bruno = seat("Bruno")
    bruno.log_in(team.agents[0])
    bruno.visit("/inbox")
    bruno.page.get_by_test_id("tab-all").click()
    graph.customer_writes(body=ASKED, **CUSTOMER)
    expect(card(bruno.page, ASKED)).to_be_visible()
    deal.take_on(bruno.page, ASKED)
    deal.fill_in(bruno.page)
    deal.issue_and_send(bruno.page)

    # In this order on the telephone: the contract, both boletos with their lines, the PIX to scan and to copy.
    wait_for(lambda: len(graph.ledger()) == 5, lambda: f"five messages: {graph.ledger()}")
    got = [row["body"] for row in graph.ledger()]
    assert {row["to"] for row in graph.ledger()} == {CUSTOMER["wa_id"]}
    assert [body["type"] for body in got] == ["document", "document", "document", "image", "text"]
    contract, *boletos = [body["document"] for body in got[:3]]
    assert contract["filename"].startswith("contrato-")
    assert deal.contract["number"] in contract["caption"]
    for boleto, sent in zip(deal.boletos, boletos, strict=True):
        assert sent["filename"].startswith("boleto-")
        assert sent["caption"].splitlines()[-1] == boleto["digitable_line_formatted"]
    deal.check_papers(*(downloaded(graph, one["id"], "application/pdf") for one in (contract, *boletos)))
    deal.check_pix(got[4]["text"]["body"])
    picture = Image.open(io.BytesIO(downloaded(graph, got[3]["image"]["id"], "image/png")))
    assert codes_on_picture(picture) == [deal.code["code"]]

    # The next agent sees it, and that the customer has read it.
    deal.seen_by_the_next_agent(bruno.page)
    expect(bubble(bruno.page, deal.code["code"])).to_have_attribute("data-status", "read")


def fetched(visitor: Seat, link: Locator) -> bytes:
    """The file behind a link of the chat, as the visitor's browser gets it."""
    href = link.get_attribute("href")
    assert href is not None
    answer = visitor.context.request.get(href if "://" in href else visitor.base + href)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    return answer.body()


def downloaded(graph: GraphSimulator, media_id: str, mime_type: str) -> bytes:
    """A file that came with a message, as a telephone gets it: its address is asked for first."""
    with httpx2.Client(timeout=60.0, headers={"Authorization": f"Bearer {graph.account.access_token}"}) as telephone:
        described = telephone.get(f"{graph.url}/v23.0/{media_id}").raise_for_status().json()
        assert described["mime_type"] == mime_type
        return telephone.get(described["url"]).raise_for_status().content
