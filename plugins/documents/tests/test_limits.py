"""Values at and beyond the ends of what can be: refused in words, and never slowly."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ramal.testing.client import JsonClient
from ramal_documents import dates, money, pix, sheet
from ramal_documents.boleto import Fine, InvalidBoleto, Party, issue
from ramal_documents.errors import DocumentsError
from ramal_documents.pix.tlv import item, sealed

from .helpers import boleto

MANY = "9" * 40
PAYER = {"name": "Fulana de Tal", "document": "529.982.247-25"}


@pytest.mark.parametrize("amount", [MANY, "1e300", "-1e300", "Infinity", "NaN", "sNaN"])
def test_amounts_that_can_not_be_printed_are_refused_by_field(amount: str) -> None:
    with pytest.raises(InvalidBoleto) as caught:
        boleto(amount=Decimal(amount), rebate=Decimal(amount), fine=Fine(percent=Decimal(amount)))
    assert {error.field for error in caught.value.errors} == {"amount", "rebate", "fine"}


@pytest.mark.parametrize("amount", [MANY, "1e300", "Infinity", "NaN"])
def test_amounts_that_can_not_be_computed_with_are_refused(amount: str) -> None:
    for compute in (money.cents, money.extenso, lambda value: money.instalments(value, 3)):
        with pytest.raises(DocumentsError):
            compute(Decimal(amount))
    with pytest.raises(DocumentsError):
        money.parse_money(MANY)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e99", "-1", "+1", "1_0", " 1 ", "9" * 32])
def test_a_pix_code_whose_value_is_none_is_explained(amount: str) -> None:
    code = pix.static_code("fulana@exemplo.com.br", name="Padaria", city="Campinas", amount=Decimal("1.00"))
    reading = pix.parse(sealed(code[:-8].replace(item("54", "1.00"), item("54", amount))))
    assert reading.amount is None
    assert [problem.field for problem in reading.problems] == ["54"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": MANY}, "amount"),
        ({"amount": 1e300}, "amount"),
        ({"amount": float("inf")}, "amount"),
        ({"rebate": MANY}, "rebate"),
        ({"fine": {"amount": MANY}}, "fine.amount"),
        ({"due_date": "9999-12-01"}, "due_date"),
        ({"due_date": "0001-01-01", "discounts": [{"days_before": 999, "percent": "1"}]}, "due_date"),
        ({"amount": "99999999999.99"}, "amount"),
    ],
)
def test_the_api_names_them(desk: JsonClient, order: Any, changes: dict[str, Any], field: str) -> None:
    answer = desk.post("/documents/generate-booklet", order(**{"count": 3, **changes}))
    assert (answer.status_code, list(answer.json["error"]["details"])) == (422, [field])


def test_a_payment_larger_than_any_boleto_is_refused(desk: JsonClient, issue: Any) -> None:
    paid = {"state": "paid", "paid_amount": "99999999999.99"}
    answer = desk.post(f"/documents/boletos/{issue()['id']}/state", paid)
    assert (answer.status_code, list(answer.json["error"]["details"])) == (422, ["paid_amount"])


def test_a_due_date_whose_factor_means_another_day_is_refused() -> None:
    today, last = date(2026, 11, 22), date(2041, 12, 13)
    assert issue.problems(boleto(due_date=last), today) == ()
    (error,) = issue.problems(boleto(due_date=date(2049, 10, 14)), today)
    assert error.field == "due_date"
    assert "22/02/2025" in error.sentence


def test_discounts_before_the_first_day_and_months_after_the_last() -> None:
    assert dates.days_before(date(1, 1, 5), 999) == date.min
    assert dates.days_before(date(2026, 3, 1), 1) == date(2026, 2, 28)
    with pytest.raises(DocumentsError):
        dates.monthly(date(9999, 1, 31), 12)


@pytest.mark.parametrize("field", ["name", "document", "street", "city", "state", "postal_code"])
def test_a_party_that_no_box_holds_is_refused(field: str) -> None:
    long = Party(**{**PAYER, field: "A" * 121})
    (error,) = issue.problems(boleto(payer=long), date(2026, 11, 22))
    assert (error.field, error.sentence) == (f"payer.{field}", "This has 121 characters; 120 fit.")


def test_a_text_without_end_is_cut_at_once() -> None:
    endless = Party(name="A" * 200_000, document="52998224725", street="é" * 200_000)
    begun = time.process_time()
    assert sheet.one(boleto(payer=endless, beneficiary=endless)).startswith(b"%PDF-")
    assert time.process_time() - begun < 3
