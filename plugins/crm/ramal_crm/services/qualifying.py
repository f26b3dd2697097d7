"""A lead turned into a customer and, where there is something to sell, a deal: all of it or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import NotFound, get_conversation, transaction
from ramal.api import gettext as _
from ramal_crm.models import Customer, Deal, Lead
from ramal_crm.services import customers, deals, lead_rules, leads, pipelines, timeline
from ramal_crm.services.sentences import Data, Line, says


def qualify(lead_id: uuid.UUID, customer: Mapping[str, Any], deal: Mapping[str, Any] | None = None) -> Lead:
    """Make the customer (or take the one that ``customer_id`` names), link the contact, open the deal.

    ``customer``: values of ``create_customer``, or ``customer_id`` alone; ``deal``: values of ``create_deal``, whose
    contact, customer and conversation follow from the lead; None for no deal. Conflict if the lead is closed, or
    another customer has the CPF or CNPJ; InvalidPayload by field; NotFound for what is named.
    """
    with transaction():
        lead = leads.demand_open(lead_id)
        buyer = _customer(lead, customer)
        opened = _deal(lead, buyer, deal) if deal is not None else None
        deal_id = opened.id if opened else None
        leads.close(lead, "qualified", customer_id=buyer.id, deal_id=deal_id)
        timeline.note_entry(
            "lead.qualified",
            f"lead:{lead.id}:closed",
            {"customer": buyer.name},
            customer_id=buyer.id,
            contact_id=lead.contact_id,
            deal_id=deal_id,
        )
    return lead


def _customer(lead: Lead, values: Mapping[str, Any]) -> Customer:
    if values.get("customer_id") is not None:
        buyer = customers.get_customer(values["customer_id"], locked=True)
    else:
        buyer = customers.create_customer({"owner_id": lead.owner_id, **values})
    customers.link_contact(buyer.id, lead.contact_id)
    return buyer


def _deal(lead: Lead, buyer: Customer, values: Mapping[str, Any]) -> Deal:
    given = {"title": buyer.name, **_pipeline(lead, values), **values}
    if lead.owner_id is not None:
        given.setdefault("owner_id", lead.owner_id)
    about = {"customer_id": buyer.id, "contact_id": lead.contact_id, "conversation_id": _conversation(lead)}
    return deals.create_deal({**given, **about})


def _pipeline(lead: Lead, values: Mapping[str, Any]) -> dict[str, Any]:
    """Where the rule of its channel has deals begin, unless the caller says where."""
    wanted = lead_rules.rule_for(lead.channel_id).pipeline_id
    if wanted is None or values.get("stage_id") or values.get("pipeline_id"):
        return {}
    return {} if pipelines.get_pipeline(wanted).archived_at else {"pipeline_id": wanted}


def _conversation(lead: Lead) -> uuid.UUID | None:
    """To be linked with the deal, if whoever qualifies may see it."""
    try:
        return lead.conversation_id and uuid.UUID(get_conversation(lead.conversation_id)["id"])
    except NotFound:
        return None


@says("lead.opened")
def _opened(data: Data) -> Line:
    source = data.get("source", "")
    title = _("Lead from %(source)s", source=source) if source else _("Lead")
    return Line(title=title, icon="user-plus", text=data.get("campaign", ""))


@says("lead.qualified")
def _qualified(data: Data) -> Line:
    return Line(title=_("Lead qualified: %(customer)s", customer=data.get("customer", "")), icon="user-check")


@says("lead.discarded")
def _discarded(data: Data) -> Line:
    return Line(title=_("Lead discarded"), icon="x", text=data.get("reason", ""))


@says("activity.done")
def _done(data: Data) -> Line:
    return Line(title=_("Done: %(title)s", title=data.get("title", "")), icon="circle-check")
