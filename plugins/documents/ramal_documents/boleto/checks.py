"""What must hold for every boleto, whatever its bank: amount, dates, terms, the bank itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ramal_documents.boleto.banks import BANKS
from ramal_documents.boleto.code import OVERFLOW_CENTS
from ramal_documents.boleto.due_factor import factor
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.species import SPECIES
from ramal_documents.boleto.terms import Discount, Fine, Interest
from ramal_documents.money import with_symbol
from ramal_documents.words import gettext as _

if TYPE_CHECKING:
    from ramal_documents.boleto.model import Boleto


def field_errors(boleto: Boleto) -> Iterator[BoletoError]:
    """Every field that is wrong by itself."""
    if boleto.bank not in BANKS:
        values = {"text": boleto.bank, "known": ", ".join(BANKS)}
        yield BoletoError("bank", _("There are no rules for the bank “%(text)s”; there are for %(known)s.", **values))
    yield from amount_errors("amount", boleto.amount)
    yield from _due_date_errors(boleto.due_date)
    for field in ("document_date", "processing_date"):
        value: object = getattr(boleto, field)
        if value is not None and not _is_day(value):
            yield BoletoError(field, _("%(value)s is not a date.", value=repr(value)))
    if boleto.species not in SPECIES:
        values = {"text": boleto.species, "known": ", ".join(SPECIES)}
        yield BoletoError("species", _("“%(text)s” is not an espécie; there are %(known)s.", **values))
    yield from _terms_errors(boleto)


def amount_errors(field: str, value: object) -> Iterator[BoletoError]:
    """A `Decimal` of whole cents, not negative, of at most thirteen digits."""
    if not isinstance(value, Decimal) or not value.is_finite():
        sentence = _('The amount %(value)s is not a Decimal; write it as Decimal("1234.56").', value=repr(value))
        yield BoletoError(field, sentence)
    elif abs(value) * 100 > OVERFLOW_CENTS:
        yield BoletoError(field, _("The amount has more than 13 digits."))
    elif value < 0:
        yield BoletoError(field, _("The amount %(value)s is negative.", value=with_symbol(value)))
    elif value * 100 != (value * 100).to_integral_value():
        yield BoletoError(field, _("The amount %(value)s has a fraction of a cent.", value=value))


def _due_date_errors(value: object) -> Iterator[BoletoError]:
    if value is None or value == "":
        yield BoletoError("due_date", _("The due date is missing; a boleto is registered with one."))
    elif not isinstance(value, date) or not _is_day(value):
        yield BoletoError("due_date", _("The due date %(value)s is not a date.", value=repr(value)))
    else:
        try:
            factor(value)
        except BoletoError as error:
            yield error


def _terms_errors(boleto: Boleto) -> Iterator[BoletoError]:
    found: list[tuple[str, Interest | Fine | Discount | None]] = [
        ("interest", boleto.interest),
        ("fine", boleto.fine),
        *(("discounts", discount) for discount in boleto.discounts),
    ]
    for field, term in found:
        if term is not None:
            yield from _rate_errors(field, *_rates(term))
    yield from amount_errors("rebate", boleto.rebate)
    for field in ("refuse_after", "protest_after", "report_after"):
        days = getattr(boleto, field)
        if days is not None and not 0 <= days <= 999:
            yield BoletoError(field, _("%(days)s is not a number of days from 0 to 999.", days=days))
    if len(boleto.discounts) > 3:
        yield BoletoError("discounts", _("A boleto has at most three discounts."))


def _rates(term: Interest | Fine | Discount) -> tuple[object, object]:
    """(percentage, amount)."""
    if isinstance(term, Interest):
        return term.monthly, term.daily
    return term.percent, term.amount


def _rate_errors(field: str, percent: object, amount: object) -> Iterator[BoletoError]:
    if (percent is None) == (amount is None):
        yield BoletoError(field, _("A percentage or an amount: one of the two."))
    elif amount is not None:
        yield from amount_errors(field, amount)
    elif not isinstance(percent, Decimal) or not percent.is_finite() or not 0 <= percent <= 100:
        yield BoletoError(field, _("%(value)s is not a percentage from 0 to 100.", value=percent))


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
