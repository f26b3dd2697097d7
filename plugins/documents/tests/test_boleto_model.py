"""What a boleto refuses, what issuing refuses, and what its terms say."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ramal_documents.boleto import (
    SPECIES,
    BoletoError,
    Discount,
    Fine,
    Interest,
    InvalidBoleto,
    Party,
    issue,
)

from .helpers import BENEFICIARY, DUE, PAYER, boleto

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("bank", "999", "999"),
        ("amount", Decimal("-1.00"), "negative"),
        ("amount", Decimal("1.005"), "fraction of a cent"),
        ("amount", 10.5, "not a Decimal"),
        ("amount", Decimal("NaN"), "not a Decimal"),
        ("due_date", None, "missing"),
        ("due_date", "2026-12-10", "not a date"),
        ("due_date", datetime(2026, 12, 10, tzinfo=UTC), "not a date"),
        ("due_date", date(2000, 7, 2), "03/07/2000"),
        ("document_date", "yesterday", "not a date"),
        ("species", "XX", "espécie"),
        ("interest", Interest(), "one of the two"),
        ("interest", Interest(monthly=Decimal(1), daily=Decimal(1)), "one of the two"),
        ("fine", Fine(percent=Decimal(101)), "percentage"),
        ("fine", Fine(amount=Decimal(-1)), "negative"),
        ("discounts", (Discount(until=DUE),), "one of the two"),
        ("discounts", (Discount(until=DUE, amount=Decimal(1)),) * 4, "at most three"),
        ("rebate", Decimal("-0.01"), "negative"),
        ("refuse_after", 1000, "days"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: Any, words: str) -> None:
    with pytest.raises(InvalidBoleto) as caught:
        boleto(**{field: value})
    (error,) = caught.value.errors
    assert error.field == field
    assert words in error.sentence


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BoletoError) as caught:
        boleto(agency="12A4", account="1234567", amount=Decimal(-1), due_date=None, species="XX")
    assert isinstance(caught.value, InvalidBoleto)
    assert [error.field for error in caught.value.errors] == ["amount", "due_date", "species", "agency", "account"]
    assert "12A4" in str(caught.value)
    copied = pickle.loads(pickle.dumps(caught.value))  # as a worker process hands it back
    assert str(copied) == str(caught.value)
    assert [error.field for error in copied.errors] == [error.field for error in caught.value.errors]


def test_a_right_one_may_be_issued() -> None:
    assert issue.problems(boleto(), TODAY) == ()
    assert issue.problems(boleto(guarantor=PAYER), DUE) == ()
    assert issue.warnings(boleto()) == ()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"amount": Decimal("100000000.00")}, "amount", "R$ 99.999.999,99"),
        ({"amount": Decimal(0)}, "amount", "is 0"),
        ({"due_date": date(2026, 11, 21)}, "due_date", "in the past"),
        ({"document_date": date(2026, 12, 11)}, "due_date", "before the document's date"),
        ({"rebate": Decimal(200)}, "rebate", "larger"),
        ({"discounts": (Discount(until=date(2026, 12, 11), amount=Decimal(1)),)}, "discounts", "longer"),
        ({"discounts": (Discount(until=DUE, amount=Decimal("123.45")),)}, "discounts", "nothing to pay"),
        ({"payer": None}, "payer.name", "missing"),
        ({"payer": Party(name="Fulana")}, "payer.document", "missing"),
        ({"payer": Party(name="Fulana", document="52998224724")}, "payer.document", "not a CPF"),
        ({"payer": Party(name="Fulana", document="1234")}, "payer.document", "neither"),
        ({"guarantor": Party(name="Aval", document="11222333000182")}, "guarantor.document", "not a CNPJ"),
        ({"beneficiary": Party(name="Padaria", document="12ABC34501DE35")}, "beneficiary.street", "address"),
    ],
)
def test_what_keeps_it_from_being_issued(changes: dict[str, Any], field: str, words: str) -> None:
    found = issue.problems(boleto(**changes), TODAY)
    assert field in [error.field for error in found]
    assert any(words in error.sentence for error in found)


def test_an_open_amount_may_be_issued_when_meant() -> None:
    assert issue.problems(boleto(amount=Decimal(0)), TODAY, open_amount=True) == ()


def test_charges_above_the_consumers_limits_are_warned_of() -> None:
    made = boleto(fine=Fine(percent=Decimal("2.5")), interest=Interest(monthly=Decimal(3)))
    assert [error.field for error in issue.warnings(made)] == ["fine", "interest"]
    usual = boleto(fine=Fine(percent=Decimal(2)), interest=Interest(monthly=Decimal(1)), amount=Decimal("1.11"))
    assert issue.warnings(usual) == ()
    assert [error.field for error in issue.warnings(boleto(account="12345-8"))] == ["account_dv"]


def test_terms_become_sentences() -> None:
    made = boleto(
        amount=Decimal("1234.56"),
        fine=Fine(percent=Decimal(2)),
        interest=Interest(monthly=Decimal(1)),
        discounts=(Discount(until=date(2026, 12, 5), amount=Decimal(50)),),
        rebate=Decimal(10),
        protest_after=5,
        report_after=1,
        refuse_after=30,
        instructions=("Contrato 12/2026.",),
    )
    assert made.instruction_lines == (
        "Desconto de R$ 50,00 até 05/12/2026",
        "Abatimento de R$ 10,00",
        "Após o vencimento, multa de 2,00% (R$ 24,69) e juros de R$ 0,41 ao dia",
        "Protestar após 5 dias do vencimento",
        "Negativar após 1 dia do vencimento",
        "Não receber após 30 dias do vencimento",
        "Contrato 12/2026.",
    )


def test_terms_as_amounts() -> None:
    made = boleto(
        fine=Fine(amount=Decimal(5)),
        interest=Interest(daily=Decimal("0.10")),
        discounts=(Discount(until=DUE, percent=Decimal(10)),),
        refuse_after=0,
    )
    assert made.instruction_lines == (
        "Desconto de 10,00% (R$ 12,35) até 10/12/2026",
        "Após o vencimento, multa de R$ 5,00 e juros de R$ 0,10 ao dia",
        "Não receber após o vencimento",
    )


def test_no_terms_no_sentences() -> None:
    assert boleto(interest=Interest(monthly=Decimal(0)), fine=Fine(percent=Decimal(0))).instruction_lines == ()


def test_parties_as_printed() -> None:
    assert BENEFICIARY.name_printed == "Padaria Modelo Ltda. - CNPJ 11.222.333/0001-81"
    assert BENEFICIARY.address_printed == "Rua das Amostras, 100 - Centro - 01000-000 - São Paulo/SP"
    assert PAYER.document_printed == "CPF 529.982.247-25"
    assert Party(name="Só o nome").name_printed == "Só o nome"
    assert Party(name="X", document="12.abc.345/01de-35").document_printed == "CNPJ 12.ABC.345/01DE-35"
    assert Party(name="X", city="Recife", postal_code="50").city_printed == "50 - Recife"


def test_species() -> None:
    assert {SPECIES[short].cnab240 for short in ("DM", "DS", "NP", "RC", "ND", "OU")} == {
        "02", "04", "12", "17", "19", "99",
    }  # fmt: skip
    assert all(short == species.short for short, species in SPECIES.items())
