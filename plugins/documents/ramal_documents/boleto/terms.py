"""Interest, fine, discounts: structured, and the Portuguese sentences that print them.

A remessa and the printed instructions must say the same, so both come from here. Percentages are `Decimal`: 2 means
2 %. Consumers owe at most a fine of 2 % (CDC, art. 52 §1) and 1 % interest a month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ramal_documents import dates, money

LARGEST_FINE = Decimal(2)
LARGEST_MONTHLY = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Interest:
    """Juros de mora: `monthly` in percent, or `daily` as an amount; one of them."""

    monthly: Decimal | None = None
    daily: Decimal | None = None

    def a_day(self, amount: Decimal) -> Decimal:
        """What a day of delay costs: a thirtieth of the month's percentage."""
        if self.daily is not None:
            return money.rounded(self.daily)
        return money.rounded(amount * (self.monthly or Decimal(0)) / 3000)


@dataclass(frozen=True, kw_only=True)
class Fine:
    """Multa for delay, once: `percent`, or an `amount`; one of them."""

    percent: Decimal | None = None
    amount: Decimal | None = None

    def of(self, amount: Decimal) -> Decimal:
        """The fine on a boleto of this amount."""
        if self.amount is not None:
            return money.rounded(self.amount)
        return money.rounded(amount * (self.percent or Decimal(0)) / 100)


@dataclass(frozen=True, kw_only=True)
class Discount:
    """Desconto to whoever pays on or before the day `until`: `amount` or `percent`; one of them."""

    until: date
    amount: Decimal | None = None
    percent: Decimal | None = None

    def of(self, amount: Decimal) -> Decimal:
        """The discount on a boleto of this amount."""
        if self.amount is not None:
            return money.rounded(self.amount)
        return money.rounded(amount * (self.percent or Decimal(0)) / 100)


def percentage(value: Decimal) -> str:
    """`2,00%`."""
    return f"{money.formatted(value)}%"


def late_sentence(amount: Decimal, fine: Fine | None, interest: Interest | None) -> str:
    """`Após o vencimento, multa de 2,00% (R$ 24,69) e juros de R$ 0,41 ao dia`; nothing without either."""
    parts = []
    if fine is not None and fine.of(amount):
        value = money.with_symbol(fine.of(amount))
        parts.append(f"multa de {value}" if fine.percent is None else f"multa de {percentage(fine.percent)} ({value})")
    if interest is not None and interest.a_day(amount):
        parts.append(f"juros de {money.with_symbol(interest.a_day(amount))} ao dia")
    return f"Após o vencimento, {' e '.join(parts)}" if parts else ""


def discount_sentence(amount: Decimal, discount: Discount) -> str:
    """`Desconto de R$ 50,00 até 05/12/2026`."""
    value = money.with_symbol(discount.of(amount))
    what = value if discount.percent is None else f"{percentage(discount.percent)} ({value})"
    return f"Desconto de {what} até {dates.short(discount.until)}"


def days_sentence(what: str, days: int | None) -> str:
    """`Protestar após 5 dias do vencimento`; `Não receber após o vencimento` for 0 days; nothing for None."""
    if days is None:
        return ""
    if days == 0:
        return f"{what} após o vencimento"
    return f"{what} após {days} {'dia' if days == 1 else 'dias'} do vencimento"
