"""The API of pipelines, products and deals."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory


@pytest.fixture
def pipeline(desk: JsonClient) -> dict[str, Any]:
    """The first pipeline."""
    found: dict[str, Any] = desk.get("/crm/pipelines").json["items"][0]
    return found


def opened(client: JsonClient, **values: Any) -> dict[str, Any]:
    answer = client.post("/crm/deals", {"title": "Bolo", **values})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_deal_from_beginning_to_end(desk: JsonClient, clerk: JsonClient, pipeline: dict[str, Any]) -> None:
    stages = [stage["id"] for stage in pipeline["stages"]]
    product = desk.post("/crm/products", {"name": "Cesta", "price": "149,90"}).json
    items = [{"product_id": product["id"], "quantity": "12", "discount": "10"}]
    deal = opened(clerk, items=items, expected_on="2026-12-20")
    assert (deal["amount"], deal["items"][0]["total"], deal["items"][0]["name"]) == ("1618.92", "1618.92", "Cesta")
    moved = clerk.post(f"/crm/deals/{deal['id']}/move", {"stage_id": stages[2], "version": 1})
    assert (moved.status_code, moved.json["stage_id"], moved.json["version"]) == (200, stages[2], 2)
    won = clerk.post(f"/crm/deals/{deal['id']}/win", {"version": 2}).json
    assert (won["state"], won["updated_by_name"]) == ("won", "Bia Agente")
    assert clerk.post(f"/crm/deals/{deal['id']}/reopen").json["state"] == "open"
    reason = desk.get("/crm/loss-reasons").json["items"][0]
    lost = clerk.post(f"/crm/deals/{deal['id']}/lose", {"reason_id": reason["id"], "note": "caro"}).json
    assert (lost["state"], lost["loss_reason_id"]) == ("lost", reason["id"])
    history = clerk.get(f"/crm/deals/{deal['id']}/history").json["items"]
    assert [(step["from_state"], step["to_state"], step["to_stage"]) for step in history] == [
        ("open", "lost", "Proposta enviada"),
        ("won", "open", "Proposta enviada"),
        ("open", "won", "Proposta enviada"),
        ("open", "open", "Proposta enviada"),
        (None, "open", "Novo contato"),
    ]
    assert clerk.delete(f"/crm/deals/{deal['id']}").status_code == 403
    assert desk.delete(f"/crm/deals/{deal['id']}").status_code == 204
    assert clerk.get(f"/crm/deals/{deal['id']}").status_code == 404


def test_who_comes_second_reads_who_was_first(desk: JsonClient, clerk: JsonClient, pipeline: dict[str, Any]) -> None:
    stages = [stage["id"] for stage in pipeline["stages"]]
    deal = opened(desk)
    clerk.post(f"/crm/deals/{deal['id']}/move", {"stage_id": stages[1], "version": 1})
    answer = desk.post(f"/crm/deals/{deal['id']}/move", {"stage_id": stages[3], "version": 1})
    assert answer.status_code == 409
    error = answer.json["error"]
    assert error["message"] == "Bia Agente changed “Bolo” meanwhile; it is in “Qualificação” now."
    assert error["details"]["by"]["name"] == "Bia Agente"
    assert (error["details"]["deal"]["stage_id"], error["details"]["deal"]["version"]) == (stages[1], 2)
    assert desk.get(f"/crm/deals/{deal['id']}").json["stage_id"] == stages[1]


def test_two_requests_at_once_have_one_winner(
    api: Any, enabled: Any, admin: Any, agent: Any, pipeline: dict[str, Any]
) -> None:
    people = [api(admin), api(agent)]
    stages = [stage["id"] for stage in pipeline["stages"]]
    deal = opened(people[0])
    start, answers = threading.Barrier(2), []

    def move(client: JsonClient, stage: str) -> None:
        start.wait()
        answers.append(client.post(f"/crm/deals/{deal['id']}/move", {"stage_id": stage, "version": 1}).status_code)

    threads = [threading.Thread(target=move, args=pair) for pair in zip(people, stages[1:3], strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": "9999999999999"}, "amount"),
        ({"items": [{"name": "x", "price": "1", "quantity": "0"}]}, "items.0.quantity"),
        ({"items": [{"name": "x", "price": "1", "discount": "101"}]}, "items.0.discount"),
        ({"items": [{"name": "x"}]}, "items.0.price"),
        ({"tags": ["x" * 41]}, "tags.0"),
        ({"custom": {"cor": "azul"}}, "custom.cor"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_does_not_fit_is_named(desk: JsonClient, body: dict[str, Any], field: str) -> None:
    answer = desk.post("/crm/deals", {"title": "Bolo", **body})
    assert answer.status_code == 422, answer.text
    assert field in answer.json["error"]["details"]


@pytest.mark.parametrize(
    ("given", "kept"), [("1234.56", "1234.56"), ("1.234,5", "1234.50"), (12, "12.00"), (0.1, "0.10")]
)
def test_money_is_read_as_people_and_programs_write_it(desk: JsonClient, given: Any, kept: str) -> None:
    assert opened(desk, amount=given)["amount"] == kept


def test_the_list_is_filtered_and_paged(desk: JsonClient, clerk: JsonClient, pipeline: dict[str, Any]) -> None:
    for number in range(5):
        opened(clerk if number % 2 else desk, title=f"Festa {number}", tags=["par"] if number % 2 == 0 else [])
    first = desk.get("/crm/deals", page_size=3).json
    assert [deal["title"] for deal in first["items"]] == ["Festa 4", "Festa 3", "Festa 2"]
    rest = desk.get("/crm/deals", page_size=3, cursor=first["next_cursor"]).json
    assert ([deal["title"] for deal in rest["items"]], rest["next_cursor"]) == (["Festa 1", "Festa 0"], None)
    assert len(desk.get("/crm/deals", owner_id=first["items"][1]["owner_id"]).json["items"]) == 2
    assert len(desk.get("/crm/deals", tag="par").json["items"]) == 3
    assert [deal["title"] for deal in desk.get("/crm/deals", q="festa 3").json["items"]] == ["Festa 3"]
    assert desk.get("/crm/deals", state="won").json["items"] == []
    found = desk.get("/crm/deals", q="festa", page_size=2).json
    more = desk.get("/crm/deals", q="festa", page_size=2, cursor=found["next_cursor"]).json
    assert [deal["title"] for deal in more["items"]] == ["Festa 2", "Festa 1"]


def test_the_board_has_columns_totals_and_cards(desk: JsonClient, pipeline: dict[str, Any], make: Factory) -> None:
    stages = pipeline["stages"]
    opened(desk, title="um", amount="10.00", contact_id=str(make.contact("Fulana").id))
    opened(desk, title="dois", amount="5.50", stage_id=stages[1]["id"])
    board = desk.get(f"/crm/pipelines/{pipeline['id']}/board").json
    assert (board["total"], board["pipeline"]["name"]) == ("15.50", "Vendas")
    shown = [(column["stage"]["name"], column["count"], column["total"]) for column in board["columns"][:3]]
    assert shown == [("Novo contato", 1, "10.00"), ("Qualificação", 1, "5.50"), ("Proposta enviada", 0, "0.00")]
    (card,) = board["columns"][0]["cards"]
    assert (card["title"], card["contact"], card["owner"], card["activity"]) == ("um", "Fulana", "Ana Admin", None)
    cards = desk.get(f"/crm/stages/{stages[0]['id']}/cards").json["items"]
    assert [card["title"] for card in cards] == ["um"]
    assert desk.get(f"/crm/stages/{stages[0]['id']}/cards", after_id=card["id"]).json["items"] == []


def test_conversations_are_linked_from_both_sides(desk: JsonClient, make: Factory) -> None:
    conversation = str(make.conversation().id)
    deal = opened(desk, conversation_id=conversation)
    other = opened(desk)
    linked = desk.post(f"/crm/deals/{other['id']}/conversations", {"conversation_id": conversation})
    assert [item["id"] for item in linked.json["items"]] == [conversation]
    assert linked.json["items"][0]["contact"]["name"] == "Carla Cliente"
    both = desk.get(f"/crm/conversations/{conversation}/deals").json["items"]
    assert [found["id"] for found in both] == [other["id"], deal["id"]]
    assert desk.delete(f"/crm/deals/{deal['id']}/conversations/{conversation}").status_code == 204
    assert desk.get(f"/crm/deals/{deal['id']}/conversations").json["items"] == []


def test_pipelines_are_an_administrators(desk: JsonClient, clerk: JsonClient, pipeline: dict[str, Any]) -> None:
    first, second = pipeline["stages"][:2]
    assert clerk.post("/crm/pipelines", {"name": "X"}).status_code == 403
    assert clerk.post(f"/crm/stages/{first['id']}/archive", {}).status_code == 403
    assert clerk.post("/crm/products", {"name": "X"}).status_code == 403
    shifted = desk.post(f"/crm/stages/{first['id']}/shift", {"direction": "right"}).json
    assert [stage["id"] for stage in shifted["stages"][:2]] == [second["id"], first["id"]]
    assert desk.patch(f"/crm/stages/{first['id']}", {"stale_after": None}).json["stale_after"] is None
    deal = opened(desk, stage_id=first["id"])
    assert desk.post(f"/crm/stages/{first['id']}/archive", {}).status_code == 409
    assert desk.post(f"/crm/stages/{first['id']}/archive", {"move_to": second["id"]}).json["archived_at"]
    assert desk.get(f"/crm/deals/{deal['id']}").json["stage_id"] == second["id"]
    made = desk.post("/crm/pipelines", {"name": "Outra"}).json
    assert len(made["stages"]) == 5
    assert desk.post(f"/crm/pipelines/{made['id']}/stages", {"name": "Mais"}).json["position"] == 5
    assert desk.patch(f"/crm/pipelines/{made['id']}", {"is_default": True}).json["is_default"]
    assert desk.post(f"/crm/pipelines/{pipeline['id']}/archive").status_code == 409
    assert desk.get(f"/crm/pipelines/{made['id']}").json["name"] == "Outra"
    assert desk.post("/crm/pipelines", {"name": "outra"}).status_code == 409
    trail = [line["action"] for line in desk.get("/audit").json["items"]]
    assert {"crm.stage.archived", "crm.pipeline.created", "crm.stage.changed"} <= set(trail)


def test_products_and_reasons_change(desk: JsonClient) -> None:
    product = desk.post("/crm/products", {"name": "Cesta", "code": "C1", "price": 10}).json
    assert desk.patch(f"/crm/products/{product['id']}", {"price": "12,00"}).json["price"] == "12.00"
    assert desk.post("/crm/products", {"name": "Outra", "code": "C1"}).status_code == 409
    assert desk.patch(f"/crm/products/{product['id']}", {"archived": True}).json["archived_at"]
    assert desk.get("/crm/products", q="cesta").json["items"] == []
    assert desk.get("/crm/products", archived=True).json["items"][0]["id"] == product["id"]
    assert desk.patch(f"/crm/products/{product['id']}", {"archived": False}).json["archived_at"] is None
    assert desk.get(f"/crm/products/{product['id']}").json["unit"] == ""
    reason = desk.post("/crm/loss-reasons", {"name": "Prazo"}).json
    assert desk.patch(f"/crm/loss-reasons/{reason['id']}", {"archived": True}).json["archived_at"]
    assert desk.post("/crm/loss-reasons", {"name": "prazo"}).status_code == 409


def test_figures_are_said_as_json_numbers_and_zero_has_no_sign(desk: JsonClient, client: FlaskClient) -> None:
    quantity = client.get("/api/schema").json["components"]["schemas"]["CrmItemFields"]["properties"]["quantity"]
    assert (quantity["minimum"], quantity["maximum"]) == (0.001, 999_999_999.999)
    assert desk.post("/crm/deals", {"title": "Bolo", "amount": "-0"}).json["amount"] == "0.00"
