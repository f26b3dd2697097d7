"""The pages of leads, their rules and activities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.api import session, utcnow
from ramal.database.session import db
from ramal.testing.factories import Factory
from ramal_crm.models import Activity, Lead, LeadRule
from ramal_crm.services import activities, leads


@pytest.fixture
def person(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> FlaskClient:
    return login(client, admin)


def page(person: FlaskClient, path: str, status: int = 200, **form: Any) -> str:
    answer = person.post(f"/p/crm/{path}", data=form, follow_redirects=True) if form else person.get(f"/p/crm/{path}")
    assert answer.status_code == status, answer.text
    return answer.text


def rows(table: Any) -> list[Any]:
    db.session.rollback()
    db.session.expire_all()
    return list(session.execute(db.select(table).order_by(table.id)).scalars())


def test_leads_are_listed_found_and_discarded(person: FlaskClient, make: Factory) -> None:
    for number in range(22):
        leads.open_lead(make.contact(f"Pessoa {number:02}").id, source="site" if number else "feira")
    html = page(person, "leads")
    assert html.count('data-testid="lead-row"') == 20
    assert "cursor=" in html
    assert page(person, "leads?source=feira").count('data-testid="lead-row"') == 1
    assert page(person, "leads?q=pessoa+07").count('data-testid="lead-row"') == 1
    lead = rows(Lead)[0]
    assert "Say why" in page(person, f"leads/{lead.id}/discard", reason=" ")
    assert "The lead was discarded." in page(person, f"leads/{lead.id}/discard", reason="Fornecedor")
    assert "closed already" in page(person, f"leads/{lead.id}/discard", reason="Fornecedor")
    assert "Fornecedor" in page(person, "leads?state=discarded")
    assert "No lead fits" in page(person, "leads?state=qualified")


def test_rules_are_written_on_their_page(person: FlaskClient, make: Factory, agent: Any) -> None:
    channel = make.channel(name="Loja")
    html = page(person, "lead-rules")
    assert "Loja" in html
    assert html.count('data-testid="lead-rule"') == 2
    form = {"channel_id": str(channel.id), "active": "1", "source": "loja", "owner_id": str(agent.id)}
    assert "The rule was saved." in page(person, "lead-rules", **form)
    page(person, "lead-rules", source="outros")
    own, others = rows(LeadRule)
    assert (own.source, own.active, own.owner_id, own.with_customers) == ("loja", True, agent.id, False)
    assert (others.channel_id, others.active) == (None, False)
    missing = {**form, "owner_id": "01a203a7-e974-73bd-887a-d2d0fa6f777b"}
    assert "no such person" in page(person, "lead-rules", **missing)


def test_activities_are_listed_by_when(person: FlaskClient, make: Factory, admin: Any, agent: Any) -> None:
    now = utcnow()
    mine = {"assignee_id": admin.id, "contact_id": make.contact("Joana").id}
    late = activities.create_activity({"title": "Atrasada", "due_at": now - timedelta(days=2), **mine})
    activities.create_activity({"title": "Depois", "due_at": now + timedelta(days=20), **mine})
    activities.create_activity({"title": "Dela", "due_at": now, "assignee_id": agent.id})
    html = page(person, "activities")
    assert "Overdue (1)" in html
    assert ("Atrasada" in html, "Depois" in html, "Dela" in html) == (True, True, False)
    assert "Dela" in page(person, "activities?whose=all")
    assert "Depois" not in page(person, "activities?when=overdue")
    assert "Done." in page(person, f"activities/{late.id}/done", csrf="")
    assert "Nothing here" in page(person, "activities?when=overdue")
    assert "done, and stays" in page(person, f"activities/{late.id}/delete", csrf="")
    assert "to be done again" in page(person, f"activities/{late.id}/undo?when=done", csrf="")
    assert "It was deleted." in page(person, f"activities/{late.id}/delete", csrf="")


def test_an_activity_is_scheduled_on_the_page(person: FlaskClient, admin: Any) -> None:
    assert "Write a day and a time." in page(person, "activities", 422, title="Comprar farinha", due="")
    html = page(person, "activities", title="Comprar farinha", due="2030-01-02T09:00", assignee_id=str(admin.id))
    assert "It is scheduled." in html
    assert [each.title for each in rows(Activity)] == ["Comprar farinha"]
