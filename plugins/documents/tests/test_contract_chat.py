"""A contract in a conversation: with its boletos and a PIX code, all of it or nothing, once a click."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.testing.channel import TestChannel
from ramal.testing.client import JsonClient

from .agreements import values
from .browsing import Browser


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel takes files with text."""
    able = {"media": {"image": 5_000_000, "document": 5_000_000}, "caption": True, "captionless": frozenset()}
    monkeypatch.setattr(TestChannel, "capabilities", replace(TestChannel.capabilities, caption_limit=None, **able))


@pytest.fixture
def conversation(make: Any, enabled: Any) -> Any:
    return make.conversation()


@pytest.fixture
def agreed(desk: JsonClient, template: dict[str, Any], account: dict[str, Any], conversation: Any) -> dict[str, Any]:
    """A contract with two boletos, made in the conversation."""
    links = {"conversation_id": str(conversation.id), "account_id": account["id"]}
    answer = desk.post("/documents/generate-contract", {"template_id": template["id"], "values": values(), **links})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture
def code(desk: JsonClient) -> dict[str, Any]:
    key = desk.post("/documents/pix-keys", {"key": "a@b.com.br", "name": "Padaria", "city": "Campinas"}).json
    made: dict[str, Any] = desk.post("/documents/generate-pix", {"key_id": key["id"], "amount": "10.00"}).json
    return made


def sent(desk: JsonClient, conversation: Any) -> list[dict[str, Any]]:
    items = desk.get(f"/conversations/{conversation.id}/messages").json["items"]
    return [item for item in items if item["direction"] == "out" and item["kind"] != "system"]


def send(caller: JsonClient, contract: dict[str, Any], conversation: Any, **more: Any) -> Any:
    body = {"conversation_id": str(conversation.id), "client_id": str(uuid.uuid4()), **more}
    return caller.post(f"/documents/contracts/{contract['id']}/send", body)


def test_a_contract_goes_with_its_boletos_and_a_pix_code(
    clerk: JsonClient, desk: JsonClient, conversation: Any, agreed: dict[str, Any], code: dict[str, Any]
) -> None:
    ids = [boleto["id"] for boleto in agreed["boletos"]]
    desk.post("/documents/boletos/registered", {"boleto_ids": ids})
    more = {"boleto_ids": ids, "pix_id": code["id"], "client_id": str(uuid.uuid4())}
    for _click in range(2):
        answer = send(clerk, agreed, conversation, **more)
        assert answer.status_code == 202, answer.text
    bodies = [item["body"] for item in sorted(sent(clerk, conversation), key=lambda item: item["id"])]
    assert len(bodies) == 5
    assert bodies[0] == f"Recibo com parcelas, nº {agreed['number']}."
    lines = [boleto["digitable_line_formatted"] for boleto in agreed["boletos"]]
    assert all(line in body for line, body in zip(lines, bodies[1:3], strict=True))
    assert bodies[4] == code["code"]
    shown = clerk.get(f"/documents/contracts/{agreed['id']}").json
    assert (shown["state"], shown["conversation_id"]) == ("sent", str(conversation.id))
    steps = clerk.get(f"/documents/contracts/{agreed['id']}/history").json["items"]
    assert [step["after"] for step in steps] == ["issued", "sent"]


def test_one_boleto_that_may_not_go_keeps_all_back(
    clerk: JsonClient, conversation: Any, agreed: dict[str, Any], issue: Any
) -> None:
    ids = [boleto["id"] for boleto in agreed["boletos"]]
    refused = send(clerk, agreed, conversation, boleto_ids=ids)
    assert (refused.status_code, "has not registered" in refused.text) == (409, True)
    other = send(clerk, agreed, conversation, boleto_ids=[issue()["id"]])
    assert (other.status_code, "no instalment" in other.text) == (409, True)
    assert sent(clerk, conversation) == []
    assert clerk.get(f"/documents/contracts/{agreed['id']}").json["state"] == "issued"
    assert send(clerk, agreed, conversation, boleto_ids=ids, unregistered=True).status_code == 202
    assert len(sent(clerk, conversation)) == 3


def test_what_is_no_contract_of_theirs_is_not_sent(
    clerk: JsonClient, desk: JsonClient, conversation: Any, agreed: dict[str, Any], template: dict[str, Any], make: Any
) -> None:
    draft = desk.post(
        "/documents/generate-contract", {"template_id": template["id"], "values": values(), "draft": True}
    ).json
    assert send(clerk, draft, conversation).status_code == 409
    other = make.conversation(make.party(contact=make.contact("Outra pessoa")))
    assert send(clerk, agreed, other).status_code == 409
    desk.post(f"/documents/contracts/{agreed['id']}/cancel", {"reason": "Desistência"})
    assert send(clerk, agreed, conversation).status_code == 409
    assert sent(clerk, conversation) == []


def test_the_inbox_fills_sends_and_lists(
    client: FlaskClient,
    login: Callable[..., FlaskClient],
    agent: Any,
    conversation: Any,
    agreed: dict[str, Any],
    template: dict[str, Any],
    desk: JsonClient,
) -> None:
    login(client, agent)
    button = client.get(f"/inbox/slots/inbox.composer.actions?conversation={conversation.id}").text
    assert f"/p/documents/contracts/chat/{conversation.id}" in button
    panel = client.get(f"/inbox/slots/inbox.sidebar?conversation={conversation.id}").text
    assert agreed["number"] in panel
    menu = client.get(f"/p/documents/contracts/chat/{conversation.id}").text
    assert f"template_id={template['id']}" in menu
    assert f"conversation_id={conversation.id}" in menu
    browser = Browser(client)
    form = client.get(
        f"/p/documents/contracts/new?template_id={template['id']}&contact_id={conversation.contact_id}"
        f"&conversation_id={conversation.id}"
    ).text
    assert f'name="conversation_id" value="{conversation.id}"' in form
    path = f"/contracts/chat/{conversation.id}/{agreed['id']}"
    wrong = browser.send(path, {"client_id": "x"}, page="/boletos/new")
    assert (wrong.status_code, "contracts-error" in wrong.text) == (422, True)
    done = browser.send(path, {"client_id": str(uuid.uuid4())}, page="/boletos/new")
    assert (done.status_code, "contracts-sent" in done.text) == (200, True)
    page = f"/contracts/{agreed['id']}"
    both = {"conversation_id": str(conversation.id), "client_id": str(uuid.uuid4())}
    boleto_ids = [boleto["id"] for boleto in agreed["boletos"]]
    refused = browser.send(f"{page}/send", {**both, "boleto_ids": boleto_ids}, page=page)
    assert (refused.status_code, "has not registered" in refused.text) == (422, True)
    sending = {**both, "boleto_ids": boleto_ids, "unregistered": "1"}
    assert browser.send(f"{page}/send", sending, page=page).status_code == 303
    assert len(sent(desk, conversation)) == 4
    assert browser.send(f"{page}/send", {}, page=page).status_code == 404
    desk.post(f"/conversations/{conversation.id}/resolve")
    closed = browser.send(path, {"client_id": str(uuid.uuid4())}, page="/boletos/new")
    assert (closed.status_code, "closed" in closed.text) == (422, True)
