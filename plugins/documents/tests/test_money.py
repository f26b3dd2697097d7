"""Money as people write it, in cents, in words, in instalments."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramal_documents import money
from ramal_documents.errors import DocumentsError

AMOUNTS = st.decimals(Decimal(0), Decimal("999999999999.99"), places=2)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,56", "1234.56"),
        ("R$ 1.234,56", "1234.56"),
        ("R$\u00a01.234.567,8", "1234567.80"),
        ("1234,5", "1234.50"),
        ("1234", "1234.00"),
        ("1.234", "1234.00"),
        ("1234.56", "1234.56"),
        ("0,01", "0.01"),
        ("-3,00", "-3.00"),
        (" 12 ", "12.00"),
    ],
)
def test_reading(text: str, value: str) -> None:
    read = money.parse_money(text)
    assert read == Decimal(value)
    assert read.as_tuple().exponent == -2


@pytest.mark.parametrize("text", ["", "abc", "1,234.56", "1,234", "1.23,4", "12.3456", "1.2345,00", "1e3", "٣", "--1"])
def test_what_is_no_money_is_refused(text: str) -> None:
    with pytest.raises(DocumentsError, match=r"1\.234,56") as caught:
        money.parse_money(text, field="valor")
    assert caught.value.field == "valor"


@given(AMOUNTS)
def test_what_is_printed_reads_back(value: Decimal) -> None:
    assert money.parse_money(money.formatted(value)) == value
    assert money.parse_money(money.with_symbol(-value)) == -value
    assert money.from_cents(money.cents(value)) == value


def test_printing() -> None:
    assert money.with_symbol(Decimal("1234567.5")) == "R$ 1.234.567,50"
    assert money.with_symbol(Decimal("-0.01")) == "-R$ 0,01"
    assert money.rounded(Decimal("0.005")) == Decimal("0.01")


def test_a_fraction_of_a_cent_is_refused() -> None:
    with pytest.raises(DocumentsError, match="two decimal"):
        money.cents(Decimal("0.001"))


@given(st.integers(1, 10**10), st.integers(1, 360))
def test_instalments_add_up(cents: int, count: int) -> None:
    total = money.from_cents(cents)
    if cents < count:
        with pytest.raises(DocumentsError):
            money.instalments(total, count)
        return
    parts = money.instalments(total, count)
    assert len(parts) == count
    assert sum(parts) == total
    assert parts[0] - parts[-1] in (Decimal(0), money.CENT)


@pytest.mark.parametrize(("total", "count"), [("100", 0), ("-1", 1), ("0", 1), ("0.01", 2)])
def test_what_does_not_divide_is_refused(total: str, count: int) -> None:
    with pytest.raises(DocumentsError):
        money.instalments(Decimal(total), count)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0", "zero reais"),
        ("0.01", "um centavo"),
        ("0.02", "dois centavos"),
        ("1", "um real"),
        ("1.01", "um real e um centavo"),
        ("16", "dezesseis reais"),
        ("21.50", "vinte e um reais e cinquenta centavos"),
        ("100", "cem reais"),
        ("101", "cento e um reais"),
        ("1000", "mil reais"),
        ("1001", "mil e um reais"),
        ("1100", "mil e cem reais"),
        ("1518", "mil quinhentos e dezoito reais"),
        ("1234.56", "mil duzentos e trinta e quatro reais e cinquenta e seis centavos"),
        ("2000", "dois mil reais"),
        ("100000", "cem mil reais"),
        ("1000000", "um milhão de reais"),
        ("1000000.01", "um milhão de reais e um centavo"),
        ("1000001", "um milhão e um reais"),
        ("1100000", "um milhão e cem mil reais"),
        ("1234567", "um milhão duzentos e trinta e quatro mil quinhentos e sessenta e sete reais"),
        ("2000000000", "dois bilhões de reais"),
        ("1000000000000", "um trilhão de reais"),
    ],
)
def test_extenso(value: str, words: str) -> None:
    assert money.extenso(Decimal(value)) == words


def test_extenso_has_its_limits() -> None:
    with pytest.raises(DocumentsError):
        money.extenso(Decimal(10) ** 15)
    with pytest.raises(DocumentsError):
        money.extenso(Decimal(-1))


@given(AMOUNTS)
def test_extenso_has_no_comma(value: Decimal) -> None:
    assert "," not in money.extenso(value)
