"""Leads, rules and activities over the API, by those who may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ramal.api import utcnow
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, TestOrganization


def test_a_lead_from_opening_to_discarding(clerk: JsonClient, make: Factory, agent: Any) -> None:
    contact = make.contact("Joana Prado")
    body = {"contact_id": str(contact.id), "source": "indicação", "first_message": "Quer pão"}
    answer = clerk.post("/crm/leads", body)
    assert answer.status_code == 201, answer.text
    lead = answer.json
    assert (lead["contact_name"], lead["state"], lead["source"]) == ("Joana Prado", "open", "indicação")
    again = clerk.post("/crm/leads", body)
    assert (again.status_code, again.json["error"]["code"]) == (409, "CONFLICT")
    changed = clerk.patch(f"/crm/leads/{lead['id']}", {"owner_id": str(agent.id)})
    assert changed.json["owner_id"] == str(agent.id)
    listed = clerk.get("/crm/leads", state="open", q="joana").json
    assert [item["id"] for item in listed["items"]] == [lead["id"]]
    assert clerk.post(f"/crm/leads/{lead['id']}/discard", {"reason": " "}).status_code == 422
    assert clerk.post(f"/crm/leads/{lead['id']}/discard", {"reason": "Fornecedor"}).json["state"] == "discarded"
    assert clerk.post(f"/crm/leads/{lead['id']}/discard", {"reason": "Fornecedor"}).status_code == 409
    assert clerk.get(f"/crm/leads/{lead['id']}").json["reason"] == "Fornecedor"


def test_rules_are_the_administrators(desk: JsonClient, clerk: JsonClient, make: Factory) -> None:
    channel = make.channel(name="Loja")
    body = {"channel_id": str(channel.id), "source": "loja", "with_customers": True}
    assert clerk.put("/crm/lead-rules", body).status_code == 403
    rule = desk.put("/crm/lead-rules", body).json
    assert (rule["source"], rule["with_customers"], rule["active"]) == ("loja", True, True)
    everyone = desk.put("/crm/lead-rules", {"active": False}).json
    assert everyone["channel_id"] is None
    assert [item["id"] for item in clerk.get("/crm/lead-rules").json["items"]] == [everyone["id"], rule["id"]]
    assert desk.delete(f"/crm/lead-rules/{rule['id']}").status_code == 204
    assert desk.delete(f"/crm/lead-rules/{rule['id']}").status_code == 404
    trail = [item["action"] for item in desk.get("/audit").json["items"]]
    assert trail.count("crm.lead_rule.saved") == 2
    assert trail.count("crm.lead_rule.deleted") == 1


def test_an_activity_from_planning_to_done(clerk: JsonClient, make: Factory, agent: Any) -> None:
    conversation = make.conversation()
    message = make.message(conversation, "Me liga amanhã?")
    due = (utcnow() + timedelta(days=1)).isoformat()
    body = {"title": "Ligar", "type": "call", "due_at": due, "remind_at": due, "message_id": str(message.id)}
    answer = clerk.post("/crm/activities", body)
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert made["contact_id"] == str(conversation.contact_id)
    assert (made["assignee_id"], made["conversation_id"]) == (str(agent.id), str(conversation.id))
    path = f"/crm/activities/{made['id']}"
    assert clerk.patch(path, {"title": "Ligar cedo"}).json["title"] == "Ligar cedo"
    query = {"contact_id": str(conversation.contact_id), "when": "week"}
    assert [item["title"] for item in clerk.get("/crm/activities", **query).json["items"]] == ["Ligar cedo"]
    assert clerk.post(f"{path}/done", {}).json["done_by"] == str(agent.id)
    assert clerk.delete(path).status_code == 409
    assert clerk.get("/crm/activities", when="done").json["items"][0]["id"] == made["id"]
    assert clerk.post(f"{path}/undo", {}).json["done_at"] is None
    assert clerk.get(path).status_code == 200
    assert clerk.delete(path).status_code == 204
    assert clerk.get(path).status_code == 404


def test_who_only_looks_changes_nothing(
    api: Callable[[Any], JsonClient], enabled: Any, organization: TestOrganization, make: Factory
) -> None:
    viewer = api(organization.member("viewer"))
    assert viewer.get("/crm/leads").status_code == 200
    assert viewer.get("/crm/activities").status_code == 200
    assert viewer.post("/crm/leads", {"contact_id": str(make.contact().id)}).status_code == 403
    assert viewer.post("/crm/activities", {"title": "x", "due_at": utcnow().isoformat()}).status_code == 403
    assert viewer.post(f"/crm/activities/{uuid.uuid4()}/done", {}).status_code == 403
