"""Fields of the organization's own: defined, read by type, demanded, archived."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ramal.api import Conflict, InvalidPayload, NotFound
from ramal_crm.models import CustomField
from ramal_crm.services import custom_fields, customers


@pytest.fixture(autouse=True)
def crm(enabled: Any) -> None:
    """The organization has the plugin."""


def define(type_: str = "text", label: str = "Segmento", **values: Any) -> CustomField:
    return custom_fields.create_field({"entity": "customer", "label": label, "type": type_, **values})


OPTIONS = {"options": ["Varejo", "Atacado"]}


@pytest.mark.parametrize(
    ("type_", "typed", "kept", "shown"),
    [
        ("text", "  A b ", "A b", "A b"),
        ("number", "1.234,5", 1234.5, "1234,5"),
        ("number", "42", 42, "42"),
        ("number", Decimal("0.1"), 0.1, "0,1"),
        ("date", "31/12/2026", "2026-12-31", "31/12/2026"),
        ("date", "2026-12-31", "2026-12-31", "31/12/2026"),
        ("choice", "atacado", "Atacado", "Atacado"),
        ("yes_no", "Sim", True, "Yes"),
        ("yes_no", False, False, "No"),
        ("cpf_cnpj", "529.982.247-25", "52998224725", "529.982.247-25"),
        ("url", "https://exemplo.com.br/a", "https://exemplo.com.br/a", "https://exemplo.com.br/a"),
    ],
)
def test_values_are_read_by_type_and_shown(type_: str, typed: Any, kept: Any, shown: str) -> None:
    field = define(type_, **(OPTIONS if type_ == "choice" else {}))
    assert custom_fields.read("customer", {"segmento": typed}) == {"segmento": kept}
    assert custom_fields.shown(field, kept) == shown
    assert custom_fields.shown(field, None) == ""


@pytest.mark.parametrize(
    ("type_", "typed"),
    [
        ("text", "x" * 501),
        ("text", {"a": 1}),
        ("text", "a\0b"),
        ("number", "1.234"),
        ("number", "muito"),
        ("number", "NaN"),
        ("number", "1e400"),
        ("number", True),
        ("number", "1234567890123456"),
        ("date", "31/02/2026"),
        ("date", "amanhã"),
        ("choice", "Outro"),
        ("yes_no", "talvez"),
        ("cpf_cnpj", "529.982.247-24"),
        ("url", "javascript:alert(1)"),
        ("url", "exemplo"),
    ],
)
def test_what_does_not_fit_is_told_by_key(type_: str, typed: Any) -> None:
    define(type_, **(OPTIONS if type_ == "choice" else {}))
    with pytest.raises(InvalidPayload) as caught:
        custom_fields.read("customer", {"segmento": typed})
    (sentences,) = caught.value.details.items()
    assert sentences[0] == "custom.segmento"
    assert "Segmento" in sentences[1][0]


def test_demanded_and_unknown_ones() -> None:
    define(required=True)
    for given in ({}, {"segmento": " "}, {"segmento": "x", "outro": 1}):
        with pytest.raises(InvalidPayload):
            custom_fields.read("customer", given)
    assert custom_fields.read("deal", {}) == {}
    with pytest.raises(InvalidPayload):
        customers.create_customer({"name": "Marina"})
    made = customers.create_customer({"name": "Marina", "custom": {"segmento": "Varejo"}})
    # A change that says nothing of the field leaves it alone.
    assert customers.update_customer(made.id, {"name": "Maria"}).custom == {"segmento": "Varejo"}


def test_one_value_changes_and_the_others_stay() -> None:
    define()
    define("number", "Filiais")
    made = customers.create_customer({"name": "Marina", "custom": {"segmento": "Varejo", "filiais": "3"}})
    assert customers.update_customer(made.id, {"custom": {"filiais": 4}}).custom == {"segmento": "Varejo", "filiais": 4}
    assert customers.update_customer(made.id, {"custom": {"segmento": None}}).custom == {"filiais": 4}


def test_keys_come_from_labels_and_are_unique() -> None:
    assert define(label="Inscrição Municipal").key == "inscricao_municipal"
    with pytest.raises(Conflict):
        define(label="inscrição  municipal")
    assert custom_fields.create_field({"entity": "deal", "label": "Inscrição Municipal", "type": "text"}).position == 1
    with pytest.raises(InvalidPayload):
        define(label="???")
    with pytest.raises(InvalidPayload):
        define("choice", "Porte", options=["só um"])
    with pytest.raises(NotFound):
        custom_fields.get_field(define(label="Outro").organization_id)


def test_an_archived_field_keeps_what_is_in_it() -> None:
    field = define()
    made = customers.create_customer({"name": "Marina", "custom": {"segmento": "Varejo"}})
    custom_fields.update_field(field.id, {"archived": True})
    assert custom_fields.list_fields("customer") == []
    assert customers.update_customer(made.id, {"custom": {}}).custom == {"segmento": "Varejo"}
    with pytest.raises(InvalidPayload):
        customers.update_customer(made.id, {"custom": {"segmento": "x"}})
    back = custom_fields.update_field(field.id, {"archived": False, "label": "Ramo", "required": True})
    assert (back.label, back.key, [each.id for each in custom_fields.list_fields()]) == ("Ramo", "segmento", [field.id])
