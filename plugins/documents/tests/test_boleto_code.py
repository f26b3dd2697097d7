"""Due factor, barcode, line, bars."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ramal_documents.boleto import BoletoError, InvalidBoleto, code, due_factor, itf, parse
from ramal_documents.boleto.digits import double, general, mod10, mod11

from .helpers import boleto

ENDS = (date(2000, 7, 3), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("due", "factor"),
    [
        (date(2000, 7, 3), "1000"),
        (date(2002, 5, 1), "1667"),
        (date(2025, 2, 21), "9999"),
        (date(2025, 2, 22), "1000"),
        (date(2026, 12, 31), "1677"),
        (date(2049, 10, 13), "9999"),
        (date(2049, 10, 14), "1000"),
    ],
)
def test_factor(due: date, factor: str) -> None:
    assert due_factor.factor(due) == factor
    assert due_factor.due_date(factor, due) == due


def test_every_day_to_2060_comes_back() -> None:
    """On every day within the bank's window around it: 3,000 days behind to 5,500 ahead."""
    day = ENDS[0]
    while day <= ENDS[1]:
        digits = due_factor.factor(day)
        for seen in (day, day + timedelta(days=3000), day - timedelta(days=5500)):
            assert due_factor.due_date(digits, seen) == day
        day += timedelta(days=1)


@given(st.dates(max_value=date(2000, 7, 2)))
def test_no_factor_before_the_first(day: date) -> None:
    with pytest.raises(BoletoError) as caught:
        due_factor.factor(day)
    assert caught.value.field == "due_date"


def test_a_factor_below_1000_is_none() -> None:
    assert due_factor.due_date("0999", date(2026, 11, 22)) is None


@settings(deadline=None)
@given(st.dates(*ENDS), st.integers(0, code.OVERFLOW_CENTS), st.integers(0, 10**8 - 1))
def test_line_and_barcode_make_each_other(due: date, cents: int, number: int) -> None:
    made = boleto("341", due_date=due, amount=Decimal(cents).scaleb(-2), our_number=str(number))
    assert len(made.barcode) == 44
    assert len(made.digitable_line) == 47
    assert code.barcode_of_line(made.digitable_line) == made.barcode
    for text in (made.barcode, made.digitable_line, made.digitable_line_formatted):
        read = parse(text, today=due)
        assert read.ok
        assert (read.barcode, read.digitable_line) == (made.barcode, made.digitable_line)
        assert read.amount == made.amount
        assert read.due_date == (due if cents <= code.LARGEST_CENTS else None)


def test_a_large_value_takes_the_factors_place() -> None:
    largest = boleto(amount=Decimal("99999999.99"))
    assert largest.barcode[5:19] == "16569999999999"
    larger = boleto(amount=Decimal("100000000.00"))
    assert larger.barcode[5:19] == "00010000000000"
    read = parse(larger.barcode)
    assert (read.amount, read.due_date, read.due_factor) == (Decimal("100000000.00"), None, "")
    with pytest.raises(InvalidBoleto, match="13 digits"):
        boleto(amount=Decimal("100000000000.00"))


def test_no_value_is_ten_zeros() -> None:
    made = boleto(amount=Decimal(0))
    assert made.barcode[9:19] == "0" * 10
    assert parse(made.digitable_line).amount == 0


@given(st.text("0123456789", min_size=43, max_size=43))
def test_the_general_digit_is_never_zero(digits: str) -> None:
    assert general(digits) in set("123456789")


def test_digits_of_known_numbers() -> None:
    assert mod10("341911012") == "1"
    assert mod11("61900", ten="X") == "0"
    assert double("22832563") == "51"
    assert double("00009194") == "38"  # a remainder of 1 raises the first digit


@given(st.text("0123456789", min_size=1, max_size=30))
def test_a_double_digit_is_always_two(digits: str) -> None:
    assert len(double(digits)) == 2


def test_bars_of_a_boleto() -> None:
    digits = boleto().barcode
    widths = itf.widths(digits)
    assert itf.modules(digits) == 405
    assert len(widths) == 4 + 44 * 5 + 3
    assert widths[:4] == (1, 1, 1, 1)
    assert widths[-3:] == (3, 1, 1)
    assert sum(width for _, width in itf.bars(digits)) == sum(widths[::2])


def test_bars_of_one_pair() -> None:
    # 1 is wide at the ends, 2 at the second and the last.
    assert itf.widths("12")[4:14] == (3, 1, 1, 3, 1, 1, 1, 1, 3, 3)


def test_itf_decodes() -> None:
    """Read the widths back by the table of the standard, written here once more."""
    table = {"nnwwn": 0, "wnnnw": 1, "nwnnw": 2, "wwnnn": 3, "nnwnw": 4}
    table |= {"wnwnn": 5, "nwwnn": 6, "nnnww": 7, "wnnwn": 8, "nwnwn": 9}
    digits = boleto().barcode
    body = ["n" if width == 1 else "w" for width in itf.widths(digits)[4:-3]]
    read = ""
    for start in range(0, len(body), 10):
        read += f"{table[''.join(body[start : start + 10 : 2])]}{table[''.join(body[start + 1 : start + 10 : 2])]}"
    assert read == digits
