"""Whom and what a deal names: each must be the organization's own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from ramal.api import NotFound, get_contact, get_member, session
from ramal.api import gettext as _
from ramal_crm.models import Customer, Deal
from ramal_crm.services import custom_fields
from ramal_crm.services.tags import tidy_tags


def checked(values: Mapping[str, Any], before: Deal | None = None) -> dict[str, Any]:
    """The given facts of a deal as its columns hold them. NotFound for a foreign customer, contact or owner."""
    found = {name: values[name] for name in ("title", "amount", "expected_on") if name in values}
    if values.get("customer_id"):
        _demand_customer(values["customer_id"])
    if values.get("owner_id"):
        get_member(values["owner_id"])
    for name in ("customer_id", "owner_id"):
        if name in values:
            found[name] = values[name]
    if "contact_id" in values:
        found["contact_id"] = get_contact(values["contact_id"]).id if values["contact_id"] else None
    if "tags" in values:
        found["tags"] = tidy_tags(values["tags"])
    if "custom" in values:
        found["custom"] = custom_fields.read("deal", values["custom"], before.custom if before else None)
    return found


def _demand_customer(customer_id: uuid.UUID) -> None:
    if session.execute(select(Customer.id).where(Customer.id == customer_id)).first() is None:
        raise NotFound(_("There is no such customer."))
