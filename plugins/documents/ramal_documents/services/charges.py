"""Boletos: written as drafts, issued with a number, found again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError

from ramal.api import (
    Conflict,
    NotFound,
    Page,
    emit_event,
    get_contact,
    page_by_key,
    session,
    transaction,
)
from ramal.api import gettext as _
from ramal_documents import dates, ids, sheet
from ramal_documents.boleto import BANKS, Boleto, Party, issue
from ramal_documents.models import Charge, IssuingAccount
from ramal_documents.services import terms
from ramal_documents.services.accounts import get_account, numbers_of
from ramal_documents.services.actors import actor
from ramal_documents.services.history import note_change
from ramal_documents.services.numbering import next_number, take_numbers
from ramal_documents.services.problems import refusal, told

#: States in which money is still expected.
OPEN = ("issued", "registered")
#: What is written across a sheet that nobody should pay by: banks refuse a boleto that is not registered.
WATERMARKS = {
    "issued": "AGUARDANDO REGISTRO",
    "rejected": "REJEITADO PELO BANCO",
    "paid": "PAGO",
    "written_off": "BAIXADO",
}
#: Numbers that an account which shares its bank's numbers may have to leave out.
_SKIPPED = 100
_PLAIN = ("amount", "due_date", "document_number", "species", "accepted", "instructions", "statement", "pix_code")


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a boleto would look like, and what somebody should look at before it is issued."""

    boleto: Boleto
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which boletos a list shows. ``state`` may also be ``overdue``: open, and past its due date."""

    state: str | None = None
    account_id: uuid.UUID | None = None
    contact_id: uuid.UUID | None = None
    booklet_id: uuid.UUID | None = None
    due_from: date | None = None
    due_to: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Instalment:
    """A boleto's place in a carnê."""

    booklet_id: uuid.UUID
    number: int
    count: int


def list_charges(filters: Filters, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    query = _filtered(select(Charge), filters)
    return page_by_key(query, ((Charge.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def totals(filters: Filters) -> tuple[int, Decimal]:
    """(how many, their amounts together)."""
    query = _filtered(select(func.count(), func.coalesce(func.sum(Charge.amount), 0)), filters)
    count, amount = session.execute(query).one()
    return count, Decimal(amount)


def get_charge(charge_id: uuid.UUID, *, locked: bool = False) -> Charge:
    """One boleto, held until the transaction ends if ``locked``. NotFound."""
    query = select(Charge).where(Charge.id == charge_id).execution_options(populate_existing=True)
    found: Charge | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such boleto."))
    return found


def charges_by_id(charge_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Charge]:
    """Several, for a list."""
    query = select(Charge).where(Charge.id.in_(charge_ids))
    return {charge.id: charge for charge in session.execute(query).scalars()}


def check(values: Mapping[str, Any]) -> Check:
    """Try the values with the number that would come next. InvalidPayload with all that is wrong, by field."""
    account = open_account(values["account_id"])
    boleto = checked(prepared(account, values), account)
    return Check(boleto=boleto, warnings=tuple(warning.sentence for warning in issue.warnings(boleto)))


def save_draft(values: Mapping[str, Any]) -> Charge:
    """Keep a boleto without a number; what would keep it from being issued is refused already."""
    account = open_account(values["account_id"])
    charge = prepared(account, values)
    checked(charge, account)
    with transaction() as open_session:
        open_session.add(charge)
        open_session.flush()
        note_change(charge, None)
    return charge


def issue_new(values: Mapping[str, Any], instalment: Instalment | None = None) -> Charge:
    """Issue a boleto at once. InvalidPayload names what is wrong; Conflict when the numbers are used up."""
    account = open_account(values["account_id"])
    charge = prepared(account, values, instalment)
    checked(charge, account)
    return _issued(charge, account)


def issue_draft(charge_id: uuid.UUID) -> Charge:
    """Give a draft its number. Conflict unless it is a draft still."""
    charge = get_charge(charge_id)
    _demand_draft(charge)
    account = open_account(charge.account_id)
    charge.issuer = _issuer(account)
    charge.processing_date = dates.today()
    checked(charge, account)
    return _issued(charge, account)


def change_draft(charge_id: uuid.UUID, values: Mapping[str, Any]) -> Charge:
    """Write a draft anew. Conflict unless it is a draft still."""
    account = open_account(values["account_id"])
    with transaction():
        charge = get_charge(charge_id, locked=True)
        _demand_draft(charge)
        for name, value in _columns(account, values).items():
            setattr(charge, name, value)
        checked(charge, account)
    return charge


def delete_draft(charge_id: uuid.UUID) -> None:
    """Throw a draft away; what has a number stays for ever. Conflict unless it is a draft."""
    with transaction() as open_session:
        charge = get_charge(charge_id, locked=True)
        _demand_draft(charge)
        open_session.delete(charge)


def prepared(account: IssuingAccount, values: Mapping[str, Any], instalment: Instalment | None = None) -> Charge:
    """A draft of these values, not yet in the database."""
    charge = Charge(**_columns(account, values))
    if values.get("id"):
        charge.id = values["id"]
    charge.state = "draft"
    charge.created_by = actor()[0]
    if instalment is not None:
        charge.booklet_id = instalment.booklet_id
        charge.instalment, charge.instalments = instalment.number, instalment.count
    return charge


def boleto_of(charge: Charge, our_number: str | None = None) -> Boleto:
    """The library's boleto of a row. Its numbers are those that were issued; a draft needs one to try."""
    issuer = {name: text for name, text in charge.issuer.items() if name != "beneficiary"}
    of = f"{charge.instalment}/{charge.instalments}" if charge.instalment else ""
    return Boleto(
        **issuer,
        our_number=our_number or charge.our_number or "",
        amount=charge.amount,
        due_date=charge.due_date,
        document_number=charge.document_number or "",
        document_date=charge.document_date,
        processing_date=charge.processing_date,
        species=charge.species,
        accepted=bool(charge.accepted),
        beneficiary=Party(**charge.issuer["beneficiary"]),
        payer=Party(**charge.payer),
        guarantor=Party(**charge.guarantor) if charge.guarantor else None,
        instructions=tuple(charge.instructions or ()),
        statement=tuple(charge.statement or ()),
        pix_code=charge.pix_code or "",
        instalment=str(charge.instalment or ""),
        instalment_printed=of,
        watermark=WATERMARKS.get(charge.state, ""),
        **vars(terms.of_charge(charge.terms)),
    )


def is_overdue(charge: Charge) -> bool:
    """Whether money is still expected, and late."""
    return charge.state in OPEN and charge.due_date < dates.today()


def warnings_of(charge: Charge) -> list[str]:
    """What somebody should look at: odd check digits, charges above what consumers owe."""
    number = charge.our_number or BANKS[charge.bank].sequence_number(1, charge.processing_date)
    return [warning.sentence for warning in issue.warnings(boleto_of(charge, number))]


def open_account(account_id: uuid.UUID) -> IssuingAccount:
    """An issuing account that is switched on. NotFound, Conflict."""
    account = get_account(account_id)
    if not account.active:
        message = _("The account “%(name)s” is switched off.", name=account.name)
        raise Conflict(message, {"account_id": [message]})
    return account


def _columns(account: IssuingAccount, values: Mapping[str, Any]) -> dict[str, Any]:
    today = dates.today()
    contact_id = values.get("contact_id")
    found = {name: values[name] for name in _PLAIN if values.get(name) is not None}
    return {
        "species": account.species,
        "accepted": account.accepted,
        "instructions": list(account.instructions),
        **found,
        "account_id": account.id,
        "contact_id": get_contact(contact_id).id if contact_id else None,
        "bank": account.bank,
        "issuer": _issuer(account),
        "document_date": values.get("document_date") or today,
        "processing_date": today,
        "payer": _party(values["payer"]),
        "payer_name": str(values["payer"].get("name", ""))[:120],
        "guarantor": _party(values["guarantor"]) if values.get("guarantor") else None,
        "terms": terms.for_charge(values, account.terms, values["due_date"]).stored(),
    }


def _party(values: Mapping[str, Any]) -> dict[str, Any]:
    # Tidy where it is one; as it was typed where a sentence will quote it.
    document = values.get("document") or ""
    return {**values, "document": ids.tidy(document) if ids.kind(document) else document}


def _issuer(account: IssuingAccount) -> dict[str, Any]:
    return {**numbers_of(account), "beneficiary": account.beneficiary}


def checked(charge: Charge, account: IssuingAccount) -> Boleto:
    """The boleto with the number that would come next, if it may be issued today and fits on paper."""
    number = next_number(account, charge.processing_date)
    with told():
        boleto = boleto_of(charge, number)
    carne = charge.booklet_id is not None
    if found := [*issue.problems(boleto, dates.today()), *sheet.problems(boleto, carne=carne)]:
        raise refusal(found)
    return boleto


def _issued(charge: Charge, account: IssuingAccount) -> Charge:
    before = charge.state if charge in session else None
    place, boleto = _free_number(charge, account)
    try:
        with transaction() as open_session:
            if before is not None:
                # Held from here on: of two clicks on one draft, the second finds it issued.
                open_session.refresh(charge, ["state"], with_for_update=True)
                _demand_draft(charge)
            bear(charge, place, boleto)
            open_session.add(charge)
            open_session.flush()
            note_change(charge, before)
            emit_event("document.issued", news(charge))
    except IntegrityError as error:
        if "uq_charge" not in str(error.orig):
            raise
        raise Conflict(_("Another account gave this nosso número at the same moment; try again.")) from None
    return charge


def _free_number(charge: Charge, account: IssuingAccount) -> tuple[int, Boleto]:
    """A place in the sequence whose number no account of the organization has used at this bank."""
    for _try in range(_SKIPPED):
        (place,) = take_numbers(account.id)
        with told():
            boleto = boleto_of(charge, BANKS[account.bank].sequence_number(place, charge.processing_date))
        with session.no_autoflush:
            used = session.execute(
                select(Charge.id).where(Charge.bank == account.bank, Charge.free_field == boleto.free_field)
            ).first()
        if used is None:
            return place, boleto
    message = _("Another account of this bank has used these nossos números; raise this account's next number.")
    raise Conflict(message, {"account_id": [message]})


def bear(charge: Charge, place: int, boleto: Boleto) -> None:
    """Give the row the number that it bears from now on."""
    charge.state, charge.number = "issued", place
    charge.our_number, charge.our_number_printed = boleto.codes.our_number, boleto.our_number_formatted
    charge.barcode, charge.digitable_line = boleto.barcode, boleto.digitable_line
    charge.free_field = boleto.free_field


def news(charge: Charge) -> dict[str, Any]:
    """What events say of a boleto."""
    return {
        "type": "boleto",
        "id": str(charge.id),
        "number": charge.our_number_printed,
        "document_number": charge.document_number,
        "barcode": charge.barcode,
        "amount": str(charge.amount),
        "due_date": charge.due_date.isoformat(),
        "contact_id": str(charge.contact_id) if charge.contact_id else None,
    }


def _demand_draft(charge: Charge) -> None:
    if charge.state != "draft":
        raise Conflict(_("This boleto was issued; only a draft can be changed or thrown away."), state=charge.state)


def _filtered(query: Any, filters: Filters) -> Any:
    if filters.state == "overdue":
        query = query.where(Charge.state.in_(OPEN), Charge.due_date < dates.today())
    elif filters.state:
        query = query.where(Charge.state == filters.state)
    for column, value in (
        (Charge.account_id, filters.account_id),
        (Charge.contact_id, filters.contact_id),
        (Charge.booklet_id, filters.booklet_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if filters.due_from:
        query = query.where(Charge.due_date >= filters.due_from)
    if filters.due_to:
        query = query.where(Charge.due_date <= filters.due_to)
    return _searched(query, filters.text.strip())


def _searched(query: Any, text: str) -> Any:
    """By the payer's name, CPF or CNPJ, by document number, by nosso número, or by a pasted line."""
    if not text:
        return query
    digits = ids.tidy(text)
    matches = [
        Charge.payer_name.icontains(text, autoescape=True),
        Charge.document_number == text,
        Charge.our_number_printed == text,
        Charge.payer["document"].astext == digits,
    ]
    if len(digits) in (44, 47):
        matches.append(
            and_(Charge.barcode.is_not(None), or_(Charge.barcode == digits, Charge.digitable_line == digits))
        )
    elif digits.isdecimal():
        matches.append(Charge.number == int(digits[:18]))
    return query.where(or_(*matches))
