"""Carnês: a sum in monthly boletos that add up to it, issued all or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ramal.api import NotFound, get_contact, new_id, session, transaction
from ramal.api import gettext as _
from ramal_documents import dates, money
from ramal_documents.models import Booklet, Charge
from ramal_documents.services.accounts import get_account
from ramal_documents.services.actors import actor
from ramal_documents.services.charges import Instalment, check, issue_new
from ramal_documents.services.problems import told

#: Characters of a document number.
_LONGEST = 15


def issue_booklet(values: Mapping[str, Any]) -> Booklet:
    """Issue ``values["count"]`` boletos of ``values["amount"]`` together. InvalidPayload, and nothing is written."""
    contact_id = values.get("contact_id")
    parts = list(_parts(values))
    check(parts[0])
    with transaction() as open_session:
        booklet = Booklet(
            id=values.get("id") or new_id(),
            account_id=get_account(values["account_id"]).id,
            contact_id=get_contact(contact_id).id if contact_id else None,
            total=values["amount"],
            count=values["count"],
            payer_name=values["payer"]["name"][:120],
            document_number=values.get("document_number") or "",
            created_by=actor()[0],
        )
        open_session.add(booklet)
        for place, each in enumerate(parts, 1):
            issue_new({**each, "id": None}, Instalment(booklet.id, place, len(parts)))
    return booklet


def get_booklet(booklet_id: uuid.UUID, *, locked: bool = False) -> Booklet:
    """One. NotFound."""
    query = select(Booklet).where(Booklet.id == booklet_id).execution_options(populate_existing=True)
    found: Booklet | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such carnê."))
    return found


def boletos_of(booklet_id: uuid.UUID) -> Sequence[Charge]:
    """Its boletos, first instalment first."""
    query = select(Charge).where(Charge.booklet_id == booklet_id).order_by(Charge.instalment)
    found: Sequence[Charge] = session.execute(query).scalars().all()
    return found


def _parts(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The values of each boleto: its share, its due date, its discounts so many days before that."""
    count, number = values["count"], values.get("document_number") or ""
    with told():
        amounts = money.instalments(values["amount"], count)
        days = dates.monthly(values["due_date"], count)
    for place, (amount, day) in enumerate(zip(amounts, days, strict=True), 1):
        part = {**values, "amount": amount, "due_date": day}
        if "discounts" in values:
            part["discounts"] = [
                {**each, "until": dates.days_before(day, each["days_before"])} for each in values["discounts"]
            ]
        numbered = f"{number}/{place}"
        if number and len(numbered) <= _LONGEST:
            part["document_number"] = numbered
        yield part
