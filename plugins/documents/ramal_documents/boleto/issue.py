"""What must hold, besides, on the day a boleto is issued: reading an old one asks for none of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ramal_documents import ids
from ramal_documents.boleto import terms
from ramal_documents.boleto.code import LARGEST_CENTS
from ramal_documents.boleto.due_factor import due_date, factor
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.model import Boleto
from ramal_documents.boleto.party import LONGEST, Party
from ramal_documents.dates import short
from ramal_documents.errors import DocumentsError
from ramal_documents.money import cents, from_cents, with_symbol
from ramal_documents.words import gettext as _


def problems(boleto: Boleto, today: date, *, open_amount: bool = False) -> tuple[BoletoError, ...]:
    """All that keeps a boleto from being issued on the day `today`.

    `open_amount` lets the amount be 0, so that the payer decides it.
    """
    return tuple(_problems(boleto, today, open_amount))


def warnings(boleto: Boleto) -> tuple[BoletoError, ...]:
    """What may be issued but should be looked at: odd check digits, charges above what consumers may be asked for."""
    return (*boleto.warnings, *_charges(boleto))


def _problems(boleto: Boleto, today: date, open_amount: bool) -> Iterator[BoletoError]:
    if cents(boleto.amount) > LARGEST_CENTS:
        values = {"value": with_symbol(boleto.amount), "largest": with_symbol(from_cents(LARGEST_CENTS))}
        sentence = _("The amount %(value)s is above %(largest)s, the largest a boleto with a due date holds.", **values)
        yield BoletoError("amount", sentence)
    if not boleto.amount and not open_amount:
        yield BoletoError("amount", _("The amount is 0."))
    yield from _days(boleto, today)
    if boleto.rebate > boleto.amount:
        yield BoletoError("rebate", _("The rebate is larger than the amount."))
    for discount in boleto.discounts:
        if discount.until > boleto.due_date:
            yield BoletoError("discounts", _("A discount lasts longer than the due date."))
        if discount.of(boleto.amount) + boleto.rebate >= boleto.amount > 0:
            yield BoletoError("discounts", _("A discount leaves nothing to pay."))
    yield from _party(boleto.beneficiary, "beneficiary")
    yield from _party(boleto.payer, "payer")
    if boleto.guarantor is not None:
        yield from _party(boleto.guarantor, "guarantor")


def _days(boleto: Boleto, today: date) -> Iterator[BoletoError]:
    """The due date: neither past, nor before the document, nor so far that its factor means another day."""
    if boleto.due_date < today:
        yield BoletoError("due_date", _("The due date %(date)s is in the past.", date=short(boleto.due_date)))
    elif (read := due_date(factor(boleto.due_date), today)) != boleto.due_date:
        values = {"date": short(boleto.due_date), "read": short(read or today)}
        sentence = _("The due date %(date)s is too far ahead: banks would read it as %(read)s.", **values)
        yield BoletoError("due_date", sentence)
    if boleto.document_date is not None and boleto.document_date > boleto.due_date:
        yield BoletoError("due_date", _("The due date is before the document's date."))


def _party(party: Party | None, field: str) -> Iterator[BoletoError]:
    """Name and a right CPF or CNPJ; the beneficiary's address is on the boleto by law (Lei 12.039/2009)."""
    who = {"beneficiary": _("beneficiary"), "payer": _("payer"), "guarantor": _("guarantor")}[field]
    if party is None or not party.name.strip():
        yield BoletoError(f"{field}.name", _("The %(who)s's name is missing.", who=who))
        return
    for name, text in vars(party).items():
        if len(text) > LONGEST:
            sentence = _("This has %(count)s characters; %(longest)s fit.", count=len(text), longest=LONGEST)
            yield BoletoError(f"{field}.{name}", sentence)
            return
    if not party.document:
        yield BoletoError(f"{field}.document", _("The %(who)s's CPF or CNPJ is missing.", who=who))
    else:
        try:
            ids.check(party.document)
        except DocumentsError as error:
            yield BoletoError(f"{field}.document", error.sentence)
    if field == "beneficiary" and not party.address_printed:
        yield BoletoError(f"{field}.street", _("The beneficiary's address is missing; the law wants it on the boleto."))


def _charges(boleto: Boleto) -> Iterator[BoletoError]:
    fine, interest = boleto.fine, boleto.interest
    if fine is not None and boleto.amount and fine.of(boleto.amount) * 100 > boleto.amount * terms.LARGEST_FINE + 1:
        yield BoletoError("fine", _("The fine is above 2 %, the most a consumer owes (CDC, art. 52)."))
    monthly = interest.a_day(boleto.amount) * 3000 if interest is not None else 0
    if boleto.amount and monthly > boleto.amount * terms.LARGEST_MONTHLY + 15:
        yield BoletoError("interest", _("The interest is above 1 % a month, the usual limit towards consumers."))
