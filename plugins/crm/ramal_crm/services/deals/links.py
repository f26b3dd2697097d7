"""Whom and what a deal names: each must be the organization's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from ramal.api import InvalidPayload, NotFound, get_contact, get_member, session
from ramal.api import gettext as _
from ramal_crm.models import Customer
from ramal_crm.services import custom_fields

_MOST_TAGS, _LONGEST_TAG = 20, 40


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
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
        found["custom"] = custom_fields.read("deal", values["custom"])
    return found


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """Small letters, once each, in order. InvalidPayload for too many or too long ones."""
    found = sorted({" ".join(tag.lower().split()) for tag in tags} - {""})
    if len(found) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in found):
        words = {"most": _MOST_TAGS, "longest": _LONGEST_TAG}
        message = _("At most %(most)s tags of at most %(longest)s characters.", **words)
        raise InvalidPayload(message, {"tags": [message]})
    return found


def _demand_customer(customer_id: uuid.UUID) -> None:
    if session.execute(select(Customer.id).where(Customer.id == customer_id)).first() is None:
        raise NotFound(_("There is no such customer."))
