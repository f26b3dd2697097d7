"""What forms of the inbox say, read by the API's own schemas; and what is wrong, by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import request
from marshmallow import EXCLUDE, ValidationError

from ramal.api import InvalidPayload, RamalError, Schema
from ramal.api import gettext as _
from ramal_crm import days
from ramal_crm.schemas.activities import NewActivitySchema
from ramal_crm.schemas.leads import QualifyDealSchema

#: What the customer's form has, addresses apart.
_CUSTOMER = ("name", "document", "email", "phone")
ADDRESS = ("postal_code", "street", "number", "complement", "district", "city", "state")
#: How long before an activity is due its assignee is reminded, in minutes.
REMINDERS = (0, 10, 60, 24 * 60)


def read(schema: type[Schema], prefix: str = "", **more: Any) -> dict[str, Any]:
    """The fields under ``prefix`` that were filled in. InvalidPayload by the form's names."""
    given = {
        name.removeprefix(prefix): text.strip()
        for name, text in request.form.items()
        if name.startswith(prefix) and text.strip()
    }
    try:
        found: dict[str, Any] = schema(unknown=EXCLUDE).load({**given, **more})
    except ValidationError as error:
        wrong = error.messages if isinstance(error.messages, Mapping) else {"_": error.messages}
        details = {prefix + str(name): sentences for name, sentences in wrong.items()}
        raise InvalidPayload(_("Some of the data does not fit."), details) from None
    return found


def customer() -> dict[str, Any]:
    """What was typed about a customer, as ``create_customer`` takes it."""
    address = {part: request.form.get(f"addresses.0.{part}", "") for part in ADDRESS}
    return {**{name: request.form.get(name, "") for name in _CUSTOMER}, "addresses": [address]}


def deal() -> dict[str, Any] | None:
    """The deal to open; None where there is to be none."""
    return read(QualifyDealSchema, "deal.") if request.form.get("with_deal") else None


def activity() -> dict[str, Any]:
    """Something to do, with its times by the organization's clock."""
    try:
        due_at = days.from_field(request.form.get("due", ""))
    except ValueError:
        message = _("Write a day and a time.")
        raise InvalidPayload(message, {"due": [message]}) from None
    minutes = request.form.get("remind", type=int)
    remind_at = None if minutes not in REMINDERS else due_at - timedelta(minutes=minutes)
    times: dict[str, Any] = {"due_at": due_at.isoformat(), "remind_at": remind_at.isoformat() if remind_at else None}
    return read(NewActivitySchema, **times)


def sentences(error: RamalError) -> dict[str, list[str]]:
    """What is wrong by field, for a form; what an error says besides is for programs."""
    found = {name: said for name, said in error.details.items() if isinstance(said, list)}
    return found or {"_": [error.message]}
