"""The story of a customer: a stranger in the web chat, a lead, a customer with CEP and CNPJ, a deal that is won."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ramal.testing.installation import Installation, Team
from ramal.testing.waiting import wait_for

from .conftest import PHONE, TakeSeat
from .site import Site
from .test_story import card, say

pytestmark = pytest.mark.e2e

PLACE = {"logradouro": "Avenida Paulista", "bairro": "Bela Vista", "localidade": "São Paulo", "uf": "SP"}
#: Browsers complain about every answer that is no success, a form with its errors included.
REFUSED = re.compile("status of 422")
CNPJ = "11.222.333/0001-81"


@pytest.fixture
def cep_service(installation: Installation) -> Iterator[str]:
    """A public service of addresses, on this machine: it knows one CEP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(PLACE if "01310100" in self.path else {"erro": True}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    port = installation.spare_ports.pop()
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{port}/ws/{{cep}}/json/"
    server.shutdown()
    server.server_close()
    installation.spare_ports.append(port)


def test_a_stranger_becomes_a_customer_whose_deal_is_won(
    team: Team, chat: dict[str, Any], site: Site, seat: TakeSeat, cep_service: str
) -> None:
    team.enable("crm")
    team.api.put("/plugins/crm/settings", {"cep_services": [cep_service]})

    # A stranger writes; beside the conversation stands a lead, and all who may take it are told.
    visitor, bruno, carla = seat("visitor"), seat("Bruno"), seat("Carla", viewport=PHONE)
    visitor.page.goto(site.origin)
    say(visitor.page, "Preciso de café da manhã para 40 pessoas")
    bruno.log_in(team.agents[0])
    bruno.visit("/inbox")
    page = bruno.page
    page.get_by_test_id("tab-all").click()
    card(page, "Preciso de café da manhã").click()
    page.get_by_test_id("take-button").click()
    panel = page.get_by_test_id("crm-panel")
    expect(panel.get_by_test_id("crm-lead")).to_contain_text("Chat do site")
    assert [item["code"] for item in team.api_as(team.agents[1]).items("/notifications")] == ["crm.NEW_LEAD"]

    # A colleague has the same conversation open on a phone.
    (conversation,) = team.conversations()
    carla.log_in(team.agents[1])
    carla.visit(f"/inbox/{conversation['id']}")
    open_details(carla.page)
    expect(carla.page.get_by_test_id("crm-lead")).to_be_visible()

    # Qualified from the chat: the CEP fills the address, a wrong CNPJ is told, a right one taken.
    page.get_by_test_id("crm-open-qualify").click()
    form = page.get_by_test_id("crm-qualify-form")
    form.get_by_label("Nome").fill("Padaria Modelo")
    form.get_by_label("CPF ou CNPJ").fill("11.222.333/0001-80")
    form.get_by_label("CEP").fill("01310-100")
    form.get_by_label("CEP").press("Tab")
    expect(form.get_by_label("Rua")).to_have_value("Avenida Paulista")
    expect(form.get_by_label("Cidade")).to_have_value("São Paulo")
    form.get_by_label("Número").fill("1000")
    form.get_by_label("Do que se trata").fill("Café da manhã para 40")
    form.get_by_label("Valor (R$)").fill("1.250,00")
    with bruno.watch.allowing(REFUSED):
        form.get_by_test_id("crm-submit").click()
        expect(form.locator("#crm-document-error")).to_be_visible()
    expect(form.get_by_label("Rua")).to_have_value("Avenida Paulista")
    form.get_by_label("CPF ou CNPJ").fill(CNPJ)
    form.get_by_test_id("crm-submit").click()
    expect(panel.get_by_test_id("crm-customer")).to_contain_text(CNPJ)
    expect(panel.get_by_test_id("crm-deal")).to_contain_text("R$ 1.250,00")
    expect(panel.get_by_test_id("crm-lead")).to_have_count(0)

    # The colleague's panel follows by itself.
    expect(carla.page.get_by_test_id("crm-customer")).to_contain_text("Padaria Modelo")
    expect(carla.page.get_by_test_id("crm-deal")).to_contain_text("Café da manhã para 40")

    # Something to do, made from what the stranger wrote; done beside the conversation, by keyboard alone.
    bubble = page.get_by_test_id("message").filter(has_text="Preciso de café da manhã").first
    bubble.hover()
    bubble.get_by_test_id("message-menu").click()
    page.get_by_test_id("crm-message-activity").click()
    schedule = page.get_by_test_id("crm-message-form")
    expect(schedule.get_by_label("O quê")).to_have_value("Preciso de café da manhã para 40 pessoas")
    schedule.get_by_label("O quê").fill("Ligar para combinar a entrega")
    schedule.get_by_role("button", name="Agendar").click()
    expect(page.get_by_test_id("crm-scheduled")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel.get_by_test_id("crm-next")).to_contain_text("Ligar para combinar a entrega")
    panel.get_by_test_id("crm-activity-done").focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_test_id("crm-done")).to_be_focused()
    expect(panel.get_by_test_id("crm-next")).to_contain_text("Nada planejado.")

    # The list of conversations is narrowed by the deal's stage.
    page.get_by_test_id("filter-menu").click()
    page.get_by_test_id("crm-filter-stage").select_option(label="Fechamento")
    expect(card(page, "Preciso de café da manhã")).to_have_count(0)
    page.get_by_test_id("crm-filter-stage").select_option(label="Novo contato")
    expect(card(page, "Preciso de café da manhã")).to_have_count(1)

    # On the board: to the next stage by mouse and won so; another one by keyboard.
    team.api.post("/crm/deals", {"title": "Bolo de fim de ano", "amount": "300.00"})
    bruno.visit("/p/crm/board")
    drag(page, deal(page, "Café da manhã para 40"), column(page, "Proposta enviada").get_by_role("list"))
    expect(column(page, "Proposta enviada").get_by_test_id("deal-card")).to_have_count(1)
    expect(deal(page, "Café da manhã para 40")).to_have_attribute("data-version", "2")
    drag(page, deal(page, "Café da manhã para 40"), page.get_by_test_id("zone-win"))
    expect(deal(page, "Café da manhã para 40")).to_have_count(0)
    deal(page, "Bolo de fim de ano").focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    expect(column(page, "Qualificação").get_by_test_id("deal-card")).to_have_count(1)
    expect(deal(page, "Bolo de fim de ano")).to_have_attribute("data-version", "2")
    deal(page, "Bolo de fim de ano").get_by_test_id("deal-menu").focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("move-dialog").locator("[data-move-to=win]").focus()
    page.keyboard.press("Enter")
    expect(deal(page, "Bolo de fim de ano")).to_have_count(0)
    # A card leaves at once, ahead of the server's word.
    wait_for(lambda: {item["state"] for item in team.api.items("/crm/deals")} == {"won"}, "both deals to be won")

    # The colleague's panel has no open deal any more, and the customer's timeline tells it all.
    expect(carla.page.get_by_test_id("crm-deals")).to_contain_text("Nenhum negócio aberto.")
    bruno.visit(f"/inbox/{conversation['id']}")
    panel.get_by_test_id("crm-customer").get_by_role("link").click()
    page.wait_for_url("**/p/crm/customers/**")
    told = page.get_by_test_id("timeline-entry")
    for words in (
        "Lead de Chat do site",
        "Lead qualificado: Padaria Modelo",
        "Concluída: Ligar para combinar a entrega",
        "Café da manhã para 40",
    ):
        expect(told.filter(has_text=words).first).to_be_visible()


def deal(page: Page, title: str) -> Locator:
    return page.get_by_test_id("deal-card").filter(has_text=title)


def column(page: Page, name: str) -> Locator:
    return page.get_by_test_id("column").filter(has=page.get_by_role("heading", name=name))


def open_details(page: Page) -> None:
    """On a phone the details are a page of their own."""
    if not page.get_by_test_id("contact-panel").is_visible():
        page.get_by_test_id("toggle-panel").click()


def drag(page: Page, taken: Locator, to: Locator) -> None:
    """As a hand does: press, move in steps, let go. The zones for won and lost show once a card is in hand."""
    start = middle(taken)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 12, start[1] + 12, steps=4)
    goal = middle(to)
    page.mouse.move(*goal, steps=12)
    page.mouse.move(goal[0] + 2, goal[1] + 2, steps=3)
    page.mouse.up()


def middle(target: Locator) -> tuple[float, float]:
    target.wait_for()
    box = target.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 90)
