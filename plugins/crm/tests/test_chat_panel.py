"""The panel beside a conversation: everything about the contact is done there, without leaving the chat."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer

from ramal.api import session
from ramal.database.session import db
from ramal.inbox.models import Conversation, Message
from ramal.plugins.services import disable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, TestOrganization
from ramal_crm.models import Activity, Customer, Deal, Lead, Note
from ramal_crm.services import cep, customers, deals, leads, pipelines

from .people_writing import Line

CNPJ = "11.222.333/0001-81"


@pytest.fixture
def person(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, agent: Any) -> FlaskClient:
    return login(client, agent)


@pytest.fixture
def conversation(app: Flask, enabled: Any) -> Conversation:
    return Line(app).write("Quero pão", payload={"referral": {"headline": "Pão quentinho"}})


@pytest.fixture
def send(person: FlaskClient, conversation: Conversation) -> Callable[..., Any]:
    """Send one of the panel's forms."""

    def post(path: str, status: int = 200, **form: Any) -> str:
        answer = person.post(f"/p/crm/chat/{conversation.id}/{path}", data=form)
        assert answer.status_code == status, answer.text
        return answer.text

    return post


def panel(person: FlaskClient, conversation: Conversation, **query: Any) -> str:
    answer = person.get(f"/p/crm/chat/{conversation.id}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def every(table: Any) -> list[Any]:
    db.session.rollback()
    db.session.expire_all()
    return list(session.execute(db.select(table).order_by(table.id)).scalars())


def only(table: Any) -> Any:
    (row,) = every(table)
    return row


def test_a_strangers_panel(person: FlaskClient, conversation: Conversation) -> None:
    answer = person.get("/inbox/slots/inbox.sidebar", query_string={"conversation": str(conversation.id)})
    for html in (answer.text, panel(person, conversation)):
        for words in ("Open lead", "WhatsApp da loja", "Pão quentinho", "No open deal.", "Nothing is planned."):
            assert words in html
        assert f'data-live-about="{conversation.contact_id}"' in html
        assert "data-live-hold" not in html


@pytest.mark.parametrize("form", ["customer", "link", "qualify", "discard", "deal", "activity", "note"])
def test_each_form_opens_filled_with_what_is_known(person: FlaskClient, conversation: Conversation, form: str) -> None:
    html = panel(person, conversation, form=form)
    assert "data-live-hold" in html
    assert "Cancel" in html
    if form in ("customer", "qualify"):
        assert 'value="Joana Prado"' in html
        assert 'value="+5511987654321"' in html


def test_a_lead_is_qualified(person: FlaskClient, conversation: Conversation, send: Callable[..., str]) -> None:
    lead = only(Lead)
    form = {
        "name": "Padaria Modelo",
        "document": "11.222.333/0001-80",
        "with_deal": "1",
        "deal.amount": "1.234,5x",
        "addresses.0.postal_code": "01310-100",
        "addresses.0.street": "Avenida Paulista",
        "addresses.0.city": "São Paulo",
        "addresses.0.state": "SP",
    }
    html = send(f"lead/{lead.id}/qualify", 422, **form)
    assert "crm-deal-amount-error" in html
    html = send(f"lead/{lead.id}/qualify", 422, **{**form, "deal.amount": "1.234,56"})
    assert "crm-document-error" in html
    assert 'value="Avenida Paulista"' in html
    html = send(f"lead/{lead.id}/qualify", **{**form, "deal.amount": "1.234,56", "document": CNPJ})
    assert "The lead is qualified." in html
    assert "Open lead" not in html
    assert "R$\xa01.234,56" in html
    assert (only(Customer).document, str(only(Deal).amount)) == ("11222333000181", "1234.56")
    html = send(f"lead/{lead.id}/qualify", 422, name="Outra")
    assert "closed already" in html
    assert "data-live-hold" not in html


def test_a_cnpj_that_is_known_leads_to_its_customer(conversation: Conversation, send: Callable[..., str]) -> None:
    known = customers.create_customer({"name": "Padaria Modelo", "document": CNPJ})
    lead = only(Lead)
    html = send(f"lead/{lead.id}/qualify", 422, name="Joana", document=CNPJ)
    assert f'name="customer_id" value="{known.id}"' in html
    html = send(f"lead/{lead.id}/qualify", name="Joana", document=CNPJ, customer_id=str(known.id))
    assert "Padaria Modelo" in html
    assert only(Lead).customer_id == known.id
    assert session.execute(db.select(Deal)).first() is None


def test_a_cep_fills_the_address_and_keeps_what_was_typed(
    person: FlaskClient, desk: JsonClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"logradouro": "Avenida Paulista", "bairro": "Bela Vista", "localidade": "São Paulo", "uf": "SP"}
    httpserver.expect_request("/01310100").respond_with_json(body)
    httpserver.expect_request("/99999999").respond_with_json({"erro": True})
    monkeypatch.setattr(cep, "settings_for", lambda _name: {"cep_services": [httpserver.url_for("/{cep}")]})
    monkeypatch.setattr(cep, "http_client", _open_client)
    query = {"addresses.0.postal_code": "01310-100", "addresses.0.number": "1000"}
    html = person.get("/p/crm/chat/cep", query_string=query).text
    for value in ("Avenida Paulista", "Bela Vista", "São Paulo", "SP", "1000"):
        assert f'value="{value}"' in html
    query |= {"addresses.0.postal_code": "99999-999", "addresses.0.street": "Rua Nova"}
    html = person.get("/p/crm/chat/cep", query_string=query).text
    assert "Nobody knows this CEP" in html
    assert 'value="Rua Nova"' in html


def _open_client() -> httpx2.Client:
    return httpx2.Client(timeout=60.0)


def test_a_lead_is_discarded_and_opened_again(conversation: Conversation, send: Callable[..., str]) -> None:
    lead = only(Lead)
    assert "Say why" in send(f"lead/{lead.id}/discard", 422, reason=" ")
    assert "No customer yet." in send(f"lead/{lead.id}/discard", reason="Fornecedor")
    assert "Open lead" in send("lead")
    assert "already" in send("lead", 422)
    assert [(each.state, each.source) for each in every(Lead)] == [
        ("discarded", "WhatsApp da loja"),
        ("open", "WhatsApp da loja"),
    ]


def test_customers_are_added_found_and_linked(
    person: FlaskClient, conversation: Conversation, send: Callable[..., str]
) -> None:
    leads.discard(only(Lead).id, "x")
    other = customers.create_customer({"name": "Padaria Modelo", "document": CNPJ, "phone": "+5511987654321"})
    html = panel(person, conversation)
    assert "Same phone or e-mail: Padaria Modelo" in html
    found = person.get(f"/p/crm/chat/{conversation.id}/customers", query_string={"q": "padaria"}).text
    assert f"/customer/{other.id}" in found
    assert CNPJ in found
    nobody = person.get(f"/p/crm/chat/{conversation.id}/customers", query_string={"q": "zzz"}).text
    assert "No customer fits." in nobody
    assert "Padaria Modelo" in send(f"customer/{other.id}")
    assert [each.id for each in customers.customers_of_contact(conversation.contact_id)] == [other.id]
    send(f"customer/{uuid.uuid4()}", 422)


def test_a_customer_is_added(conversation: Conversation, send: Callable[..., str]) -> None:
    leads.discard(only(Lead).id, "x")
    assert "crm-name-error" in send("customer", 422, name="")
    assert "The customer was added." in send("customer", name="Joana Prado", document="529.982.247-25")
    (linked,) = customers.customers_of_contact(conversation.contact_id)
    assert (linked.kind, linked.document) == ("person", "52998224725")


def test_a_deal_from_opening_to_winning(
    person: FlaskClient, conversation: Conversation, send: Callable[..., str]
) -> None:
    first, second = pipelines.stages_of(pipelines.default_pipeline().id)[:2]
    assert "crm-deal-title-error" in send("deal", 422)
    html = send("deal", **{"deal.title": "Café para 40", "deal.amount": "900", "deal.stage_id": str(first.id)})
    deal = only(Deal)
    assert (deal.title, deal.stage_id, deal.contact_id) == ("Café para 40", first.id, conversation.contact_id)
    assert [each["id"] for each in deals.conversations_of(deal.id)] == [str(conversation.id)]
    html = send(f"deal/{deal.id}/move", stage_id=str(second.id), version="1")
    assert re.search(rf'value="{second.id}" selected', html)
    html = send(f"deal/{deal.id}/move", 422, stage_id=str(first.id), version="1")
    assert "meanwhile" in html
    assert re.search(rf'value="{second.id}" selected', html)
    assert "Why was it lost?" in panel(person, conversation, form="lost", deal_id=str(deal.id))
    assert "The deal is won." in send(f"deal/{deal.id}/won", version="2")
    assert only(Deal).state == "won"


def test_a_deal_is_lost(conversation: Conversation, send: Callable[..., str]) -> None:
    send("deal", **{"deal.title": "Café"})
    assert "The deal is lost." in send(f"deal/{only(Deal).id}/lost", version="1", note="Caro")
    assert (only(Deal).state, only(Deal).loss_note) == ("lost", "Caro")
    assert "no such stage" in send(f"deal/{only(Deal).id}/move", 422, version="2", stage_id="x")


def test_an_activity_is_scheduled_and_done(conversation: Conversation, send: Callable[..., str], agent: Any) -> None:
    assert "crm-due-error" in send("activity", 422, title="Ligar", due="amanhã")
    form = {"title": "Ligar", "type": "call", "due": "2020-01-02T09:00", "remind": "60", "assignee_id": str(agent.id)}
    html = send("activity", **form)
    assert "Late" in html
    made = only(Activity)
    assert (made.contact_id, made.conversation_id) == (conversation.contact_id, conversation.id)
    assert (made.due_at.isoformat(), made.remind_at.isoformat()) == (
        "2020-01-02T12:00:00+00:00",
        "2020-01-02T11:00:00+00:00",
    )
    assert "Nothing is planned." in send(f"activity/{made.id}/done")
    assert only(Activity).done_by == agent.id


def test_one_is_made_from_a_message(person: FlaskClient, conversation: Conversation, agent: Any) -> None:
    message = session.execute(db.select(Message).where(Message.direction == "in")).scalars().first()
    about = {"conversation": str(conversation.id), "message": str(message.id)}
    menu = person.get("/inbox/slots/inbox.message.actions", query_string=about).text
    path = f"/p/crm/chat/{conversation.id}/message/{message.id}/activity"
    assert path in menu
    assert 'value="Quero pão"' in person.get(path).text
    wrong = person.post(path, data={"title": "Ligar", "due": ""})
    assert (wrong.status_code, "crm-due-error" in wrong.text) == (422, True)
    done = person.post(path, data={"title": "Ligar", "due": "2030-01-02T09:00", "assignee_id": str(agent.id)})
    assert "It is scheduled." in done.text
    assert (only(Activity).message_id, only(Activity).remind_at) == (message.id, None)


def test_a_note_is_kept_with_customer_and_deal(conversation: Conversation, send: Callable[..., str]) -> None:
    assert "Write something" in send("note", 422, body=" ")
    send("deal", **{"deal.title": "Café"})
    assert "The note was kept." in send("note", body="Prefere entrega cedo")
    note = only(Note)
    assert (note.contact_id, note.deal_id) == (conversation.contact_id, only(Deal).id)


def test_who_only_looks_sees_no_buttons(
    client: FlaskClient, login: Callable[..., FlaskClient], conversation: Conversation, organization: TestOrganization
) -> None:
    viewer = login(client, organization.member("viewer"))
    html = panel(viewer, conversation, form="qualify")
    assert "Open lead" in html
    assert "<form" not in html
    assert viewer.post(f"/p/crm/chat/{conversation.id}/lead").status_code == 403


def test_another_organizations_conversation_has_no_panel(
    person: FlaskClient, acting_for: Any, other_organization: TestOrganization, make: Factory
) -> None:
    with acting_for(other_organization.id):
        foreign = make.conversation()
    assert person.get(f"/p/crm/chat/{foreign.id}").status_code == 404
    assert person.post(f"/p/crm/chat/{foreign.id}/lead").status_code == 404


def test_disabled_it_leaves_no_trace(person: FlaskClient, conversation: Conversation) -> None:
    disable_plugin("crm")
    slot = person.get("/inbox/slots/inbox.sidebar", query_string={"conversation": str(conversation.id)})
    assert "crm" not in slot.text
    assert person.get(f"/p/crm/chat/{conversation.id}").status_code == 404


def test_the_inbox_is_filtered(desk: JsonClient, app: Flask, make: Factory) -> None:
    line = Line(app)
    lead, dealt, tagged, plain = (
        line.write("Oi", sender=f"551198765432{number}", name=str(number)) for number in range(4)
    )
    for conversation in (dealt, tagged, plain):
        leads.discard(leads.open_lead_of(conversation.contact_id).id, "x")  # type: ignore[union-attr]
    deal = deals.create_deal({"title": "Pão", "conversation_id": dealt.id})
    customer = customers.create_customer({"name": "Tina", "tags": ["VIP"], "contact_ids": [tagged.contact_id]})

    def shown(**filters: str) -> set[str]:
        query = {f"filter.crm.{name}": value for name, value in filters.items()}
        answer = desk.request("GET", "/conversations", query_string=query)
        assert answer.status_code == 200, answer.text
        return {item["id"] for item in answer.json["items"]}

    assert shown() == {str(each.id) for each in (lead, dealt, tagged, plain)}
    assert shown(lead="open") == {str(lead.id)}
    assert shown(stage=str(deal.stage_id)) == {str(dealt.id)}
    assert shown(tag="vip") == {str(tagged.id)}
    assert shown(tag="vip", lead="open") == set()
    deals.win(deal.id)
    assert shown(stage=str(deal.stage_id)) == set()
    for wrong in ({"stage": "x"}, {"lead": "x"}, {"zz": "x"}):
        query = {f"filter.crm.{name}": value for name, value in wrong.items()}
        assert desk.request("GET", "/conversations", query_string=query).status_code == 422
    assert customer.tags == ["vip"]


def test_the_filters_are_offered(person: FlaskClient, enabled: Any) -> None:
    pipelines.default_pipeline()
    customers.create_customer({"name": "Tina", "tags": ["vip"]})
    html = person.get("/inbox/slots/inbox.filters").text
    for name in ("filter.crm.stage", "filter.crm.tag", "filter.crm.lead", "Novo contato", ">vip<"):
        assert name in html
