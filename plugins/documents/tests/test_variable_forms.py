"""Variables as lines of fields: what comes back is what was kept, with what was changed and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from ramal.testing.client import JsonClient
from ramal_documents.contracts import guesses, starters
from ramal_documents.views import variable_forms
from ramal_documents.views.variable_forms import Line

from .agreements import TEMPLATE
from .browsing import Browser

VALUE = {"name": "contrato.valor", "type": "money", "label": {"pt": "Valor", "en": "Value"}, "min": "0.01"}
WAY = {"name": "contrato.forma", "type": "choice", "options": ["pix", {"value": "boleto", "label": {"pt": "Boleto"}}]}
ROWS = {
    "name": "contrato.parcelas",
    "type": "rows",
    "sample": [{"valor": "1.00"}],
    "columns": [
        {"name": "valor", "type": "money", "label": "Valor"},
        {"name": "dia", "type": "date", "required": False},
    ],
}


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


def sent(lines: list[Line], prefix: str = "var") -> list[tuple[str, str]]:
    """The fields as a browser sends them."""
    found: list[tuple[str, str]] = []
    for line in lines:
        place = f"{prefix}.{line.key}"
        found.append((f"{place}.was", line.was))
        found.append((f"{place}.required", "0"))
        fields = {name: value for name, value in line.fields.items() if name != "required"}
        found += [(f"{place}.{name}", value) for name, value in fields.items()]
        if line.fields["required"] == "1":
            found.append((f"{place}.required", "1"))
        found += sent(line.columns, f"{place}.columns")
    return found


def read(pairs: list[tuple[str, str]], **changes: str) -> list[dict[str, Any]]:
    """The entries after a round through the form, with fields changed by the end of their names."""
    changed = [
        (name, next((new for end, new in changes.items() if name.endswith(f".{end}")), value)) for name, value in pairs
    ]
    return variable_forms.entries_of(variable_forms.read(MultiDict(changed)))


@pytest.mark.parametrize("name", starters.NAMES)
def test_what_is_not_touched_comes_back_as_it_was(name: str) -> None:
    entries = list(starters.starter(name).declared["variables"])
    assert read(sent(variable_forms.lines_of(entries))) == entries


def test_a_changed_field_changes_its_entry_alone() -> None:
    lines = variable_forms.lines_of([VALUE])
    assert read(sent(lines), label_pt="Preço") == [{**VALUE, "label": {"pt": "Preço", "en": "Value"}}]
    assert read(sent(lines), min="", max="10,00") == [
        {name: value for name, value in VALUE.items() if name != "min"} | {"max": "10,00"}
    ]
    assert read(sent(lines), label_pt="", label_en="") == [{"name": VALUE["name"], "type": "money", "min": "0.01"}]
    (optional,) = read([pair for pair in sent(lines) if not (pair[0].endswith("required") and pair[1] == "1")])
    assert optional["required"] is False


def test_another_kind_leaves_what_it_can_not_have() -> None:
    assert read(sent(variable_forms.lines_of([WAY])), type="text") == [{"name": "contrato.forma", "type": "text"}]
    (table,) = read(sent(variable_forms.lines_of([VALUE])), type="rows")
    assert table["columns"] == [{"name": "item", "type": "text"}]
    assert "min" not in table
    (yes,) = read(sent(variable_forms.lines_of([{"name": "a", "type": "boolean"}])), default="true")
    assert yes["default"] is True


def test_options_are_lines_of_text() -> None:
    lines = variable_forms.lines_of([WAY])
    assert lines[0].fields["options"] == "pix\nboleto | Boleto"
    (entry,) = read(sent(lines), options="pix | Pix | PIX\ndinheiro\n\n")
    assert entry["options"] == [{"value": "pix", "label": {"pt": "Pix", "en": "PIX"}}, "dinheiro"]


def test_lines_are_added_moved_and_removed() -> None:
    lines = variable_forms.lines_of([VALUE, WAY, ROWS])
    value, way, rows = (line.key for line in lines)
    variable_forms.change(lines, "down", value, "")
    assert [line.key for line in lines] == [way, value, rows]
    variable_forms.change(lines, "up", way, "")
    variable_forms.change(lines, "up", rows, "")
    assert [line.key for line in lines] == [way, rows, value]
    columns = lines[1].columns
    variable_forms.change(lines, "up", f"{rows}.{columns[1].key}", "")
    assert [column.entry["name"] for column in columns] == ["dia", "valor"]
    assert lines[1].is_open
    variable_forms.change(lines, "add_column", rows, "")
    variable_forms.change(lines, "remove", f"{rows}.{columns[0].key}", "")
    assert [column.entry["name"] for column in columns] == ["valor", ""]
    variable_forms.change(lines, "remove", way, "")
    variable_forms.change(lines, "remove", "nothing", "")
    variable_forms.change(lines, "add", "", "")
    assert [line.entry["name"] for line in lines] == ["contrato.parcelas", "contrato.valor", ""]


def test_mistakes_stand_at_their_fields() -> None:
    wrong_column = {**ROWS, "name": "contrato.lista", "columns": [{"name": "Valor", "type": "money"}]}
    entries: list[dict[str, Any]] = [
        {**VALUE, "min": "abc"},
        {"name": "Nome Completo", "type": "text"},
        {"name": "contrato.forma", "type": "choice"},
        wrong_column,
        {"name": "contrato", "type": "text"},
        {**ROWS, "columns": [], "max": 9999},
        {"name": "a", "type": "xyz"},
        {"name": "b.c", "type": "date", "sample": "ontem"},
        {"name": "b.d", "type": "text"},
        {"name": "b.d", "type": "text"},
    ]
    lines = variable_forms.marked(variable_forms.lines_of(entries))
    assert [sorted(line.mistakes) for line in lines] == [
        ["min"],
        ["name"],
        ["options"],
        [],
        [],
        ["columns"],
        ["type"],
        ["sample"],
        [],
        ["name"],
    ]
    assert list(lines[3].columns[0].mistakes) == ["name"]
    assert lines[3].is_open
    only_group = variable_forms.marked(variable_forms.lines_of([VALUE, {"name": "contrato", "type": "text"}]))
    assert [sorted(line.mistakes) for line in only_group] == [[], ["name"]]


@pytest.mark.parametrize(
    ("source", "type_"),
    [
        ("{{ a.b|moeda }}", "money"),
        ("{{ a.b|data_extenso }}", "date"),
        ("{{ a.b|cpf_cnpj }}", "cpf_cnpj"),
        ("{% if a.b %}sim{% endif %}", "boolean"),
        ("{% if a.b %}{{ a.b }}{% endif %}", "text"),
        ("{{ a.b }}", "text"),
        ("{{ a.b|endereco }}", "address"),
        ("{% for %}", "text"),
    ],
)
def test_a_type_is_guessed_by_how_a_name_is_written(source: str, type_: str) -> None:
    assert guesses.guess(source, "a.b")["type"] == type_


def test_a_table_is_guessed_with_its_columns() -> None:
    found = guesses.guess("{% for x in a.b %}{{ x.nome }}{{ x.valor|moeda }}{% endfor %}", "a.b")
    assert [(column["name"], column["type"]) for column in found["columns"]] == [("nome", "text"), ("valor", "money")]
    table = guesses.guess("{{ tabela_parcelas(a.b) }}", "a.b")
    assert [column["name"] for column in table["columns"]] == ["vencimento", "valor"]


def fields_of(page: str) -> dict[str, Any]:
    """The variables' fields on a page, each with all its values."""
    section = page.partition('id="variables-editor"')[2]
    found = [("source", "{{ contato.nome }}{{ contato.apelido }}{{ pedido.total|moeda }}")]
    for tag in re.findall(r'<input [^>]*name="var\.[^>]*>', section):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        assert name
        if 'type="checkbox"' not in tag or " checked" in tag:
            found.append((name[1], value[1].replace("&#34;", '"') if value else ""))
    for name, options in re.findall(r'<select [^>]*name="(var\.[^"]+)"[^>]*>(.*?)</select>', section, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found.append((name, chosen[1] if chosen else ""))
    return MultiDict(found).to_dict(flat=False)


def test_the_editor_adds_declares_and_saves(browser: Browser, template: dict[str, Any], desk: JsonClient) -> None:
    path = f"/templates/{template['id']}"
    form = fields_of(browser.text(path))
    told = browser.send("/templates/check", form, page=path).text
    assert "Declare contato.apelido" in told
    assert "at=contato.apelido+pedido.total" in told or "at=contato.apelido%20pedido.total" in told
    answer = browser.send("/templates/variables?do=declare&at=contato.apelido pedido.total", form, page=path)
    assert answer.headers["HX-Trigger-After-Swap"] == "variables-changed"
    assert "Declared: contato.apelido, pedido.total." in answer.text
    form = fields_of(answer.text)
    form["name"], form["source"] = "Outro", template["latest"]["source"] + form["source"][0]
    saved = browser.send("/templates/new", form)
    assert saved.status_code == 303, saved.text
    made = next(each for each in desk.get("/documents/contract-templates").json["items"] if each["name"] == "Outro")
    latest = desk.get(f"/documents/contract-templates/{made['id']}").json["latest"]
    assert latest["variables"][: len(TEMPLATE["variables"])] == TEMPLATE["variables"]
    assert [(each["name"], each["type"]) for each in latest["variables"][-2:]] == [
        ("contato.apelido", "text"),
        ("pedido.total", "money"),
    ]


def test_the_editor_shows_the_same_as_json_and_back(browser: Browser, template: dict[str, Any]) -> None:
    path = f"/templates/{template['id']}"
    form = fields_of(browser.text(path))
    shown = browser.send("/templates/variables?do=json", form, page=path).text
    text = re.search(r'<textarea[^>]*name="variables"[^>]*>(.*?)</textarea>', shown, re.DOTALL)
    assert text
    written = text[1].replace("&#34;", '"')
    assert json.loads(written) == TEMPLATE["variables"]
    back = browser.send("/templates/variables?do=list", {"variables": written}, page=path).text
    assert back.count('data-testid="variable"') == len(TEMPLATE["variables"])
    added = browser.send("/templates/variables?do=declare&at=a.b", {"variables": written}, page=path).text
    assert "&#34;a.b&#34;" in added
    broken = browser.send("/templates/variables?do=list", {"variables": "[{"}, page=path).text
    assert "this is not JSON" in broken
    assert 'name="variables"' in broken


def test_a_mistake_comes_back_at_its_field(browser: Browser, template: dict[str, Any]) -> None:
    path = f"/templates/{template['id']}"
    form = fields_of(browser.text(path))
    name = next(field for field, value in form.items() if field.endswith(".name") and value == ["contrato.valor"])
    form[name.replace(".name", ".min")], form["name"] = "muito", "Recibo com parcelas"
    refused = browser.send(path, form, page=path)
    assert refused.status_code == 422
    field = name.replace(".name", ".min")
    assert f'id="{field}-error"' in refused.text
    assert f'aria-describedby="{field}-error"' in refused.text
    in_json = browser.send(path, {"variables": '[{"name": "A"}]', "name": "x", "source": "x"}, page=path)
    assert "is not a name" in in_json.text.partition('id="variables-editor"')[2]
