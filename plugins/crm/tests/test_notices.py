"""Who is told at the bell: a new lead's owner or all who may take it, an activity's assignee, a deal's owner."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from ramal.api import utcnow
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory
from ramal_crm.models import Deal, Pipeline, Stage
from ramal_crm.services import activities, lead_rules, leads, telling

from .people_writing import Line


def told(person: JsonClient, code: str) -> list[dict[str, Any]]:
    items = person.get("/notifications").json["items"]
    return [item for item in items if item["code"] == code]


def test_all_who_may_take_a_lead_are_told(app: Flask, desk: JsonClient, clerk: JsonClient) -> None:
    conversation = Line(app).write("Quanto custa?", name="Joana Prado")
    for person in (desk, clerk):
        (notice,) = told(person, "crm.NEW_LEAD")
        assert notice["title"] == "New lead: Joana Prado"
        assert (notice["body"], notice["url"]) == ("Quanto custa?", f"/inbox/{conversation.id}")


def test_a_leads_owner_is_told_alone(app: Flask, desk: JsonClient, clerk: JsonClient, agent: Any) -> None:
    line = Line(app)
    lead_rules.save_rule(line.channel.id, {"owner_id": agent.id})
    line.write()
    assert len(told(clerk, "crm.NEW_LEAD")) == 1
    assert told(desk, "crm.NEW_LEAD") == []


def test_whoever_opens_a_lead_for_themselves_is_not_told(clerk: JsonClient, make: Factory, agent: Any) -> None:
    body = {"contact_id": str(make.contact().id), "owner_id": str(agent.id)}
    assert clerk.post("/crm/leads", body).status_code == 201
    assert told(clerk, "crm.NEW_LEAD") == []
    lead = leads.open_lead(make.contact().id)
    (notice,) = told(clerk, "crm.NEW_LEAD")
    assert notice["url"] == f"/p/crm/leads?contact_id={lead.contact_id}"


def test_an_assignee_is_reminded(desk: JsonClient, clerk: JsonClient, agent: Any, work: Callable[[], None]) -> None:
    values = {"title": "Ligar para Joana", "due_at": utcnow(), "remind_at": utcnow() - timedelta(seconds=1)}
    made = activities.create_activity({**values, "assignee_id": agent.id})
    activities.create_activity({**values, "assignee_id": None})
    work()
    (notice,) = told(clerk, "crm.ACTIVITY_DUE")
    assert (notice["title"], notice["url"]) == ("To do: Ligar para Joana", "/p/crm/activities")
    assert told(desk, "crm.ACTIVITY_DUE") == []
    activities.change_activity(made.id, {"remind_at": utcnow()})
    work()
    assert len(told(clerk, "crm.ACTIVITY_DUE")) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("moved", "moved “Pães” to Proposta"),
        ("won", "won “Pães”"),
        ("lost", "lost “Pães”"),
        ("reopened", "opened “Pães” again"),
    ],
)
def test_a_deals_owner_hears_what_others_do_with_it(
    clerk: JsonClient, make: Factory, agent: Any, change: str, words: str
) -> None:
    deal = make_deal(make, agent.id)
    telling.deal_changed(deal, change, "Proposta")
    (notice,) = told(clerk, "crm.OPPORTUNITY_UPDATE")
    assert words in notice["title"]
    assert notice["url"] == f"/p/crm/deals/{deal.id}"
    telling.deal_changed(make_deal(make, None), change, "Proposta")
    telling.deal_changed(deal, "created", "Proposta")
    assert len(told(clerk, "crm.OPPORTUNITY_UPDATE")) == 1


def make_deal(make: Factory, owner_id: uuid.UUID | None) -> Deal:
    pipeline = make.add(Pipeline(name=str(uuid.uuid4())))
    stage = make.add(Stage(pipeline_id=pipeline.id, name="Contato"))
    return make.add(Deal(pipeline_id=pipeline.id, stage_id=stage.id, title="Pães", rank=Decimal(1), owner_id=owner_id))
