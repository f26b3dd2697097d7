"""A deal's facts changed, and a deal deleted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import InvalidPayload, audit, transaction
from ramal.api import gettext as _
from ramal_crm.models import Deal
from ramal_crm.services.deals.history import tell
from ramal_crm.services.deals.items import items_of, replace_items
from ramal_crm.services.deals.links import checked
from ramal_crm.services.deals.locking import taken, touch


def change_deal(deal_id: uuid.UUID, changes: Mapping[str, Any], version: int | None = None) -> Deal:
    """Change what is given of ``title, customer_id, contact_id, owner_id, amount, expected_on, tags, custom, items``.

    Conflict if ``version`` is given and somebody changed it since; InvalidPayload for an amount where items make it.
    """
    with transaction() as session:
        deal = taken(deal_id, version)
        facts = checked(changes, deal)
        lines = changes["items"] if "items" in changes else items_of(deal.id)
        if "amount" in facts and lines and facts["amount"] != deal.amount:
            message = _("The amount is the sum of the items; change those.")
            raise InvalidPayload(message, {"amount": [message]})
        changed = {name for name, value in facts.items() if getattr(deal, name) != value}
        for name in changed:
            setattr(deal, name, facts[name])
        if "items" in changes:
            replace_items(deal, changes["items"])
        if changed or "items" in changes:
            touch(deal)
            session.flush()
            tell(deal, "changed")
    return deal


def delete_deal(deal_id: uuid.UUID, version: int | None = None) -> None:
    """Delete a deal with its items, history and notes; the audit trail keeps that it was."""
    with transaction() as session:
        deal = taken(deal_id, version)
        facts = {"state": deal.state, "amount": f"{deal.amount:.2f}"}
        audit("crm.deal.deleted", target=("deal", deal.id, deal.title), before=facts)
        touch(deal)
        tell(deal, "deleted")
        session.delete(deal)
