"""Contracts by API: issued with their boletos or not at all, numbered by year, found, cancelled."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from ramal.testing.client import JsonClient
from ramal_documents.contracts import RenderError, rendering
from ramal_documents.services import contract_charges

from .agreements import NAME, values, version
from .orders import in_days


@pytest.fixture
def given(template: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """The body of a contract, with changes."""

    def body(**changes: Any) -> dict[str, Any]:
        return {"template_id": template["id"], "values": values(), **changes}

    return body


Given = Callable[..., dict[str, Any]]


def counted(engine: Engine, *tables: str) -> list[int]:
    """How many rows there are."""
    with engine.connect() as connection:
        queries = [text(f"select count(*) from plugin_documents.{table}") for table in tables]
        return [connection.execute(query).scalar_one() for query in queries]


def test_a_contract_is_issued_with_number_pdf_and_hash(desk: JsonClient, given: Given, client: FlaskClient) -> None:
    answer = desk.post("/documents/generate-contract", given())
    assert answer.status_code == 201, answer.text
    made = answer.json
    year = in_days(0).year
    assert (made["state"], made["number"], made["party_name"], made["title"]) == (
        "issued",
        f"1/{year}",
        NAME,
        "Recibo com parcelas",
    )
    assert made["values"]["contato"]["documento"] == "52998224725"
    pdf = desk.get(f"/documents/contracts/{made['id']}/pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert hashlib.sha256(pdf.data).hexdigest() == made["sha256"]
    assert f'filename="contrato-1-{year}.pdf"' in pdf.headers["Content-Disposition"]
    assert client.get(made["pdf_url"].removeprefix("http://localhost")).data == pdf.data
    second = desk.post("/documents/generate-contract", given(title="Recibo do sofá")).json
    assert (second["number"], second["title"]) == (f"2/{year}", "Recibo do sofá")
    (step,) = desk.get(f"/documents/contracts/{made['id']}/history").json["items"]
    assert (step["before"], step["after"], step["actor_name"]) == (None, "issued", "Ana Admin")


def test_instalments_become_boletos_with_the_contract(
    desk: JsonClient, given: Given, account: dict[str, Any], make: Any
) -> None:
    contact = make.contact(NAME)
    body = given(account_id=account["id"], contact_id=str(contact.id))
    made = desk.post("/documents/generate-contract", body).json
    boletos = made["boletos"]
    assert [(each["amount"], each["due_date"], each["state"]) for each in boletos] == [
        ("150.00", in_days(30).isoformat(), "issued"),
        ("150.00", in_days(60).isoformat(), "issued"),
    ]
    year = in_days(0).year
    assert [each["document_number"] for each in boletos] == [f"1/{year}-1", f"1/{year}-2"]
    assert {each["contact_id"] for each in boletos} == {str(contact.id)}
    assert {each["payer"]["name"] for each in boletos} == {NAME}


def test_what_one_instalment_refuses_leaves_nothing_behind(
    desk: JsonClient, given: Given, account: dict[str, Any], owner_engine: Engine
) -> None:
    tables = ("contract", "charge", "contract_charge", "contract_change", "contract_number")
    before = counted(owner_engine, *tables)
    rows = values()["contrato"]["parcelas"]
    rows[1] = {"vencimento": in_days(-1).isoformat(), "valor": "0.00"}
    answer = desk.post("/documents/generate-contract", given(account_id=account["id"], values=values(parcelas=rows)))
    assert answer.status_code == 422
    details = answer.json["error"]["details"]
    assert set(details) == {"contrato.parcelas.2.vencimento", "contrato.parcelas.2.valor"}
    assert details["contrato.parcelas.2.valor"] == ["Instalment 2: The amount is 0."]
    assert counted(owner_engine, *tables) == before


def test_a_refusal_after_the_pdf_leaves_nothing_but_a_gap(
    desk: JsonClient,
    given: Given,
    account: dict[str, Any],
    owner_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two contracts that take the last numbers of an account: the later one fails between PDF and second boleto."""
    monkeypatch.setattr(contract_charges, "check", lambda *_all: None)
    desk.patch(f"/documents/accounts/{account['id']}", {"next_number": 99_999_999})
    tables = ("contract", "charge", "contract_charge", "contract_change")
    before = counted(owner_engine, *tables)
    refused = desk.post("/documents/generate-contract", given(account_id=account["id"]))
    assert (refused.status_code, "used up" in refused.text) == (409, True)
    assert counted(owner_engine, *tables) == before
    with owner_engine.connect() as connection:
        next_number = connection.execute(text("select next_number from plugin_documents.issuing_account")).scalar_one()
    assert next_number == 99_999_999
    made = desk.post("/documents/generate-contract", given()).json
    assert made["number"] == f"2/{in_days(0).year}"


def test_every_variable_that_does_not_fit_is_named(desk: JsonClient, given: Given) -> None:
    wrong = values(valor="muito", parcelas=[{"vencimento": "amanhã", "valor": "1.00"}])
    wrong["contato"] = {"documento": "529.982.247-26", "apelido": "Fu"}
    answer = desk.post("/documents/generate-contract", given(values=wrong))
    assert answer.status_code == 422
    assert set(answer.json["error"]["details"]) == {
        "contato.nome",
        "contato.documento",
        "contato.apelido",
        "contrato.valor",
        "contrato.parcelas.1.vencimento",
    }


def test_a_preview_tells_what_is_missing_and_stores_nothing(
    desk: JsonClient, given: Given, owner_engine: Engine
) -> None:
    before = counted(owner_engine, "contract", "contract_number")
    body = given(values={"contato": {"nome": NAME, "documento": "1"}})
    found = desk.post("/documents/contracts/preview", body).json
    assert [each["name"] for each in found["missing"]] == ["contrato.valor", "contrato.parcelas"]
    assert list(found["errors"]) == ["contato.documento"]
    assert NAME in found["html"]
    assert counted(owner_engine, "contract", "contract_number") == before


def test_a_template_that_runs_wild_is_stopped_in_words(
    desk: JsonClient, template: dict[str, Any], given: Given, owner_engine: Engine
) -> None:
    source = version()["source"] + "{% for a in range(1000) %}{% for b in range(1000) %}.{% endfor %}{% endfor %}"
    saved = desk.post(f"/documents/contract-templates/{template['id']}/versions", version(source=source))
    if saved.status_code == 201:
        failure = desk.post("/documents/contracts/preview", given()).json["failure"]
        assert "repeats too much" in failure
        refused = desk.post("/documents/generate-contract", given())
        assert (refused.status_code, "repeats too much" in refused.text) == (422, True)
    else:
        assert saved.status_code == 422
    assert counted(owner_engine, "contract") == [0]


def test_a_draft_is_kept_changed_and_issued(desk: JsonClient, given: Given, account: dict[str, Any]) -> None:
    draft = desk.post("/documents/generate-contract", given(draft=True, values={"contato": {"nome": NAME}})).json
    assert (draft["state"], draft["number"], draft["pdf_url"], draft["party_name"]) == ("draft", None, None, NAME)
    path = f"/documents/contracts/{draft['id']}"
    assert desk.get(f"{path}/pdf").status_code == 409
    early = desk.post(f"{path}/issue")
    assert (early.status_code, "contrato.valor" in early.json["error"]["details"]) == (422, True)
    changed = desk.put(path, {"values": values(), "account_id": account["id"]})
    assert changed.status_code == 200, changed.text
    issued = desk.post(f"{path}/issue")
    assert (issued.status_code, issued.json["state"], len(issued.json["boletos"])) == (200, "issued", 2)
    assert desk.put(path, {"values": values()}).status_code == 409
    assert desk.post(f"{path}/issue").status_code == 409
    assert desk.delete(path).status_code == 409
    other = desk.post("/documents/generate-contract", given(draft=True)).json
    assert desk.delete(f"/documents/contracts/{other['id']}").status_code == 204
    steps = desk.get(f"{path}/history").json["items"]
    assert [(step["before"], step["after"]) for step in steps] == [(None, "draft"), ("draft", "issued")]


def test_the_same_click_makes_one_contract(desk: JsonClient, given: Given, account: dict[str, Any]) -> None:
    body = given(client_id=str(uuid.uuid4()), account_id=account["id"])
    first, second = (desk.post("/documents/generate-contract", body).json for _click in range(2))
    assert (first["id"], first["number"]) == (second["id"], second["number"])
    assert len(desk.get("/documents/boletos").json["items"]) == 2
    late = given(client_id=str(uuid.uuid4()), draft=True, values={"contato": {"nome": NAME}})
    draft = desk.post("/documents/generate-contract", late).json
    issued = desk.post("/documents/generate-contract", {**late, "draft": False, "values": values()}).json
    assert (issued["id"], issued["state"]) == (draft["id"], "issued")


def test_two_clicks_at_once_make_one_contract(
    desk: JsonClient, given: Given, account: dict[str, Any], owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, render = threading.Barrier(2, timeout=30), rendering.render

    def together(*arguments: Any, **_more: Any) -> Any:
        both.wait()
        return render(*arguments)

    monkeypatch.setattr(rendering, "render", together)
    body, answers = given(client_id=str(uuid.uuid4()), account_id=account["id"]), []

    def click() -> None:
        answers.append(desk.post("/documents/generate-contract", body))

    clicks = [threading.Thread(target=click) for _click in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert counted(owner_engine, "contract", "charge") == [1, 2]


def test_a_draft_that_changes_while_it_is_laid_out_is_not_issued(
    desk: JsonClient, clerk: JsonClient, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = desk.post("/documents/generate-contract", given(draft=True)).json
    path, render = f"/documents/contracts/{draft['id']}", rendering.render

    def meanwhile(*arguments: Any, **_more: Any) -> Any:
        made = render(*arguments)
        assert clerk.put(path, {"values": values(valor="999.00")}).status_code == 200
        return made

    monkeypatch.setattr(rendering, "render", meanwhile)
    answer = desk.post(f"{path}/issue")
    assert (answer.status_code, "in the meantime" in answer.text) == (409, True)
    assert desk.get(path).json["state"] == "draft"


def test_where_nothing_can_be_laid_out_nothing_is_kept(
    desk: JsonClient, given: Given, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: Any, **_more: Any) -> Any:
        raise RenderError("busy", "All places are taken.")

    monkeypatch.setattr(rendering, "render", busy)
    answer = desk.post("/documents/generate-contract", given())
    assert (answer.status_code, "All places are taken." in answer.text) == (422, True)
    assert counted(owner_engine, "contract") == [0]


def test_contracts_are_cancelled_with_a_reason_and_their_boletos(
    desk: JsonClient, given: Given, account: dict[str, Any]
) -> None:
    made = desk.post("/documents/generate-contract", given(account_id=account["id"])).json
    first = made["boletos"][0]
    desk.post(f"/documents/boletos/{first['id']}/state", {"state": "paid"})
    path = f"/documents/contracts/{made['id']}"
    assert desk.post(f"{path}/cancel", {"reason": ""}).status_code == 422
    cancelled = desk.post(f"{path}/cancel", {"reason": "Desistência", "write_off": True}).json
    assert (cancelled["state"], cancelled["number"]) == ("cancelled", made["number"])
    assert [each["state"] for each in cancelled["boletos"]] == ["paid", "written_off"]
    assert desk.post(f"{path}/cancel", {"reason": "De novo"}).status_code == 409
    step = desk.get(f"{path}/history").json["items"][-1]
    assert (step["before"], step["after"], step["reason"]) == ("issued", "cancelled", "Desistência")
    boleto = desk.get(f"/documents/boletos/{made['boletos'][1]['id']}/history").json["items"][-1]
    assert made["number"] in boleto["reason"]


def test_boletos_want_instalments_and_a_payer(desk: JsonClient, account: dict[str, Any]) -> None:
    variables = [each for each in version()["variables"] if each["name"] != "contrato.parcelas"]
    bare = {"name": "Só um recibo", "source": "<p>{{ contato.nome }}</p>", "variables": variables}
    template = desk.post("/documents/contract-templates", bare).json
    plain = values()
    del plain["contrato"]["parcelas"]
    body = {"template_id": template["id"], "values": plain, "account_id": account["id"]}
    answer = desk.post("/documents/generate-contract", body)
    assert (answer.status_code, "no table of instalments" in answer.text) == (422, True)
    rows = [each for each in version()["variables"] if each["name"].startswith("contrato.")]
    nobody = {"name": "De ninguém", "source": "<p>{{ contrato.valor|moeda }}</p>", "variables": rows}
    template = desk.post("/documents/contract-templates", nobody).json
    body = {"template_id": template["id"], "values": {"contrato": values()["contrato"]}, "account_id": account["id"]}
    answer = desk.post("/documents/generate-contract", body)
    assert (answer.status_code, "Boletos want a payer" in answer.text) == (422, True)


def test_the_list_filters(desk: JsonClient, given: Given, template: dict[str, Any], make: Any) -> None:
    contact = make.contact("Beltrano")
    first = desk.post("/documents/generate-contract", given(contact_id=str(contact.id))).json
    second = desk.post("/documents/generate-contract", given(draft=True, title="Outro acordo")).json

    def ids(**query: Any) -> list[str]:
        return [each["id"] for each in desk.get("/documents/contracts", **query).json["items"]]

    assert ids() == [second["id"], first["id"]]
    assert ids(state="draft") == [second["id"]]
    assert ids(contact_id=str(contact.id)) == [first["id"]]
    assert ids(template_id=template["id"], q="outro") == [second["id"]]
    assert ids(q=first["number"]) == [first["id"]] == ids(q="1")
    assert ids(q=f"1/{in_days(-800).year}") == []
    assert ids(q=NAME.upper()) == [second["id"], first["id"]]


def test_a_conversation_names_its_contact(desk: JsonClient, given: Given, make: Any, enabled: Any) -> None:
    conversation = make.conversation()
    made = desk.post("/documents/generate-contract", given(draft=True, conversation_id=str(conversation.id))).json
    assert made["contact_id"] == str(conversation.contact_id)
    other = make.contact("Outra pessoa")
    body = given(conversation_id=str(conversation.id), contact_id=str(other.id))
    assert desk.post("/documents/generate-contract", body).status_code == 409
    unknown = given(version=7)
    assert desk.post("/documents/generate-contract", unknown).status_code == 404


def test_viewers_issue_nothing(api: Any, enabled: Any, given: Given) -> None:
    viewer = api(enabled.member("viewer"))
    assert viewer.post("/documents/generate-contract", given()).status_code == 403
    assert viewer.get("/documents/contracts").status_code == 200
