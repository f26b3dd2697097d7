"""What a boleto comes to on a day, and which days banks pay on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramal_documents import dates
from ramal_documents.boleto import Boleto, Discount, Fine, Interest, settlement
from ramal_documents.boleto.settlement import last_day

from .helpers import boleto

#: A Thursday.
DUE = date(2026, 12, 10)


def owing(**changes: Any) -> Boleto:
    fields: dict[str, Any] = {
        "amount": Decimal("1234.56"),
        "due_date": DUE,
        "fine": Fine(percent=Decimal(2)),
        "interest": Interest(monthly=Decimal(1)),
        "discounts": (
            Discount(until=date(2026, 12, 9), amount=Decimal(20)),
            Discount(until=date(2026, 12, 5), percent=Decimal(10)),
        ),
        "rebate": Decimal("4.56"),
    }
    return boleto(**{**fields, **changes})


@pytest.mark.parametrize(
    ("day", "late", "discount", "fine", "interest", "total"),
    [
        (date(2026, 12, 1), 0, "128.02", "0", "0", "1106.54"),
        (date(2026, 12, 5), 0, "128.02", "0", "0", "1106.54"),
        (date(2026, 12, 6), 0, "24.56", "0", "0", "1210.00"),
        (DUE, 0, "4.56", "0", "0", "1230.00"),
        (date(2026, 12, 11), 1, "4.56", "24.69", "0.41", "1255.10"),
        (date(2027, 1, 9), 30, "4.56", "24.69", "12.30", "1266.99"),
    ],
)
def test_what_is_owed(day: date, late: int, discount: str, fine: str, interest: str, total: str) -> None:
    found = settlement(owing(), day)
    assert (found.days_late, found.discount) == (late, Decimal(discount))
    assert (found.fine, found.interest, found.total) == (Decimal(fine), Decimal(interest), Decimal(total))
    assert found.late == Decimal(fine) + Decimal(interest)


def test_amounts_instead_of_percentages() -> None:
    made = owing(
        fine=Fine(amount=Decimal(5)), interest=Interest(daily=Decimal("0.50")), discounts=(), rebate=Decimal(0)
    )
    found = settlement(made, DUE + timedelta(days=4))
    assert (found.fine, found.interest, found.total) == (Decimal(5), Decimal(2), Decimal("1241.56"))
    assert found.sentence == "multa de R$ 5,00 e juros de R$ 2,00"


def test_without_terms_delay_costs_nothing() -> None:
    found = settlement(owing(fine=None, interest=None, discounts=(), rebate=Decimal(0)), DUE + timedelta(days=40))
    assert (found.total, found.sentence) == (Decimal("1234.56"), "")


def test_what_falls_due_on_a_weekend_is_paid_on_the_next_banking_day() -> None:
    made = owing(due_date=date(2026, 12, 12))  # a Saturday
    assert settlement(made, date(2026, 12, 14)).late == 0
    late = settlement(made, date(2026, 12, 15))
    assert (late.days_late, late.interest) == (3, Decimal("1.23"))


@pytest.mark.parametrize(
    ("day", "banking"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 11, 20), date(2026, 11, 23)),  # Consciência Negra, a Friday
        (date(2026, 12, 25), date(2026, 12, 28)),
        (date(2027, 2, 6), date(2027, 2, 10)),  # the Saturday before Carnival
        (date(2026, 4, 3), date(2026, 4, 6)),  # Good Friday
        (date(2026, 6, 4), date(2026, 6, 5)),  # Corpus Christi
        (date(2027, 1, 1), date(2027, 1, 4)),
    ],
)
def test_banking_days(day: date, banking: date) -> None:
    assert dates.banking_day(day) == banking


@pytest.mark.parametrize(
    ("year", "easter"),
    [(2000, (4, 23)), (2008, (3, 23)), (2024, (3, 31)), (2025, (4, 20)), (2038, (4, 25)), (2049, (4, 18))],
)
def test_easter(year: int, easter: tuple[int, int]) -> None:
    friday = date(year, *easter) - timedelta(days=2)
    assert dates.banking_day(friday) > friday


def test_the_last_day() -> None:
    assert last_day(owing()) is None
    assert last_day(owing(refuse_after=1)) == date(2026, 12, 11)
    assert last_day(owing(refuse_after=2)) == date(2026, 12, 14)


@given(st.integers(0, 400), st.decimals(Decimal("0.01"), Decimal("99999999.99"), places=2))
def test_a_day_more_never_costs_less(days: int, amount: Decimal) -> None:
    made = owing(amount=amount, discounts=(), rebate=Decimal(0))
    today, tomorrow = (settlement(made, DUE + timedelta(days=days + step)) for step in (0, 1))
    assert amount <= today.total <= tomorrow.total
