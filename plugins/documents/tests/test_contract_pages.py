"""The pages of contracts and templates: forms made from variables, previews, what is wrong beside its field."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient
from ramal_documents.contracts import starters

from .agreements import NAME, NUMBER, TEMPLATE, values, version
from .browsing import Browser
from .orders import in_days


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


def form(template: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "version_id": template["latest"]["id"],
        "v.contato.nome": NAME,
        "v.contato.documento": NUMBER,
        "v.contrato.valor": "1.300,00",
        "v.contrato.parcelas.1.vencimento": in_days(30).isoformat(),
        "v.contrato.parcelas.1.valor": "650,00",
        "v.contrato.parcelas.2.vencimento": "",
        "v.contrato.parcelas.2.valor": "",
        "v.contrato.parcelas.a1b2c3.vencimento": in_days(60).isoformat(),
        "v.contrato.parcelas.a1b2c3.valor": "650,00",
        "do": "issue",
        **changes,
    }


def test_a_contract_is_filled_previewed_issued_and_cancelled(
    browser: Browser, template: dict[str, Any], account: dict[str, Any], client: FlaskClient, desk: JsonClient
) -> None:
    page = f"/contracts/new?template_id={template['id']}"
    assert 'id="v.contrato.valor"' in browser.text(page)
    given = form(template, account_id=account["id"], client_id=str(uuid.uuid4()))
    preview = browser.send("/contracts/preview", given, page=page).text
    assert "Nothing is missing." in preview
    assert "2 boletos will be issued" in preview
    assert "mil e trezentos reais" in preview
    pdf = browser.send("/contracts/preview.pdf", given, page=page)
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    answer = browser.send("/contracts/new", given, page=page)
    assert answer.status_code == 303, answer.text
    again = browser.send("/contracts/new", given, page=page)
    assert again.headers["Location"] == answer.headers["Location"]
    shown = client.get(answer.headers["Location"]).text
    assert shown.count('data-testid="contract-boleto"') == 2
    frame = re.search(r'<iframe src="([^"#]+)', shown)
    assert frame
    assert client.get(frame[1]).data[:5] == b"%PDF-"
    path = answer.headers["Location"].removeprefix("/p/documents")
    refused = browser.send(f"{path}/cancel", {"reason": " "}, page=path)
    assert refused.status_code == 422
    done = browser.send(f"{path}/cancel", {"reason": "Desistência", "write_off": "1"}, page=path)
    assert done.status_code == 303
    assert "Desistência" in browser.text(path)
    assert {each["state"] for each in desk.get("/documents/boletos").json["items"]} == {"written_off"}
    assert NAME in browser.text("/contracts?q=fulana&state=cancelled")
    assert "No contract fits" in browser.text("/contracts?state=draft")
    assert "does not fit" in browser.text("/contracts?state=xyz")


def test_what_is_missing_or_wrong_comes_back_beside_its_field(
    browser: Browser, template: dict[str, Any], account: dict[str, Any], desk: JsonClient
) -> None:
    page = f"/contracts/new?template_id={template['id']}"
    late = {"v.contrato.parcelas.a1b2c3.vencimento": in_days(-2).isoformat()}
    wrong = form(template, account_id=account["id"], **late)
    assert "Instalment 2:" in browser.send("/contracts/preview", wrong, page=page).text
    answer = browser.send("/contracts/new", wrong, page=page)
    assert (answer.status_code, "Instalment 2:" in answer.text) == (422, True)
    # The empty row between them is gone, so the second row of the page is the second instalment.
    assert 'id="v.contrato.parcelas.2.vencimento-error"' in answer.text
    missing = form(template, **{"v.contato.nome": "", "v.contato.documento": "1"})
    preview = browser.send("/contracts/preview", missing, page=page).text
    assert 'href="#v.contato.nome"' in preview
    assert 'data-testid="preview-errors"' in preview
    answer = browser.send("/contracts/new", missing, page=page)
    assert (answer.status_code, 'id="v.contato.documento-error"' in answer.text) == (422, True)
    assert 'value="1.300,00"' in answer.text
    assert desk.get("/documents/contracts").json["items"] == []


def test_a_draft_is_a_form_until_it_is_issued(browser: Browser, template: dict[str, Any], desk: JsonClient) -> None:
    page = f"/contracts/new?template_id={template['id']}"
    answer = browser.send("/contracts/new", form(template, do="draft", **{"v.contato.documento": ""}), page=page)
    path = answer.headers["Location"].removeprefix("/p/documents")
    shown = browser.text(path)
    assert f'value="{NAME}"' in shown
    assert 'value="650,00"' in shown
    assert browser.send(path, form(template, do="issue", title="Recibo do sofá")).status_code == 303
    (made,) = desk.get("/documents/contracts").json["items"]
    assert (made["state"], made["title"]) == ("issued", "Recibo do sofá")
    other = browser.send("/contracts/new", form(template, do="draft"), page=page)
    path = other.headers["Location"].removeprefix("/p/documents")
    assert browser.send(f"{path}/delete", {}, page=path).status_code == 303
    assert len(desk.get("/documents/contracts").json["items"]) == 1


def test_rows_are_added_and_a_sum_is_split(browser: Browser, template: dict[str, Any]) -> None:
    page = f"/contracts/new?template_id={template['id']}"
    row = browser.send("/contracts/row?name=contrato.parcelas", form(template), page=page).text
    assert re.search(r'name="v\.contrato\.parcelas\.[a-z0-9]{12}\.vencimento"', row)
    split = {"split.total": "1.000,00", "split.count": "3", "split.first": "2027-01-31"}
    rows = browser.send("/contracts/instalments?name=contrato.parcelas", form(template, **split), page=page).text
    assert re.findall(r'value="([^"]+)"', rows) == [
        "2027-01-31", "333,34", "2027-02-28", "333,33", "2027-03-31", "333,33",
    ]  # fmt: skip
    for wrong in ({"split.first": ""}, {"split.count": "0"}, {"split.total": "muito"}, {"split.count": "9" * 5000}):
        given = form(template, **{**split, **wrong})
        assert browser.send("/contracts/instalments?name=contrato.parcelas", given, page=page).status_code == 422
    assert browser.send("/contracts/row?name=contato.nome", form(template), page=page).status_code == 404


def test_what_is_known_is_filled_in(
    browser: Browser, template: dict[str, Any], account: dict[str, Any], desk: JsonClient, make: Any
) -> None:
    contact = make.contact(NAME)
    page = f"/contracts/new?template_id={template['id']}&contact_id={contact.id}"
    assert f'value="{NAME}"' in browser.text(page)
    body = {"template_id": template["id"], "values": values(), "contact_id": str(contact.id)}
    assert desk.post("/documents/generate-contract", body).status_code == 201
    assert f'value="{NUMBER}"' in browser.text(page)
    assert browser.send("/templates/new", editor(starters.NAMES[0])).status_code == 303
    (service,) = desk.get("/documents/contract-templates", state="active").json["items"][:1]
    filled = browser.text(f"/contracts/new?template_id={service['id']}&contact_id={contact.id}")
    assert "Padaria Modelo Ltda." in filled
    assert f'value="{in_days(0).isoformat()}"' in filled


def editor(starter: str = "", **changes: Any) -> dict[str, Any]:
    if starter:
        found = starters.starter(starter)
        given = {"name": "AAA " + found.title["pt"], "source": found.source, "variables": found.declared["variables"]}
    else:
        given = {name: TEMPLATE[name] for name in ("name", "source", "variables")}
    return {**given, "variables": json.dumps(given["variables"]), "tags": "vendas, à vista", **changes}


def test_a_template_is_written_checked_and_saved_as_versions(browser: Browser, desk: JsonClient) -> None:
    right = browser.send("/templates/check", editor(), page="/templates/new").text
    assert "No mistakes." in right
    assert "srcdoc=" in right
    wrong = editor(source="<p>{{ contato.nome }}</p>\n<p>{{ contato.apelido }}</p>")
    told = browser.send("/templates/check", wrong, page="/templates/new").text
    assert "Line 2:" in told
    assert "&lt;p&gt;{{ contato.apelido }}&lt;/p&gt;" in told
    refused = browser.send("/templates/new", wrong)
    assert (refused.status_code, "Line 2:" in refused.text) == (422, True)
    broken = browser.send("/templates/check", editor(variables='[\n {"name": }]'), page="/templates/new").text
    assert "Line 2, column 11" in broken
    assert "list of objects" in browser.send("/templates/check", editor(variables="{}"), page="/templates/new").text
    answer = browser.send("/templates/new", editor())
    assert answer.status_code == 303, answer.text
    path = answer.headers["Location"].removeprefix("/p/documents")
    pdf = browser.send("/templates/preview.pdf", editor(), page=path)
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    second = browser.send(path, editor(source=version()["source"] + "<p>Fim.</p>", note="Um fim", folder="Vendas"))
    assert second.status_code == 303, second.text
    shown = browser.text(path)
    assert "Um fim" in shown
    assert "Fim." in shown
    assert "Fim.&lt;" not in browser.text(f"{path}?version=1")
    (made,) = desk.get("/documents/contract-templates").json["items"]
    assert (made["version"], made["folder"], made["tags"]) == (2, "Vendas", ["vendas", "à vista"])
    taken = browser.send("/templates/new", editor())
    assert (taken.status_code, "of this name already" in taken.text) == (422, True)
    assert browser.send(f"{path}/state", {"state": "archived"}, page=path).status_code == 303
    assert "Recibo com parcelas" not in browser.text("/templates")
    assert "Not in use" in browser.text("/templates?all=1")
    assert browser.send(path, editor(source="{{ nada }}")).status_code == 422


def test_the_starters_stand_ready(browser: Browser) -> None:
    page = browser.text("/templates")
    for name in starters.NAMES:
        assert f"starter={name}" in page
    assert "CREDORA" in browser.text("/templates/new?starter=confissao_de_divida")
    css = browser.client.get("/p/documents/templates/preview.css")
    assert (css.mimetype, "@page" in css.text) == ("text/css", True)


def test_agents_look_at_templates_and_change_none(
    client: FlaskClient, login: Callable[..., FlaskClient], agent: Any, template: dict[str, Any]
) -> None:
    browser = Browser(login(client, agent))
    assert "Only administrators change templates." in browser.text(f"/templates/{template['id']}")
    assert "Recibo com parcelas" in browser.text("/contracts/new")
    browser.text("/templates/new", 403)


@pytest.mark.parametrize("variables", ['[{"name": "a\\u0000"}]', '[{"label": {"pt": "\\ud800"}}]', "[" * 100_000])
def test_variables_that_nobody_could_keep_are_refused(browser: Browser, variables: str) -> None:
    told = "nest too deep, or hold a character"
    for path in ("/templates/new", "/templates/check", "/templates/variables?do=list"):
        answer = browser.send(path, editor(variables=variables), page="/templates/new")
        assert (answer.status_code < 500, told in answer.text) == (True, True), path
    kept = browser.send(
        "/templates/variables?do=add", {"var.1.was": variables, "var.1.name": "a"}, page="/templates/new"
    )
    assert kept.status_code == 200
