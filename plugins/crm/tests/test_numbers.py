"""CPF and CNPJ, the new kind with letters too."""

from __future__ import annotations

import pytest

from ramal_crm import numbers


@pytest.mark.parametrize(
    ("typed", "document", "kind"),
    [
        ("529.982.247-25", "52998224725", "person"),
        (" 11.222.333/0001-81 ", "11222333000181", "company"),
        # The Receita's own example (IN RFB 2.229/2024).
        ("12.abc.345/01de-35", "12ABC34501DE35", "company"),
    ],
)
def test_right_ones_are_tidied_known_and_written(typed: str, document: str, kind: str) -> None:
    assert numbers.tidy(typed) == document
    assert numbers.is_valid(document)
    assert numbers.kind_of(document) == kind
    assert numbers.formatted(document) == typed.strip().upper()


@pytest.mark.parametrize(
    "document",
    [
        "52998224724",
        "11222333000182",
        "12ABC34501DE36",
        "11111111111",
        "00000000000000",
        "5299822472",
        "5299822472A",
        "",
    ],
)
def test_wrong_check_digits_and_lengths_are_seen(document: str) -> None:
    assert not numbers.is_valid(document)


def test_what_is_neither_stays_as_it_is() -> None:
    assert numbers.formatted(None) == ""
    assert numbers.formatted("123") == "123"
