"""Templates of contracts by API: checked with line numbers, saved as versions that stay."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text

from ramal.testing.client import JsonClient

from .agreements import TEMPLATE, values, version


def test_a_template_is_made_found_and_put_away(desk: JsonClient) -> None:
    made = desk.post("/documents/contract-templates", TEMPLATE)
    assert made.status_code == 201, made.text
    body = made.json
    assert (body["state"], body["version"], body["latest"]["number"]) == ("active", 1, 1)
    assert body["latest"]["variables"] == TEMPLATE["variables"]
    assert [field["widget"] for field in body["latest"]["form"]] == ["text", "cpf_cnpj", "money", "rows"]
    path = f"/documents/contract-templates/{body['id']}"
    again = desk.patch(path, {"folder": "Antigos", "state": "archived"})
    assert (again.status_code, again.json["folder"]) == (200, "Antigos")
    assert desk.get("/documents/contract-templates", state="active").json["items"] == []
    assert [each["name"] for each in desk.get("/documents/contract-templates", folder="Antigos").json["items"]] == [
        "Recibo com parcelas"
    ]
    audited = desk.get("/audit").json["items"]
    assert [each["action"] for each in audited[:2]] == ["documents.template.updated", "documents.template.created"]


def test_two_templates_need_two_names(desk: JsonClient, template: dict[str, Any]) -> None:
    answer = desk.post("/documents/contract-templates", TEMPLATE)
    assert (answer.status_code, list(answer.json["error"]["details"])) == (409, ["name"])
    other = desk.post("/documents/contract-templates", {**TEMPLATE, "name": "Outro"}).json
    assert desk.patch(f"/documents/contract-templates/{other['id']}", {"name": TEMPLATE["name"]}).status_code == 409


def test_mistakes_are_named_with_their_lines(desk: JsonClient) -> None:
    source = "<h1>Recibo</h1>\n<p>{{ contato.nome }}</p>\n<p>{{ contato.apelido }}</p>\n{{ config.items() }}"
    answer = desk.post("/documents/contract-templates", {**TEMPLATE, "source": source})
    assert answer.status_code == 422
    sentences = answer.json["error"]["details"]["source"]
    assert any(sentence.startswith("Line 4:") for sentence in sentences)
    checked = desk.post("/documents/contract-templates/check", version(source=source.rpartition("\n")[0])).json
    assert [(each["code"], each["line"]) for each in checked["problems"] if each["is_error"]] == [("undeclared", 3)]
    assert {each["code"] for each in checked["problems"] if not each["is_error"]} == {"unused"}
    assert desk.get("/documents/contract-templates").json["items"] == []


def test_variables_that_can_not_be_read_are_named(desk: JsonClient) -> None:
    wrong = [{"name": "Contato Nome", "type": "text"}, {"name": "contrato.valor", "type": "reais"}]
    for path in ("/documents/contract-templates", "/documents/contract-templates/check"):
        answer = desk.post(path, {**(TEMPLATE if path.endswith("s") else {}), **version(variables=wrong)})
        assert answer.status_code == 422
        sentences = " ".join(answer.json["error"]["details"]["variables"])
        assert "“Contato Nome” is not a name" in sentences
        assert "unknown type “reais”" in sentences


def test_versions_add_up_and_contracts_stay_with_theirs(
    desk: JsonClient, template: dict[str, Any], contract: dict[str, Any]
) -> None:
    path = f"/documents/contract-templates/{template['id']}/versions"
    same = desk.post(path, version())
    assert (same.status_code, same.json["number"]) == (201, 1)
    source = version()["source"] + "\n<p>Nada mais a tratar.</p>"
    second = desk.post(path, version(source=source, note="Encerramento")).json
    assert (second["number"], second["note"], second["author_name"]) == (2, "Encerramento", "Ana Admin")
    assert [each["number"] for each in desk.get(path).json["items"]] == [2, 1]
    assert desk.get(f"/documents/contracts/{contract['id']}").json["version"] == 1
    unknown = {"template_id": template["id"], "version": 3, "values": values()}
    assert desk.post("/documents/generate-contract", unknown).status_code == 404
    first = desk.get(f"/documents/contract-templates/versions/{template['latest']['id']}").json
    assert (first["source"], first["sha256"] == second["sha256"]) == (version()["source"], False)
    newer = desk.post("/documents/generate-contract", {"template_id": template["id"], "values": values()}).json
    assert newer["version"] == 2
    older = {"template_id": template["id"], "version": 1, "values": values()}
    assert desk.post("/documents/generate-contract", older).json["version"] == 1


def test_a_version_that_somebody_changed_in_the_database_is_not_used(
    desk: JsonClient, template: dict[str, Any], owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        query = "update plugin_documents.template_version set source = source || '!' where id = :id"
        connection.execute(text(query), {"id": template["latest"]["id"]})
    answer = desk.post("/documents/generate-contract", {"template_id": template["id"], "values": values()})
    assert (answer.status_code, "changed after it was saved" in answer.text) == (409, True)


@pytest.mark.parametrize("role", ["agent", "viewer"])
def test_only_administrators_write_templates(api: Any, enabled: Any, template: dict[str, Any], role: str) -> None:
    caller = api(enabled.member(role))
    assert caller.get(f"/documents/contract-templates/{template['id']}").status_code == 200
    assert caller.post("/documents/contract-templates", TEMPLATE).status_code == 403
    assert caller.post(f"/documents/contract-templates/{template['id']}/versions", version()).status_code == 403


def test_an_archived_template_makes_no_new_contracts(desk: JsonClient, template: dict[str, Any]) -> None:
    desk.patch(f"/documents/contract-templates/{template['id']}", {"state": "archived"})
    answer = desk.post("/documents/generate-contract", {"template_id": template["id"], "values": values()})
    assert (answer.status_code, "archived" in answer.text) == (409, True)
    assert desk.post("/documents/generate-contract", {"values": values()}).status_code == 422
