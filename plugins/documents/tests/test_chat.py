"""Charges in a conversation: sent as the channel can take them, once a click, only to whom they belong."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.testing.channel import TestChannel
from ramal.testing.client import JsonClient

from .browsing import Browser

Order = Callable[..., dict[str, Any]]


@pytest.fixture
def conversation(make: Any, enabled: Any) -> Any:
    return make.conversation()


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change what the channel can do."""

    def change(**changes: Any) -> None:
        files = {"media": {"image": 1_000_000, "document": 1_000_000}, **changes}
        monkeypatch.setattr(TestChannel, "capabilities", replace(TestChannel.capabilities, **files))

    return change


def messages(desk: JsonClient, conversation: Any) -> list[dict[str, Any]]:
    items = desk.get(f"/conversations/{conversation.id}/messages").json["items"]
    return [item for item in items if item["direction"] == "out" and item["kind"] != "system"]


def send(caller: JsonClient, path: str, conversation: Any, **more: Any) -> Any:
    body = {"conversation_id": str(conversation.id), "client_id": str(uuid.uuid4()), **more}
    return caller.post(f"/documents/{path}/send", body)


@pytest.fixture
def registered(desk: JsonClient, issue: Order) -> Order:
    """Issue a boleto that its bank has registered."""

    def made(**changes: Any) -> dict[str, Any]:
        boleto = issue(**changes)
        assert desk.post("/documents/boletos/registered", {"boleto_ids": [boleto["id"]]}).json == {"registered": 1}
        return boleto

    return made


def test_a_boleto_goes_as_pdf_with_its_line(clerk: JsonClient, conversation: Any, registered: Order, able: Any) -> None:
    able(caption=True, captionless=frozenset(), caption_limit=None)
    made = registered(contact_id=str(conversation.contact_id))
    client_id = str(uuid.uuid4())
    for _click in range(2):
        answer = send(clerk, f"boletos/{made['id']}", conversation, client_id=client_id)
        assert answer.status_code == 202, answer.text
    (sent,) = messages(clerk, conversation)
    assert sent["kind"] == "document"
    assert made["digitable_line_formatted"] in sent["body"]
    assert sent["attachments"][0]["mime_type"] == "application/pdf"
    assert sent["attachments"][0]["filename"] == "boleto-2026-118.pdf"


def test_where_files_carry_no_text_the_line_follows(
    clerk: JsonClient, conversation: Any, registered: Order, able: Any
) -> None:
    able(caption=False)
    assert send(clerk, f"boletos/{registered()['id']}", conversation).status_code == 202
    file, text = sorted(messages(clerk, conversation), key=lambda item: item["kind"])
    assert (file["kind"], file["body"], text["kind"]) == ("document", None, "text")


def test_where_no_files_go_a_link_does(
    clerk: JsonClient, conversation: Any, registered: Order, able: Any, client: FlaskClient
) -> None:
    able(kinds=frozenset({"text"}), media={})
    made = registered()
    assert send(clerk, f"boletos/{made['id']}", conversation).status_code == 202
    (sent,) = messages(clerk, conversation)
    link = sent["body"].splitlines()[-1]
    assert client.get(link).data[:5] == b"%PDF-"
    assert clerk.get(f"/documents/boletos/{made['id']}").json["contact_id"] == str(conversation.contact_id)


def test_the_line_goes_alone(clerk: JsonClient, conversation: Any, registered: Order) -> None:
    made = registered()
    assert send(clerk, f"boletos/{made['id']}", conversation, part="line").status_code == 202
    (sent,) = messages(clerk, conversation)
    assert (sent["kind"], sent["body"].splitlines()[1]) == ("text", made["digitable_line_formatted"])


def test_a_pix_code_goes_as_picture_and_as_text_to_copy(
    desk: JsonClient, clerk: JsonClient, conversation: Any, able: Any
) -> None:
    able(caption=True, captionless=frozenset(), caption_limit=None)
    key = desk.post("/documents/pix-keys", {"key": "a@b.com.br", "name": "Padaria", "city": "Campinas"}).json
    code = desk.post("/documents/generate-pix", {"key_id": key["id"], "amount": "10.00"}).json
    answer = send(clerk, f"pix/{code['id']}", conversation)
    assert (answer.status_code, len(answer.json["message_ids"])) == (202, 2)
    sent = {item["kind"]: item for item in messages(clerk, conversation)}
    assert sent["text"]["body"] == code["code"]
    assert "R$ 10,00" in sent["image"]["body"]


def test_what_is_not_to_be_paid_is_not_sent(
    desk: JsonClient, clerk: JsonClient, conversation: Any, issue: Order, order: Order
) -> None:
    draft = desk.post("/documents/generate-boleto", order(draft=True)).json
    assert send(clerk, f"boletos/{draft['id']}", conversation).status_code == 409
    paid = issue()
    desk.post(f"/documents/boletos/{paid['id']}/state", {"state": "paid"})
    assert send(clerk, f"boletos/{paid['id']}", conversation).status_code == 409
    assert messages(clerk, conversation) == []


def test_anothers_charge_is_not_sent(
    desk: JsonClient, clerk: JsonClient, conversation: Any, registered: Order, make: Any
) -> None:
    other = make.contact("Outra Pessoa")
    made = registered(contact_id=str(other.id))
    answer = send(clerk, f"boletos/{made['id']}", conversation)
    assert (answer.status_code, "another contact" in answer.text) == (409, True)
    key = desk.post("/documents/pix-keys", {"key": "a@b.com.br", "name": "Padaria", "city": "Campinas"}).json
    code = desk.post("/documents/generate-pix", {"key_id": key["id"], "contact_id": str(other.id)}).json
    assert send(clerk, f"pix/{code['id']}", conversation).status_code == 409


def test_what_the_bank_has_not_registered_goes_only_when_that_is_said(
    clerk: JsonClient, desk: JsonClient, conversation: Any, issue: Order
) -> None:
    made = issue()
    refused = send(clerk, f"boletos/{made['id']}", conversation, part="line")
    assert (refused.status_code, "has not registered" in refused.text) == (409, True)
    assert messages(clerk, conversation) == []
    assert send(clerk, f"boletos/{made['id']}", conversation, part="line", unregistered=True).status_code == 202
    assert len(messages(clerk, conversation)) == 1
    assert desk.get("/audit").json["items"][0]["action"] == "documents.boleto.sent_unregistered"


def test_a_late_boleto_goes_as_a_second_copy(
    clerk: JsonClient, conversation: Any, registered: Order, able: Any, on: Callable[[str], None]
) -> None:
    able(caption=True, captionless=frozenset(), caption_limit=None)
    on("2026-12-01")
    terms = {"fine": {"percent": "2"}, "interest": {"monthly": "1"}, "refuse_after": 30}
    made = registered(amount="100.00", due_date="2026-12-10", **terms)
    on("2026-12-21")
    assert send(clerk, f"boletos/{made['id']}", conversation).status_code == 202
    (sent,) = messages(clerk, conversation)
    assert sent["attachments"][0]["filename"] == "boleto-2026-118-2a-via.pdf"
    assert sent["body"].splitlines() == [
        "Boleto de R$ 100,00, vencido em 10/12/2026.",
        "Para pagamento hoje, 21/12/2026: R$ 102,33 (multa de R$ 2,00 e juros de R$ 0,33).",
        made["digitable_line_formatted"],
    ]
    on("2027-01-12")
    refused = send(clerk, f"boletos/{made['id']}", conversation)
    assert (refused.status_code, "until 11/01/2027" in refused.text) == (409, True)


def test_a_closed_conversation_says_so(clerk: JsonClient, make: Any, enabled: Any, issue: Order) -> None:
    closed = make.conversation(status="resolved")
    assert send(clerk, f"boletos/{issue()['id']}", closed).status_code == 409


def test_viewers_send_nothing(api: Any, enabled: Any, conversation: Any, issue: Order) -> None:
    assert send(api(enabled.member("viewer")), f"boletos/{issue()['id']}", conversation).status_code == 403


def test_the_inbox_offers_and_sends_and_lists(
    client: FlaskClient,
    login: Callable[..., FlaskClient],
    agent: Any,
    conversation: Any,
    issue: Order,
    desk: JsonClient,
) -> None:
    made = issue(contact_id=str(conversation.contact_id))
    login(client, agent)
    button = client.get(f"/inbox/slots/inbox.composer.actions?conversation={conversation.id}").text
    assert f"/p/documents/chat/{conversation.id}" in button
    panel = client.get(f"/inbox/slots/inbox.sidebar?conversation={conversation.id}").text
    assert "R$ 123,45" in panel
    menu = client.get(f"/p/documents/chat/{conversation.id}").text
    assert "not registered yet" in menu
    browser = Browser(client)
    path = f"/chat/{conversation.id}/boleto/{made['id']}"
    wrong = browser.send(path, {"client_id": "x"}, page="/boletos/new")
    assert (wrong.status_code, "documents-error" in wrong.text) == (422, True)
    form = {"client_id": str(uuid.uuid4()), "part": "line"}
    early = browser.send(path, form, page="/boletos/new")
    assert (early.status_code, "documents-error" in early.text) == (422, True)
    done = browser.send(path, {**form, "unregistered": "1"}, page="/boletos/new")
    assert (done.status_code, "documents-sent" in done.text) == (200, True)
    assert len(messages(desk, conversation)) == 1
    desk.post(f"/conversations/{conversation.id}/resolve")
    again = {"client_id": str(uuid.uuid4()), "unregistered": "1"}
    refused = browser.send(path, again, page="/boletos/new")
    assert (refused.status_code, "closed" in refused.text) == (422, True)
