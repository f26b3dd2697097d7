"""What a template asks for: its schema, the form, the data."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from ramal_documents.contracts import InvalidContract
from ramal_documents.contracts.declared import parse
from ramal_documents.contracts.errors import ContractError, RenderError
from ramal_documents.contracts.kinds import KINDS
from ramal_documents.contracts.pasted import sanitised
from ramal_documents.contracts.plain import plain, to_json
from ramal_documents.contracts.variables import Schema
from ramal_documents.errors import DocumentsError

COLUMNS = [{"name": "vencimento", "type": "date"}, {"name": "valor", "type": "money", "min": "0.01"}]


def schema(*variables: dict[str, Any]) -> Schema:
    return parse({"variables": list(variables)})


def full() -> Schema:
    return schema(
        {"name": "contato.nome", "type": "text", "label": {"pt": "Nome", "en": "Name"}, "help": "Como no documento."},
        {"name": "contato.documento", "type": "cpf_cnpj"},
        {"name": "contrato.valor", "type": "money", "min": "0.01", "max": 1000},
        {"name": "contrato.foro", "type": "choice", "options": ["São Paulo", {"value": "Campinas", "label": "Cps"}]},
        {"name": "contrato.aviso", "type": "number", "default": 30, "min": 1},
        {"name": "contrato.obs", "type": "long_text", "required": False},
        {"name": "contrato.parcelas", "type": "rows", "columns": COLUMNS, "required": False, "max": 3},
    )


RIGHT = {
    "contato": {"nome": " Fulana  de Tal ", "documento": "529.982.247-25"},
    "contrato": {
        "valor": "R$ 999,90",
        "foro": "Campinas",
        "parcelas": [{"vencimento": "10/12/2026", "valor": "999,90"}],
    },
}


def wrong(schema: Schema, data: Any) -> dict[str, str]:
    with pytest.raises(InvalidContract) as caught:
        schema.read(data)
    return {error.field: error.sentence for error in caught.value.errors}


def test_data_becomes_what_a_template_gets() -> None:
    assert full().read(RIGHT) == {
        "contato": {"nome": "Fulana de Tal", "documento": "52998224725"},
        "contrato": {
            "valor": Decimal("999.90"),
            "foro": "Campinas",
            "aviso": 30,
            "obs": None,
            "parcelas": [{"vencimento": date(2026, 12, 10), "valor": Decimal("999.90")}],
        },
    }


def test_flat_names_are_as_good_as_nested_ones() -> None:
    flat = {f"{group}.{name}": value for group, values in RIGHT.items() for name, value in values.items()}
    assert full().read(flat) == full().read(RIGHT)


def test_every_problem_is_told_with_its_place() -> None:
    found = wrong(
        full(),
        {
            "contato": {"nome": "  ", "documento": "52998224724", "apelido": "x"},
            "contrato": {
                "valor": "mil",
                "foro": "Santos",
                "aviso": 0,
                "parcelas": [{"vencimento": "31/02/2027", "valor": "0", "cor": "azul"}, {"valor": 1}],
            },
            "outro": 1,
        },
    )
    assert set(found) == {
        *("contato.nome", "contato.documento", "contato.apelido", "contrato.valor", "contrato.foro", "contrato.aviso"),
        *("contrato.parcelas.1.vencimento", "contrato.parcelas.1.valor", "contrato.parcelas.1.cor", "outro"),
        "contrato.parcelas.2.vencimento",
    }
    assert "“Nome” is missing" in found["contato.nome"]
    assert "São Paulo, Campinas" in found["contrato.foro"]
    assert "0 is less than 1" in found["contrato.aviso"]


def test_limits_of_rows_and_amounts() -> None:
    rows = [{"vencimento": "2026-12-10", "valor": "1"}] * 4
    assert "3 rows" in wrong(full(), {**RIGHT, "contrato.parcelas": rows})["contrato.parcelas"]
    found = wrong(full(), {**RIGHT, "contrato.valor": "1000,01"})
    assert found == {"contrato.valor": "R$ 1.000,01 is more than R$ 1.000,00."}
    assert "list of rows" in wrong(full(), {**RIGHT, "contrato.parcelas": "1"})["contrato.parcelas"]
    least = schema({"name": "p", "type": "rows", "columns": COLUMNS, "min": 2})
    assert "1 is less than 2" in wrong(least, {"p": rows[:1]})["p"]


def test_missing_variables() -> None:
    assert [variable.name for variable in full().missing({"contato": {"nome": "F"}, "contrato": {"foro": ""}})] == [
        "contato.documento",
        "contrato.valor",
        "contrato.foro",
    ]
    assert full().missing(RIGHT) == ()


def test_a_preview_has_examples_for_what_is_missing_or_wrong() -> None:
    sample = full().sample({"contato": {"nome": "Beltrana", "documento": "1"}})
    assert sample["contato"] == {"nome": "Beltrana", "documento": "52998224725"}
    assert sample["contrato"]["valor"] == Decimal(1000)  # the example of money, brought into the limits
    assert sample["contrato"]["foro"] == "São Paulo"
    assert len(sample["contrato"]["parcelas"]) == 2
    least = schema({"name": "n", "type": "number", "min": 100}, {"name": "r", "type": "rich_text"})
    assert least.sample()["n"] == 100
    assert isinstance(least.sample()["r"], Markup)


def test_every_kind_reads_its_own_example() -> None:
    everything = schema(*({"name": f"v.{name}", "type": name} for name in KINDS))
    sample = everything.sample()
    assert everything.read(sample) == sample
    assert json.loads(to_json(sample))["v"]["money"] == "1234.56"


def test_the_form_is_plain_json_in_either_language() -> None:
    form = json.loads(json.dumps(full().form("en")))
    by_name = {field["name"]: field for field in form}
    assert by_name["contato.nome"]["label"] == "Name"
    assert by_name["contato.nome"]["help"] == "Como no documento."
    assert by_name["contrato.foro"]["widget"] == "select"
    assert by_name["contrato.foro"]["options"][1] == {"value": "Campinas", "label": "Cps"}
    assert by_name["contrato.valor"]["min"] == "0.01"
    assert by_name["contrato.parcelas"]["columns"][0]["widget"] == "date"
    dated = schema(
        {"name": "d", "type": "rows", "columns": COLUMNS, "default": [{"vencimento": "2026-01-31", "valor": "1"}]}
    )
    assert dated.form()[0]["default"] == [{"vencimento": "2026-01-31", "valor": "1.00"}]


@pytest.mark.parametrize(
    ("entry", "phrase"),
    [
        ("x", "not an object"),
        ({"name": "Nome", "type": "text"}, "not a name"),
        ({"name": "a.b.c", "type": "text"}, "not a name"),
        ({"name": "a", "type": "colour"}, "unknown type"),
        ({"name": "a", "type": "text", "colour": 1}, "unknown entry “colour”"),
        ({"name": "a", "type": "text", "required": "yes"}, "neither true nor false"),
        ({"name": "a", "type": "text", "label": {"fr": "x"}}, "in pt and en"),
        ({"name": "a", "type": "text", "options": ["x"]}, "only a choice"),
        ({"name": "a", "type": "choice"}, "only a choice"),
        ({"name": "a", "type": "choice", "options": {"a": 1}}, "not a list"),
        ({"name": "a", "type": "choice", "options": ["x", "x"]}, "different values"),
        ({"name": "a", "type": "choice", "options": [{"label": "x"}]}, "different values"),
        ({"name": "a", "type": "rows"}, "only rows"),
        ({"name": "a", "type": "text", "columns": COLUMNS}, "only rows"),
        ({"name": "a", "type": "rows", "columns": {"x": 1}}, "list of at most 20"),
        ({"name": "a", "type": "rows", "columns": [{"name": "b", "type": "rows", "columns": COLUMNS}]}, "unknown type"),
        ({"name": "a", "type": "rows", "columns": COLUMNS, "max": 501}, "at most 500"),
        ({"name": "a", "type": "text", "min": 1}, "can't have “min”"),
        ({"name": "a", "type": "money", "max": "muito"}, "not an amount"),
        ({"name": "a", "type": "cpf", "default": "123"}, "“default” of “a”"),
        ({"name": "a", "type": "date", "sample": "amanhã"}, "“sample” of “a”"),
    ],
)
def test_a_wrong_schema_names_the_variable_and_the_rule(entry: Any, phrase: str) -> None:
    with pytest.raises(InvalidContract) as caught:
        parse({"variables": [{"name": "certo", "type": "text"}, entry]})
    assert len(caught.value.errors) == 1
    assert phrase in caught.value.sentence


@pytest.mark.parametrize("source", [None, [], {"variables": {}}, {"variables": [{}] * 201}])
def test_what_is_no_schema(source: Any) -> None:
    with pytest.raises(InvalidContract, match="variables"):
        parse(source)


def test_names_that_clash() -> None:
    with pytest.raises(InvalidContract) as caught:
        schema({"name": "a", "type": "text"}, {"name": "a", "type": "text"}, {"name": "a.b", "type": "text"})
    assert [error.sentence for error in caught.value.errors] == [
        "“a” is declared twice.",
        "“a” is the name of a group and can't be a variable too.",
    ]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", 12, "12"),
        ("text", "a\x00\ue000b", "ab"),
        ("long_text", " a\r\nb ", "a\nb"),
        ("rich_text", '<p onclick="x">a<script>b</script></p>', "<p>a</p>"),
        ("number", "1.234,5", Decimal("1234.5")),
        ("number", "12.0", 12),
        ("number", 2.5, Decimal("2.5")),
        ("money", 5, Decimal("5.00")),
        ("money", Decimal("1.5"), Decimal("1.50")),
        ("date", datetime(2026, 1, 2, 3, tzinfo=UTC), date(2026, 1, 2)),
        ("cpf", "529.982.247-25", "52998224725"),
        ("cnpj", "12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("phone", "(11) 91234-5678", "+5511912345678"),
        ("phone", "011 3123-4567", "+551131234567"),
        ("phone", "+351 912 345 678", "+351912345678"),
        ("email", "Fulana@Exemplo.COM.br", "Fulana@exemplo.com.br"),
        ("boolean", "não", False),
        ("boolean", "on", True),
        ("boolean", True, True),
    ],
)
def test_values_are_read(kind: str, value: Any, expected: Any) -> None:
    assert KINDS[kind].read(value, "x") == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("text", value) for value in (True, None, ["a"], "a" * 501)),
        *(("number", value) for value in ("", "dez", True, "1e5", "1" * 21, float("nan"), None)),
        *(("money", value) for value in (1.1, True, "-1", "1,234", Decimal("0.001"), Decimal("NaN"), 10**12)),
        *(("date", value) for value in ("31/02/2026", "1/1/26", 5, date(1800, 1, 1), None)),
        *(("cpf", value) for value in ("11144477734", 5)),
        *(("cnpj", value) for value in ("11222333000180", True)),
        *(("phone", value) for value in ("123", "+55 11 01234-5678", "(11) 8123-4567", "x")),
        *(("email", value) for value in ("a", "a@b", "a b@c.com", "a@-b.com", "a@b.com, c@d.com")),
        ("boolean", "talvez"),
        *(("address", value) for value in ("Rua X", {"street": "a"}, {"rua": "a"})),
    ],
)
def test_wrong_values_are_refused_in_a_sentence(kind: str, value: Any) -> None:
    with pytest.raises(DocumentsError) as caught:
        KINDS[kind].read(value, "x")
    assert caught.value.field.startswith("x")
    assert caught.value.sentence.endswith(".")


def test_addresses() -> None:
    address = {"street": "Rua A", "city": "Campinas", "state": "sp", "postal_code": "13.000-000"}
    read = KINDS["address"].read(address, "x")
    assert (read["state"], read["postal_code"], read["number"]) == ("SP", "13000000", "")
    for part, value in (("state", "XX"), ("postal_code", "123")):
        with pytest.raises(DocumentsError) as caught:
            KINDS["address"].read({**address, part: value}, "x")
        assert caught.value.field == f"x.{part}"


def test_only_plain_data() -> None:
    class Row:
        pass

    for value in (Row(), {1: "a"}, {"a": Row()}, [Row()], 1.5, object, datetime(2026, 1, 1, tzinfo=UTC)):
        with pytest.raises(ContractError):
            plain(value)
    deep: Any = "x"
    for _level in range(10):
        deep = [deep]
    with pytest.raises(ContractError):
        plain(deep)
    with pytest.raises(TypeError):
        to_json({"a": object()})


@given(st.text())
def test_pasted_html_is_harmless(text: str) -> None:
    clean = sanitised(
        f"<div>{text}</div><img src=x onerror=y><a href='javascript:z'>k</a><svg><script>q</script></svg>"
    )
    for sign in ("<img", "<a", "<script", "<svg", "onerror=y>", "javascript:z'"):
        assert f"{sign}" not in clean


def test_pasted_html_keeps_its_form() -> None:
    kept = '<p>a <strong>b</strong></p><table><tbody><tr><td colspan="2">c</td></tr></tbody></table>'
    assert sanitised(kept) == kept
    assert sanitised('<p class="MsoNormal" style="color:red">a<!-- x --></p>') == "<p>a</p>"


def test_errors_travel() -> None:
    error = InvalidContract([ContractError("a", "A."), ContractError("b", "B.")])
    copied = pickle.loads(pickle.dumps(error))
    assert [(one.field, one.sentence) for one in copied.errors] == [("a", "A."), ("b", "B.")]
    render = pickle.loads(pickle.dumps(RenderError("time", "T.", 3)))
    assert (render.code, render.sentence, render.line) == ("time", "T.", 3)
