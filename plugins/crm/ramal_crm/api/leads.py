"""Leads."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ramal.api import ApiBlueprint, Page, contact_names, page_of, require_permission
from ramal_crm.models import Lead, LeadRule
from ramal_crm.permissions import ADMINISTER, EDIT, VIEW
from ramal_crm.schemas.leads import (
    DiscardSchema,
    LeadFields,
    LeadQuery,
    LeadRuleInput,
    LeadRuleSchema,
    LeadRulesSchema,
    LeadSchema,
    NewLeadSchema,
    QualifySchema,
)
from ramal_crm.services import lead_rules, leads, qualifying

api = ApiBlueprint("leads", __name__, plugin="crm", url_prefix="/leads", description="Who may buy")
rules = ApiBlueprint("lead-rules", __name__, plugin="crm", url_prefix="/lead-rules", description="What makes leads")


@api.get("/")
@require_permission(VIEW)
@api.arguments(LeadQuery, location="query")
@api.response(200, page_of(LeadSchema))
def list_leads(query: Mapping[str, Any]) -> Page:
    """Leads, newest first, by key."""
    search = leads.Search(
        state=query.get("state"),
        owner_id=query.get("owner_id"),
        channel_id=query.get("channel_id"),
        contact_id=query.get("contact_id"),
        source=query["source"],
        text=query["q"],
    )
    page = leads.list_leads(search, cursor=query.get("cursor"), page_size=query["page_size"])
    return Page(shown(page.items), page.next_cursor)


@api.post("/")
@require_permission(EDIT)
@api.arguments(NewLeadSchema)
@api.response(201, LeadSchema)
def open_lead(values: Mapping[str, Any]) -> dict[str, Any]:
    """Open a lead by hand. 409 while the contact has an open one."""
    return shown([leads.open_lead(**values)])[0]


@api.get("/<uuid:lead_id>")
@require_permission(VIEW)
@api.response(200, LeadSchema)
def get_lead(lead_id: uuid.UUID) -> dict[str, Any]:
    """One lead."""
    return shown([leads.get_lead(lead_id)])[0]


@api.patch("/<uuid:lead_id>")
@require_permission(EDIT)
@api.arguments(LeadFields)
@api.response(200, LeadSchema)
def change_lead(values: Mapping[str, Any], lead_id: uuid.UUID) -> dict[str, Any]:
    """Another owner, another source. 409 once it is closed."""
    return shown([leads.change_lead(lead_id, values)])[0]


@api.post("/<uuid:lead_id>/discard")
@require_permission(EDIT)
@api.arguments(DiscardSchema)
@api.response(200, LeadSchema)
def discard_lead(values: Mapping[str, Any], lead_id: uuid.UUID) -> dict[str, Any]:
    """Nothing will come of it. 409 once it is closed."""
    return shown([leads.discard(lead_id, values["reason"])])[0]


@api.post("/<uuid:lead_id>/qualify")
@require_permission(EDIT)
@api.arguments(QualifySchema)
@api.response(200, LeadSchema)
def qualify_lead(values: Mapping[str, Any], lead_id: uuid.UUID) -> dict[str, Any]:
    """Make the customer and the deal, or neither. 409 once it is closed, or where the CPF or CNPJ is another's."""
    known = {"customer_id": values["customer_id"]} if values.get("customer_id") else values["customer"]
    return shown([qualifying.qualify(lead_id, known, values.get("deal"))])[0]


@rules.get("/")
@require_permission(VIEW)
@rules.response(200, LeadRulesSchema)
def list_rules() -> dict[str, Sequence[LeadRule]]:
    """The rules; a channel that none speaks of makes leads."""
    return {"items": lead_rules.list_rules()}


@rules.put("/")
@require_permission(ADMINISTER)
@rules.arguments(LeadRuleInput)
@rules.response(200, LeadRuleSchema)
def save_rule(values: Mapping[str, Any]) -> LeadRule:
    """Make a channel's rule, or the one of all others, or write it anew."""
    return lead_rules.save_rule(values["channel_id"], values)


@rules.delete("/<uuid:rule_id>")
@require_permission(ADMINISTER)
@rules.response(204)
def delete_rule(rule_id: uuid.UUID) -> None:
    """Back to what holds for all other channels."""
    lead_rules.delete_rule(rule_id)


def shown(found: Sequence[Lead]) -> list[dict[str, Any]]:
    """Leads with their contacts' names."""
    names = contact_names({lead.contact_id for lead in found})
    columns = [column.key for column in Lead.__table__.columns]
    return [
        {**{name: getattr(lead, name) for name in columns}, "contact_name": names.get(lead.contact_id, "")}
        for lead in found
    ]
