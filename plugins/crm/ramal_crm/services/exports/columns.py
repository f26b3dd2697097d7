"""What the columns of an export are called, and what stands in them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ramal.api import among, list_members, session, tables
from ramal.api import gettext as _
from ramal_crm import days, numbers
from ramal_crm.models import Customer, CustomerAddress, CustomField, Deal, LossReason, Pipeline, Stage
from ramal_crm.services import custom_fields, groups
from ramal_crm.services.cep import formatted_cep

Line = Sequence[tables.Cell]
_BRAZIL = re.compile(r"\+55([1-9][1-9])(9?\d{4})(\d{4})")
_PARTS = ("street", "number", "complement", "district", "city", "state")


class Customers:
    """Customers: as an import reads them, each heading one that it knows."""

    def __init__(self) -> None:
        self._own = custom_fields.list_fields("customer")

    def headers(self) -> Line:
        """In the reader's language."""
        return [
            _("Person or company"),
            _("Name"),
            _("Registered name"),
            _("CPF or CNPJ"),
            _("Phone"),
            _("E-mail"),
            _("Day of birth"),
            _("State registration"),
            _("Website"),
            _("Group"),
            _("Tags"),
            _("CEP"),
            _("Street"),
            _("Number"),
            _("Complement"),
            _("District"),
            _("City"),
            _("State (UF)"),
            *(field.label for field in self._own),
        ]

    def lines(self, found: Sequence[Customer]) -> list[Line]:
        """Of these customers."""
        names = groups.names([customer.group_id for customer in found])
        theirs = among(CustomerAddress.customer_id, [customer.id for customer in found])
        main = select(CustomerAddress).where(CustomerAddress.is_main, theirs)
        addresses = {address.customer_id: address for address in session.execute(main).scalars()}
        return [self._line(each, names, addresses.get(each.id)) for each in found]

    def _line(self, each: Customer, names: Mapping[Any, str], address: CustomerAddress | None) -> Line:
        return [
            _("Company") if each.kind == "company" else _("Person"),
            each.name,
            each.legal_name,
            numbers.formatted(each.document),
            phone_of(each.phone),
            each.email or "",
            each.birth_date or "",
            each.state_registration,
            each.website,
            names.get(each.group_id, ""),
            ", ".join(each.tags),
            formatted_cep(address.postal_code) if address else "",
            *(getattr(address, part) if address else "" for part in _PARTS),
            *(own_cell(field, each.custom.get(field.key)) for field in self._own),
        ]


class Deals:
    """Deals, with the customer and where they stand."""

    def __init__(self) -> None:
        self._own = custom_fields.list_fields("deal")
        self._members: dict[uuid.UUID | None, str] = {member.id: member.name for member in list_members()}
        self._pipelines = _names(Pipeline)
        self._stages = _names(Stage)
        self._reasons = _names(LossReason)

    def headers(self) -> Line:
        """In the reader's language."""
        return [
            _("Title"),
            _("Customer"),
            _("CPF or CNPJ"),
            _("Pipeline"),
            _("Stage"),
            _("State"),
            _("Amount"),
            _("Expected on"),
            _("Owner"),
            _("Tags"),
            _("Added on"),
            _("Closed on"),
            _("Reason of the loss"),
            *(field.label for field in self._own),
        ]

    def lines(self, found: Sequence[Deal]) -> list[Line]:
        """Of these deals."""
        ids = {deal.customer_id for deal in found} - {None}
        query = select(Customer.id, Customer.name, Customer.document).where(among(Customer.id, ids))
        people: dict[uuid.UUID | None, tuple[str, str]] = {
            row.id: (row.name, numbers.formatted(row.document)) for row in session.execute(query)
        }
        return [self._line(deal, people.get(deal.customer_id, ("", ""))) for deal in found]

    def _line(self, deal: Deal, who: tuple[str, str]) -> Line:
        states = {"open": _("In progress"), "won": _("Won"), "lost": _("Lost")}
        return [
            deal.title,
            *who,
            self._pipelines.get(deal.pipeline_id, ""),
            self._stages.get(deal.stage_id, ""),
            states[deal.state],
            deal.amount,
            deal.expected_on or "",
            self._members.get(deal.owner_id, ""),
            ", ".join(deal.tags),
            days.local(deal.created_at).date(),
            days.local(deal.closed_at).date() if deal.closed_at else "",
            self._reasons.get(deal.loss_reason_id, ""),
            *(own_cell(field, deal.custom.get(field.key)) for field in self._own),
        ]


def phone_of(phone: str | None) -> str:
    """As it is written in Brazil, without a sign that a spreadsheet program would take for a formula."""
    known = _BRAZIL.fullmatch(phone or "")
    return f"({known[1]}) {known[2]}-{known[3]}" if known else phone or ""


def own_cell(field: CustomField, value: Any) -> tables.Cell:
    """What is kept in one of the organization's own fields: numbers and days as such."""
    if value is None or value == "":
        return ""
    if field.type == "number":
        return Decimal(str(value))
    return date.fromisoformat(value) if field.type == "date" else custom_fields.shown(field, value)


def _names(table: Any) -> dict[uuid.UUID | None, str]:
    return {row.id: row.name for row in session.execute(select(table.id, table.name))}
