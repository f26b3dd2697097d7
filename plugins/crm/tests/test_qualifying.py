"""A lead becomes a customer with a deal, or nothing happens at all."""

from __future__ import annotations

import threading
import uuid
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from ramal.api import Conflict, InvalidPayload, NotFound, session
from ramal.database.session import db, use_organization
from ramal.events.models import Event
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory
from ramal_crm.models import Customer, Deal, DealConversation, Lead, TimelineEntry
from ramal_crm.services import customers, deals, lead_rules, leads, live, pipelines, qualifying, sentences, timeline

from .people_writing import Line

CNPJ = "11.222.333/0001-81"
COMPANY = {"name": "Padaria Modelo", "document": CNPJ}


@pytest.fixture
def line(app: Flask, enabled: Any) -> Line:
    return Line(app)


@pytest.fixture
def lead(line: Line) -> Lead:
    line.write("Quero pão para 40 pessoas")
    found: Lead = session.execute(db.select(Lead)).scalar_one()
    return found


def count(table: Any) -> int:
    db.session.rollback()
    return len(session.execute(db.select(table.id)).all())


def test_a_lead_becomes_a_customer_with_a_deal(lead: Lead, agent: Any) -> None:
    leads.change_lead(lead.id, {"owner_id": agent.id})
    closed = qualifying.qualify(lead.id, COMPANY, {"amount": Decimal("1200.50")})
    assert (closed.state, closed.closed_at is not None) == ("qualified", True)
    (customer,) = customers.customers_of_contact(lead.contact_id)
    assert (customer.id, customer.kind, customer.owner_id) == (closed.customer_id, "company", agent.id)
    (deal,) = deals.deals_of_contact(lead.contact_id)
    assert (deal.id, deal.title, deal.amount) == (closed.deal_id, "Padaria Modelo", Decimal("1200.50"))
    assert (deal.customer_id, deal.owner_id) == (customer.id, agent.id)
    link = session.execute(db.select(DealConversation)).scalar_one()
    assert (link.deal_id, link.conversation_id) == (deal.id, lead.conversation_id)


def test_the_timeline_tells_it(lead: Lead) -> None:
    qualifying.qualify(lead.id, COMPANY, {})
    entries = timeline.timeline_of(session.execute(db.select(Customer.id)).scalar_one()).items
    told = [sentences.line_of(entry).title for entry in entries]
    assert "Lead qualified: Padaria Modelo" in told
    assert "Lead from WhatsApp da loja" in told


@pytest.mark.parametrize(
    ("customer", "deal", "error"),
    [
        ({"name": "X", "document": "11.222.333/0001-80"}, {}, InvalidPayload),
        ({"name": ""}, {}, InvalidPayload),
        (COMPANY, {"stage_id": uuid.uuid4()}, NotFound),
        (COMPANY, {"owner_id": uuid.uuid4()}, NotFound),
        ({"customer_id": uuid.uuid4()}, {}, NotFound),
    ],
)
def test_all_or_nothing(lead: Lead, customer: dict[str, Any], deal: dict[str, Any], error: type[Exception]) -> None:
    pipelines.default_pipeline()
    before = count(TimelineEntry)
    with pytest.raises(error):
        qualifying.qualify(lead.id, customer, deal)
    assert (count(Customer), count(Deal), count(TimelineEntry)) == (0, 0, before)
    assert leads.get_lead(lead.id).state == "open"


def test_a_known_customer_is_taken_and_a_deal_left_out(lead: Lead) -> None:
    known = customers.create_customer(COMPANY)
    with pytest.raises(Conflict) as refused:
        qualifying.qualify(lead.id, COMPANY)
    assert refused.value.details["customer_id"] == str(known.id)
    closed = qualifying.qualify(lead.id, {"customer_id": known.id})
    assert (closed.customer_id, closed.deal_id) == (known.id, None)
    assert count(Deal) == 0
    assert [customer.id for customer in customers.customers_of_contact(lead.contact_id)] == [known.id]
    with pytest.raises(Conflict):
        qualifying.qualify(lead.id, {"customer_id": known.id})


def test_deals_begin_where_the_channels_rule_says(line: Line, lead: Lead) -> None:
    pipelines.default_pipeline()
    other = pipelines.create_pipeline({"name": "Atacado", "stages": [{"name": "Entrada"}]})
    lead_rules.save_rule(line.channel.id, {"pipeline_id": other.id})
    closed = qualifying.qualify(lead.id, COMPANY, {})
    assert deals.get_deal(closed.deal_id).pipeline_id == other.id  # type: ignore[arg-type]


def test_open_screens_hear_of_it(lead: Lead) -> None:
    qualifying.qualify(lead.id, COMPANY, {})
    query = db.select(Event.data).where(Event.type == live.CONTACT_CHANGED)
    told = [data["contact_id"] for data in session.execute(query).scalars()]
    assert told == [str(lead.contact_id)] * 2


def test_over_the_api(clerk: JsonClient, lead: Lead) -> None:
    path = f"/crm/leads/{lead.id}/qualify"
    address = {"postal_code": "01310-100", "street": "Avenida Paulista", "city": "São Paulo", "state": "SP"}
    body = {"customer": {**COMPANY, "addresses": [address]}, "deal": {"title": "Café", "amount": "900.00"}}
    for wrong in ({}, {"deal": body["deal"]}, {"customer": {"document": CNPJ}}):
        assert clerk.post(path, wrong).status_code == 422
    assert clerk.post(path, {**body, "customer_id": str(uuid.uuid4())}).status_code == 404
    answer = clerk.post(path, body)
    assert (answer.status_code, answer.json["state"]) == (200, "qualified")
    assert customers.main_address(uuid.UUID(answer.json["customer_id"])).postal_code == "01310100"  # type: ignore[union-attr]
    assert clerk.get(f"/crm/deals/{answer.json['deal_id']}").json["amount"] == "900.00"
    again = clerk.post(path, body)
    assert (again.status_code, again.json["error"]["code"]) == (409, "CONFLICT")


def test_two_who_qualify_at_once_make_one_customer(app: Flask, organization: Any, lead: Lead) -> None:
    start, outcome = threading.Barrier(2), []

    def run(number: int) -> None:
        with app.app_context():
            use_organization(organization.id)
            start.wait()
            try:
                qualifying.qualify(lead.id, {"name": f"Padaria {number}"}, {})
                outcome.append("done")
            except Conflict:
                outcome.append("late")
            db.session.remove()

    pipelines.default_pipeline()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["done", "late"]
    assert (count(Customer), count(Deal)) == (1, 1)


def test_somebody_elses_deal_that_moves_is_told(clerk: JsonClient, lead: Lead, make: Factory, agent: Any) -> None:
    closed = qualifying.qualify(lead.id, COMPANY, {"owner_id": agent.id})
    deals.win(closed.deal_id)  # type: ignore[arg-type]
    items = clerk.get("/notifications").json["items"]
    (notice,) = [item for item in items if item["code"] == "crm.OPPORTUNITY_UPDATE"]
    assert "won “Padaria Modelo”" in notice["title"]
