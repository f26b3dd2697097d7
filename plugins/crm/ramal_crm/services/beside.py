"""What stands beside a conversation: whom its contact buys for, their lead, their open deals, what comes next."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ramal.api import get_contact
from ramal_crm.models import Activity, Customer, Deal, Lead, Stage
from ramal_crm.services import activities, customers, deals, leads, pipelines

#: Deals that are shown; the rest is on the board.
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Beside:
    """``alike``: customers with the contact's phone or e-mail who are not linked; ``stages`` by pipeline."""

    contact: Any
    customers: Sequence[Customer]
    alike: Sequence[Customer]
    lead: Lead | None
    deals: Sequence[Deal]
    stages: Mapping[uuid.UUID, Sequence[Stage]]
    activity: Activity | None


def beside(contact_id: uuid.UUID) -> Beside:
    """All of it, of one contact. NotFound."""
    contact = get_contact(contact_id)
    linked = customers.customers_of_contact(contact.id)
    opened = deals.deals_of_contact(contact.id)[:SHOWN]
    return Beside(
        contact=contact,
        customers=linked,
        alike=[] if linked else alike(contact),
        lead=leads.open_lead_of(contact.id),
        deals=opened,
        stages={pipeline_id: pipelines.stages_of(pipeline_id) for pipeline_id in {deal.pipeline_id for deal in opened}},
        activity=activities.next_activity_of(contact_id=contact.id),
    )


def alike(contact: Any) -> list[Customer]:
    """Customers who have the contact's phone or e-mail: most likely the same people."""
    found: dict[uuid.UUID, Customer] = {}
    for text in filter(None, (contact.phone, contact.email)):
        found |= {customer.id: customer for customer in customers.suggestions(text, most=3)}
    return list(found.values())
