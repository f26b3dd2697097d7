"""CPF and CNPJ, dates, numbers in words, and the translator."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from ramal_documents import dates, ids, spelling, words
from ramal_documents.errors import DocumentsError


@pytest.mark.parametrize("text", ["529.982.247-25", "52998224725", " 529 982 247 25 "])
def test_right_cpfs(text: str) -> None:
    assert ids.is_cpf(text)
    assert ids.check(text) == "52998224725"


@pytest.mark.parametrize("text", ["", "52998224724", "5299822472", "111.111.111-11", "0" * 11, "5299822472A"])
def test_wrong_cpfs(text: str) -> None:
    assert not ids.is_cpf(text)


@pytest.mark.parametrize("text", ["12.ABC.345/01DE-35", "12abc34501de35", "11.222.333/0001-81"])
def test_right_cnpjs(text: str) -> None:
    assert ids.is_cnpj(text)
    assert ids.check(text) == ids.tidy(text)


@pytest.mark.parametrize(
    "text", ["12.ABC.345/01DE-36", "11222333000180", "0" * 14, "12ABC34501DEA5", "12.ABC.345/01DÊ-35"]
)
def test_wrong_cnpjs(text: str) -> None:
    assert not ids.is_cnpj(text)


@given(st.from_regex(r"[0-9A-Z]{12}", fullmatch=True).filter(lambda base: len(set(base)) > 1))
def test_one_wrong_digit_of_a_cnpj_is_noticed(base: str) -> None:
    right = base + ids.cnpj_digits(base)
    assert ids.is_cnpj(right)
    assert not ids.is_cnpj(right[:-1] + str((int(right[-1]) + 1) % 10))


def test_errors_name_the_number() -> None:
    for text, phrase in (("52998224724", "not a CPF"), ("11222333000180", "not a CNPJ"), ("123", "neither")):
        with pytest.raises(DocumentsError, match=phrase) as caught:
            ids.check(text, field="payer")
        assert caught.value.field == "payer"
        assert text in caught.value.sentence


def test_formats() -> None:
    assert ids.formatted("52998224725") == "529.982.247-25"
    assert ids.formatted("12abc34501de35") == "12.ABC.345/01DE-35"
    assert ids.formatted("123") == "123"
    assert (ids.kind("52998224725"), ids.kind("12ABC34501DE35"), ids.kind("1")) == ("CPF", "CNPJ", "")


def test_dates() -> None:
    day = date(2026, 11, 22)
    assert dates.short(day) == "22/11/2026"
    assert dates.long(day, "São Paulo") == "São Paulo, 22 de novembro de 2026"
    assert dates.long(date(2026, 3, 1)) == "1º de março de 2026"
    assert dates.in_words(day) == "vinte e dois de novembro de dois mil e vinte e seis"
    assert dates.in_words(date(2027, 1, 1)) == "primeiro de janeiro de dois mil e vinte e sete"


def test_today_is_brasilias() -> None:
    with time_machine.travel(datetime(2026, 11, 23, 2, 30, tzinfo=UTC), tick=False):
        assert dates.today() == date(2026, 11, 22)


def test_months_apart() -> None:
    assert dates.monthly(date(2026, 11, 30), 4) == (
        date(2026, 11, 30),
        date(2026, 12, 30),
        date(2027, 1, 30),
        date(2027, 2, 28),
    )
    assert dates.monthly(date(2027, 12, 31), 3)[2] == date(2028, 2, 29)
    assert dates.monthly(date(2027, 12, 31), 0) == ()


@pytest.mark.parametrize(
    ("number", "masculine", "feminine"),
    [
        (1, "um", "uma"),
        (2, "dois", "duas"),
        (22, "vinte e dois", "vinte e duas"),
        (100, "cem", "cem"),
        (201, "duzentos e um", "duzentas e uma"),
        (1000, "mil", "mil"),
        (2002, "dois mil e dois", "duas mil e duas"),
        (2000000, "dois milhões", "dois milhões"),
    ],
)
def test_numbers(number: int, masculine: str, feminine: str) -> None:
    assert spelling.number_words(number) == masculine
    assert spelling.number_words(number, feminine=True) == feminine


def test_clauses() -> None:
    numbered = {number: spelling.ordinal(number, feminine=True).upper() for number in range(1, 1000)}
    assert numbered[1] == "PRIMEIRA"
    assert numbered[10] == "DÉCIMA"
    assert numbered[11] == "DÉCIMA PRIMEIRA"
    assert numbered[20] == "VIGÉSIMA"
    assert numbered[48] == "QUADRAGÉSIMA OITAVA"
    assert numbered[100] == "CENTÉSIMA"
    assert numbered[199] == "CENTÉSIMA NONAGÉSIMA NONA"
    assert len(set(numbered.values())) == 999
    assert spelling.ordinal(3) == "terceiro"


@pytest.mark.parametrize("number", [0, 1000])
def test_ordinals_have_their_limits(number: int) -> None:
    with pytest.raises(DocumentsError):
        spelling.ordinal(number)


@pytest.fixture
def spoken() -> Iterator[list[str]]:
    """A translator that remembers what it was asked for."""
    asked: list[str] = []

    def translate(message: str, /, **variables: Any) -> str:
        asked.append(message)
        return "Traduzido."

    words.speak_with(translate)
    yield asked
    words.speak_with(words.english)


def test_sentences_go_through_the_translator(spoken: list[str]) -> None:
    with pytest.raises(DocumentsError, match="Traduzido") as caught:
        ids.check("123")
    assert len(spoken) == 1
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (copied.field, copied.sentence) == ("document", "Traduzido.")
