"""The pages of deals, pipelines and products without a script: forms, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient, login_cookies
from ramal.testing.factories import Factory
from ramal_crm.services import custom_fields


class Browser:
    """Forms as a browser sends them, the CSRF value with them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def text(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"/p/crm{path}", follow_redirects=True)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, form: dict[str, Any], *, page: str, status: int = 200) -> str:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.text(page))
        assert token
        answer = self.client.post(f"/p/crm{path}", data={**form, "csrf_token": token[1]}, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return answer.text


@pytest.fixture
def browser(app: Flask, enabled: Any, admin: Any) -> Browser:
    return Browser(login_cookies(app, app.test_client(), admin))


@pytest.fixture
def viewer(app: Flask, enabled: Any) -> Browser:
    return Browser(login_cookies(app, app.test_client(), enabled.member("viewer")))


@pytest.fixture
def stages(desk: JsonClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.get("/crm/pipelines").json["items"][0]["stages"]
    return found


def test_a_deal_is_opened_from_a_conversation_and_worked_on(
    browser: Browser, desk: JsonClient, make: Factory, stages: list[dict[str, Any]]
) -> None:
    conversation = make.conversation()
    page = f"/deals/new?conversation={conversation.id}"
    assert "Carla Cliente" in browser.text(page)
    form = {"title": "Bolo", "conversation_id": str(conversation.id), "stage_id": stages[1]["id"], "tags": "festa, VIP"}
    form |= {"amount": "1.234,56", "contact_id": str(conversation.contact_id)}
    assert "The deal is open." in browser.send("/deals/new", form, page=page)
    (deal,) = desk.get("/crm/deals").json["items"]
    assert (deal["amount"], deal["tags"], deal["stage_id"]) == ("1234.56", ["festa", "vip"], stages[1]["id"])
    page = f"/deals/{deal['id']}"
    shown = browser.text(page)
    assert f'href="/inbox/{conversation.id}"' in shown
    assert "R$\u00a01.234,56" in shown

    def version() -> str:
        return str(desk.get(f"/crm{page}").json["version"])

    items = {"items.0.name": "Bolo", "items.0.quantity": "2,5", "items.0.price": "80,00", "items.0.discount": "10"}
    shown = browser.send(f"{page}/items", {**items, "version": version()}, page=page)
    assert "R$\u00a0180,00" in shown
    moved = browser.send(f"{page}/stage", {"stage_id": stages[3]["id"], "version": version()}, page=page)
    assert "The deal was moved." in moved
    assert "from “Qualificação” to “Negociação”" in moved
    assert "Ligar na segunda" in browser.send(f"{page}/notes", {"body": "Ligar na segunda"}, page=page)
    late = browser.send(f"{page}/win", {"version": "1"}, page=page)
    assert "Ana Admin changed “Bolo” meanwhile" in late
    assert "The deal was won." in browser.send(f"{page}/win", {"version": version()}, page=page)
    assert "The deal is open again." in browser.send(f"{page}/reopen", {"version": version()}, page=page)
    reason = desk.get("/crm/loss-reasons").json["items"][0]
    lost = browser.send(f"{page}/lose", {"reason_id": reason["id"], "note": "caro", "version": version()}, page=page)
    assert "caro" in lost
    unlinked = browser.send(f"{page}/conversations", {"unlink": str(conversation.id)}, page=page)
    assert "The conversation was unlinked." in unlinked
    assert f'value="{conversation.id}"' in unlinked  # to be linked again
    linked = browser.send(f"{page}/conversations", {"conversation_id": str(conversation.id)}, page=page)
    assert "The conversation was linked." in linked
    assert "The deal was deleted." in browser.send(f"{page}/delete", {}, page=page)
    assert desk.get("/crm/deals").json["items"] == []


def test_a_form_that_does_not_fit_comes_back_as_it_was(browser: Browser, desk: JsonClient) -> None:
    shown = browser.send("/deals/new", {"title": "", "amount": "1.234", "tags": "festa"}, page="/deals/new", status=422)
    assert "can be read in two ways" in shown
    assert 'value="festa"' in shown
    deal = desk.post("/crm/deals", {"title": "Bolo"}).json
    page = f"/deals/{deal['id']}"
    assert 'value="x y z"' in browser.send(page, {"title": "x y z", "amount": "abc"}, page=page, status=422)
    saved = browser.send(page, {"title": "Torta", "amount": "5", "expected_on": "2026-12-20"}, page=page)
    assert "The deal was saved." in saved
    conflict = browser.send(page, {"title": "Pudim", "amount": "5", "version": "1"}, page=page, status=422)
    assert "Ana Admin changed “Torta” meanwhile" in conflict
    assert "needs a name and a price" in browser.send(f"{page}/items", {"items.0.name": "x"}, page=page)
    for part in ("stage", "conversations"):
        browser.send(f"{page}/{part}", {}, page=page, status=422)


def test_own_fields_are_on_the_form(browser: Browser, desk: JsonClient) -> None:
    custom_fields.create_field({"entity": "deal", "label": "Cor", "type": "choice", "options": ["azul", "verde"]})
    custom_fields.create_field({"entity": "deal", "label": "Urgente", "type": "yes_no"})
    assert "azul" in browser.text("/deals/new")
    browser.send("/deals/new", {"title": "Bolo", "custom.cor": "verde", "custom.urgente": "true"}, page="/deals/new")
    (deal,) = desk.get("/crm/deals").json["items"]
    assert deal["custom"] == {"cor": "verde", "urgente": True}
    shown = browser.text(f"/deals/{deal['id']}")
    assert '<option value="verde" selected>' in shown
    assert '<option value="true" selected>' in shown


def test_a_card_and_the_list_show_a_person_as_a_person(browser: Browser, desk: JsonClient) -> None:
    ana = {"kind": "person", "name": "Ana Souza", "phone": "(11) 98765-4321"}
    bakery = {"kind": "company", "name": "Padaria Modelo"}
    for facts, icon in ((ana, "#user"), (bakery, "#building")):
        customer_id = desk.post("/crm/customers/", facts).json["id"]
        desk.post("/crm/deals", {"title": "Bolo", "customer_id": customer_id})
        (card,) = re.findall(rf'deal-card-person">[^\n]*{facts["name"]}', browser.text("/board"))
        assert f'{icon}"' in card
    assert "+55 11 98765-4321" in browser.text("/customers")


def test_the_board_and_the_list_show_what_the_form_asks_for(browser: Browser, desk: JsonClient, admin: Any) -> None:
    for title in ("Bolo", "Torta"):
        desk.post("/crm/deals", {"title": title, "amount": "10.00"})
    assert "Torta" not in browser.text("/board?q=bolo")
    assert "Torta" in browser.text(f"/board?owner_id={admin.id}")
    assert "Torta" not in browser.text("/deals?q=bolo")
    assert "No deal fits this filter" in browser.text("/deals?state=lost")
    other = desk.post("/crm/pipelines", {"name": "Outra"}).json
    assert "Bolo" not in browser.text(f"/board?pipeline={other['id']}")
    found = desk.get("/crm/deals").json["items"][0]
    card = browser.client.get(f"/p/crm/board/cards/{found['id']}").json
    assert (card["shown"], card["columns"][0]["count"], card["total"]) == (True, 2, "R$\u00a020,00")
    hidden = browser.client.get(f"/p/crm/board/cards/{found['id']}?q=nada").json
    assert (hidden["shown"], hidden["columns"][0]["count"]) == (False, 0)
    desk.post(f"/crm/deals/{found['id']}/win", {})
    assert not browser.client.get(f"/p/crm/board/cards/{found['id']}").json["shown"]
    browser.text("/board/cards/0192f0c4-5b7e-7c3a-9d2e-1f6a8b4c0d11", status=404)


def test_people_are_found_while_one_types(browser: Browser, make: Factory) -> None:
    contact = make.contact("Zulmira Exemplo")
    assert str(contact.id) in browser.text("/deals/people/contact?contact_text=zulm")
    assert "Zulmira" not in browser.text("/deals/people/customer?customer_text=zulm")


def test_pipelines_are_changed_by_forms(browser: Browser, desk: JsonClient, stages: list[dict[str, Any]]) -> None:
    page = "/pipelines"
    pipeline = stages[0]["pipeline_id"]

    def names() -> list[str]:
        return [stage["name"] for stage in desk.get(f"/crm/pipelines/{pipeline}").json["stages"]]

    browser.send(f"/stages/{stages[0]['id']}", {"do": "right"}, page=page)
    assert names()[:2] == ["Qualificação", "Novo contato"]
    browser.send(f"/stages/{stages[0]['id']}", {"name": "Chegou", "stale_after": ""}, page=page)
    assert names()[1] == "Chegou"
    browser.send(f"/pipelines/{pipeline}/stages", {"name": "Pós-venda"}, page=page)
    desk.post("/crm/deals", {"title": "Bolo", "stage_id": stages[0]["id"]})
    asked = f"/stages/{stages[0]['id']}/archive"
    assert "say where they go" in browser.send(asked, {"move_to": ""}, page=asked)
    assert "off the board" in browser.send(asked, {"move_to": stages[1]["id"]}, page=asked)
    assert "Chegou" not in names()
    browser.send("/pipelines", {"name": "Outra"}, page=page)
    other = desk.get("/crm/pipelines").json["items"][1]
    assert "already" in browser.send(f"/pipelines/{other['id']}", {"name": "vendas"}, page=page)
    browser.send(f"/pipelines/{other['id']}", {"do": "default"}, page=page)
    assert "open deals" in browser.send(f"/pipelines/{pipeline}", {"do": "archive"}, page=page)


def test_products_and_reasons_are_changed_by_forms(browser: Browser, desk: JsonClient, stages: Any) -> None:
    page = "/products"
    browser.send(page, {"name": "Cesta", "code": "C1", "price": "149,90", "unit": "un"}, page=page)
    (product,) = desk.get("/crm/products").json["items"]
    assert product["price"] == "149.90"
    assert "Another product" in browser.send(page, {"name": "X", "code": "C1", "price": "1,00"}, page=page)
    path = f"/products/{product['id']}"
    assert "149,90" in browser.text("/products?q=cesta")
    browser.send(path, {"name": "Cesta", "code": "C1", "price": "159,90", "unit": ""}, page=page)
    assert desk.get(f"/crm{path}").json["price"] == "159.90"
    browser.send(path, {"do": "archive"}, page=page)
    assert desk.get("/crm/products").json["items"] == []
    browser.send("/loss-reasons", {"name": "Prazo"}, page=page)
    reason = next(each for each in desk.get("/crm/loss-reasons").json["items"] if each["name"] == "Prazo")
    browser.send(f"/loss-reasons/{reason['id']}", {"name": "Prazo de entrega"}, page=page)
    assert "Prazo de entrega" in browser.send(f"/loss-reasons/{reason['id']}", {"name": ""}, page=page)
    browser.send(f"/loss-reasons/{reason['id']}", {"do": "archive"}, page=page)
    assert "Prazo de entrega" not in browser.text(page)


def test_who_may_only_look_sees_no_buttons(viewer: Browser, desk: JsonClient) -> None:
    deal = desk.post("/crm/deals", {"title": "Bolo"}).json
    board = viewer.text("/board")
    assert "Bolo" in board
    assert "data-move-menu" not in board
    assert "save-deal" not in viewer.text(f"/deals/{deal['id']}")
    viewer.text("/deals/new", status=403)
    viewer.text("/pipelines", status=403)


def test_the_scripts_are_served_to_be_kept(browser: Browser) -> None:
    found: Callable[[str], Any] = re.compile(r'src="(/p/crm/assets/[^"]+)"').search
    script = found(browser.text("/board"))
    assert script
    answer = browser.client.get(script[1])
    assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True)
    assert browser.client.get("/p/crm/assets/none.js").status_code == 404
