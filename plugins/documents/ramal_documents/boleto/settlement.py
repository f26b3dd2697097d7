"""What is owed on a day: discount before the due date, fine and interest after it, as the sheet says in words.

The bank works out the same when the boleto is paid, from the terms it registered; so a second copy keeps the line, the
value and the due date that were registered, and only says what they come to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ramal_documents import dates, money

if TYPE_CHECKING:
    from ramal_documents.boleto.model import Boleto

_NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """Amounts in reais; `days_late` counts from the due date, and is 0 as long as nothing is charged for delay."""

    day: date
    days_late: int
    discount: Decimal
    fine: Decimal
    interest: Decimal
    total: Decimal

    @property
    def late(self) -> Decimal:
        """(+) Mora/Multa."""
        return self.fine + self.interest

    @property
    def sentence(self) -> str:
        """`multa de R$ 2,00 e juros de R$ 0,40`; nothing when nothing was added."""
        parts = [("multa", self.fine), ("juros", self.interest)]
        return " e ".join(f"{what} de {money.with_symbol(amount)}" for what, amount in parts if amount)


def settlement(boleto: Boleto, day: date) -> Settlement:
    """What pays the boleto on `day`. `discount` holds the rebate too, as the sheet's box does."""
    late = day > dates.banking_day(boleto.due_date)
    days_late = (day - boleto.due_date).days if late else 0
    fine = boleto.fine.of(boleto.amount) if late and boleto.fine else _NOTHING
    interest = boleto.interest.a_day(boleto.amount) * days_late if boleto.interest else _NOTHING
    discount = boleto.rebate + _discount(boleto, day)
    total = boleto.amount - discount + fine + interest
    return Settlement(day=day, days_late=days_late, discount=discount, fine=fine, interest=interest, total=total)


def last_day(boleto: Boleto) -> date | None:
    """The last on which it is received; None without an end."""
    return (
        None
        if boleto.refuse_after is None
        else dates.banking_day(boleto.due_date + timedelta(days=boleto.refuse_after))
    )


def _discount(boleto: Boleto, day: date) -> Decimal:
    """Of several, the one that ends first among those that have not."""
    running = [discount for discount in boleto.discounts if discount.until >= day]
    return min(running, key=lambda each: each.until).of(boleto.amount) if running else _NOTHING
