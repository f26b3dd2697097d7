"""Boletos through the API: issued, printed, found, refused in words."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient
from ramal_documents.boleto import BANKS, parse

from .helpers import ACCOUNTS
from .orders import ACCOUNT, BENEFICIARY, PAYER, in_days

Order = Callable[..., dict[str, Any]]


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_a_boleto_is_issued_with_number_line_barcode_and_pdf(issue: Order, client: FlaskClient) -> None:
    made = issue()
    assert made["state"] == "issued"
    assert made["our_number"].startswith("109/00000001-")
    reading = parse(made["digitable_line"])
    assert reading.ok
    assert (reading.barcode, reading.amount, reading.due_date) == (made["barcode"], Decimal("123.45"), in_days(30))
    pdf = client.get(made["pdf_url"])
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert "inline" in pdf.headers["Content-Disposition"]
    assert client.get(made["pdf_url"] + "x").status_code == 404


def test_what_is_printed_stays_when_the_account_changes(desk: JsonClient, issue: Order, client: FlaskClient) -> None:
    made = issue()
    renamed = {"beneficiary": {**BENEFICIARY, "name": "Outra Padaria Ltda."}}
    assert desk.patch(f"/documents/accounts/{made['account_id']}", renamed).status_code == 200
    again = desk.get(f"/documents/boletos/{made['id']}").json
    assert again["barcode"] == made["barcode"]
    assert "Padaria Modelo" in text_of(client.get(again["pdf_url"]).data)


def test_the_accounts_terms_hold_unless_the_boleto_says_otherwise(
    desk: JsonClient, account: dict[str, Any], issue: Order, client: FlaskClient
) -> None:
    terms = {
        "interest": {"monthly": "1"},
        "fine": {"percent": "2"},
        "discounts": [{"days_before": 5, "amount": "10.00"}],
        "refuse_after": 30,
    }
    assert desk.patch(f"/documents/accounts/{account['id']}", {"terms": terms}).status_code == 200
    printed = text_of(client.get(issue(amount="1234.56")["pdf_url"]).data)
    assert "multa de 2,00% (R$ 24,69) e juros de R$ 0,41 ao dia" in printed
    assert f"Desconto de R$ 10,00 até {in_days(25):%d/%m/%Y}" in printed
    assert "Não receber após 30 dias" in printed
    without = text_of(client.get(issue(interest=None, fine=None, discounts=[], refuse_after=None)["pdf_url"]).data)
    assert "multa" not in without
    assert "Desconto de" not in without


@pytest.mark.parametrize("bank", sorted(BANKS))
def test_every_bank_issues(desk: JsonClient, enabled: Any, bank: str) -> None:
    numbers = {"name": bank, "bank": bank, "beneficiary": BENEFICIARY, **ACCOUNTS[bank]}
    account = desk.post("/documents/accounts", numbers)
    assert account.status_code == 201, account.text
    body = {"account_id": account.json["id"], "amount": "10.00", "due_date": str(in_days(9)), "payer": PAYER}
    lines = set()
    for _again in range(2):
        made = desk.post("/documents/generate-boleto", {**body, "document_number": "118"})
        assert made.status_code == 201, made.text
        assert parse(made.json["digitable_line"]).ok
        lines.add(made.json["digitable_line"])
    assert len(lines) == 2


WRONG = [
    ({"payer": {**PAYER, "document": "529.982.247-26"}}, "payer.document", "check digits are wrong"),
    ({"payer": {**PAYER, "document": "11.222.333/0001-82"}}, "payer.document", "check digits are wrong"),
    ({"payer": {**PAYER, "document": ""}}, "payer.document", "missing"),
    ({"payer": {**PAYER, "name": " "}}, "payer.name", "missing"),
    ({"due_date": str(in_days(-1))}, "due_date", "in the past"),
    ({"due_date": "amanhã"}, "due_date", "Not a valid date"),
    ({"amount": "0"}, "amount", "The amount is 0."),
    ({"amount": "-5"}, "amount", "negative"),
    ({"amount": "100000000.00"}, "amount", "above R$ 99.999.999,99"),
    ({"amount": "1.005"}, "amount", "two ways"),
    ({"amount": 1.005}, "amount", "fraction of a cent"),
    ({"amount": "dez"}, "amount", "not an amount"),
    ({"amount": True}, "amount", "Write an amount"),
    ({"interest": {"monthly": "1", "daily": "1"}}, "interest", "one of the two"),
    ({"fine": {"percent": "101"}}, "fine", "not a percentage"),
    ({"discounts": [{"until": str(in_days(31)), "amount": "1"}]}, "discounts", "longer than the due date"),
    ({"rebate": "200"}, "rebate", "larger than the amount"),
    ({"instructions": ["W" * 120] * 8}, "instructions", "do not fit"),
    ({"species": "ZZ"}, "species", "Must be one of"),
    ({"pix_code": "x" * 600}, "pix_code", "Longer than maximum"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), WRONG, ids=[f"{w[1]}: {w[2]}" for w in WRONG])
def test_what_is_wrong_is_named_and_uses_no_number(
    desk: JsonClient, order: Order, changes: dict[str, Any], field: str, sentence: str
) -> None:
    for path in ("/documents/generate-boleto", "/documents/boletos/check"):
        answer = desk.post(path, order(**changes))
        assert answer.status_code == 422, answer.text
        assert sentence in " ".join(answer.json["error"]["details"][field])
    assert desk.get("/documents/boletos").json["items"] == []
    assert desk.get("/documents/accounts").json["items"][0]["next_number"] == 1


def test_all_that_is_wrong_is_said_at_once(desk: JsonClient, order: Order) -> None:
    body = order(amount="0", due_date=str(in_days(-1)), payer={"name": "", "document": "1"})
    assert set(desk.post("/documents/generate-boleto", body).json["error"]["details"]) == {
        "amount",
        "due_date",
        "payer.name",
    }


def test_a_cnpj_with_letters_pays(issue: Order) -> None:
    made = issue(payer={**PAYER, "document": "12.ABC.345/01DE-35"})
    assert made["payer"]["document"] == "12.ABC.345/01DE-35"


ACCOUNTS_WRONG = [
    ({"agency": "12A4"}, "agency", "more than digits"),
    ({"agency": "123456"}, "agency", "too long"),
    ({"account": ""}, "account", "missing"),
    ({"bank": "999"}, "bank", "no rules for the bank"),
    ({"beneficiary": {**BENEFICIARY, "document": "1"}}, "beneficiary.document", "neither a CPF"),
    ({"beneficiary": {"name": "X", "document": "11222333000181"}}, "beneficiary.street", "the law wants it"),
    ({"next_number": 100_000_001}, "next_number", "counts up to 99999999"),
    ({"bank": "001", "agreement": "12345"}, "agreement", "4, 6, 7 or 8 digits"),
    ({"bank": "104", "wallet": "99", "agreement": "005507"}, "wallet", "wallet of Caixa"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), ACCOUNTS_WRONG, ids=[w[2] for w in ACCOUNTS_WRONG])
def test_an_account_is_held_to_its_banks_rules(
    desk: JsonClient, enabled: Any, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = desk.post("/documents/accounts", {**ACCOUNT, **changes})
    assert answer.status_code == 422, answer.text
    assert sentence in " ".join(answer.json["error"]["details"][field])
    assert desk.get("/documents/accounts").json["items"] == []


def test_an_accounts_odd_digit_is_a_warning(desk: JsonClient, enabled: Any) -> None:
    made = desk.post("/documents/accounts", {**ACCOUNT, "account": "12345-0"})
    assert made.status_code == 201
    assert any("by the rule of Itaú" in warning for warning in made.json["warnings"])


def test_accounts_are_audited_and_keep_their_names_apart(desk: JsonClient, account: dict[str, Any]) -> None:
    assert desk.post("/documents/accounts", ACCOUNT).status_code == 409
    assert desk.patch(f"/documents/accounts/{account['id']}", {"active": False}).status_code == 200
    actions = [event["action"] for event in desk.get("/audit").json["items"]]
    assert actions[:2] == ["documents.account.updated", "documents.account.created"]


def test_an_account_that_is_off_issues_nothing(desk: JsonClient, account: dict[str, Any], order: Order) -> None:
    desk.patch(f"/documents/accounts/{account['id']}", {"active": False})
    answer = desk.post("/documents/generate-boleto", order())
    assert (answer.status_code, "switched off" in answer.text) == (409, True)


def test_agents_issue_but_do_not_change_accounts(clerk: JsonClient, order: Order, account: dict[str, Any]) -> None:
    assert clerk.post("/documents/generate-boleto", order()).status_code == 201
    assert clerk.patch(f"/documents/accounts/{account['id']}", {"active": False}).status_code == 403
    assert clerk.post("/documents/accounts", ACCOUNT).status_code == 403


def test_viewers_see_and_touch_nothing(api: Any, enabled: Any, order: Order, issue: Order) -> None:
    viewer = api(enabled.member("viewer"))
    made = issue()
    assert viewer.get(f"/documents/boletos/{made['id']}").status_code == 200
    assert viewer.post("/documents/generate-boleto", order()).status_code == 403
    assert viewer.post(f"/documents/boletos/{made['id']}/state", {"state": "paid"}).status_code == 403


def test_the_same_key_issues_once(desk: JsonClient, order: Order) -> None:
    headers = {"Idempotency-Key": "pedido-118"}
    first = desk.post("/documents/generate-boleto", order(), headers=headers)
    again = desk.post("/documents/generate-boleto", order(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["id"] == again.json["id"]
    assert len(desk.get("/documents/boletos").json["items"]) == 1


def test_a_draft_becomes_a_boleto_once(desk: JsonClient, order: Order) -> None:
    draft = desk.post("/documents/generate-boleto", order(draft=True)).json
    assert (draft["state"], draft["our_number"], draft["pdf_url"]) == ("draft", None, None)
    path = f"/documents/boletos/{draft['id']}"
    issued = desk.post(f"{path}/issue")
    assert (issued.status_code, issued.json["state"]) == (200, "issued")
    assert desk.post(f"{path}/issue").status_code == 409
    assert desk.delete(path).status_code == 409
    steps = desk.get(f"{path}/history").json["items"]
    assert [(step["before"], step["after"]) for step in steps] == [(None, "draft"), ("draft", "issued")]


def test_a_draft_is_thrown_away(desk: JsonClient, order: Order) -> None:
    draft = desk.post("/documents/generate-boleto", order(draft=True)).json
    assert desk.delete(f"/documents/boletos/{draft['id']}").status_code == 204
    assert desk.get(f"/documents/boletos/{draft['id']}").status_code == 404


def test_states_follow_one_another_and_keep_who_and_why(desk: JsonClient, issue: Order) -> None:
    path = f"/documents/boletos/{issue()['id']}"
    refused = desk.post(f"{path}/state", {"state": "issued"})
    assert (refused.status_code, "can't become" in refused.text) == (409, True)
    assert desk.post(f"{path}/state", {"state": "registered"}).json["state"] == "registered"
    assert desk.post(f"{path}/state", {"state": "written_off"}).status_code == 422
    off = desk.post(f"{path}/state", {"state": "written_off", "reason": "Negociado"})
    assert off.json["state"] == "written_off"
    for wrong, field in (({"paid_on": str(in_days(1))}, "paid_on"), ({"paid_amount": "0"}, "paid_amount")):
        answer = desk.post(f"{path}/state", {"state": "paid", **wrong})
        assert (answer.status_code, list(answer.json["error"]["details"])) == (422, [field])
    paid = desk.post(f"{path}/state", {"state": "paid", "paid_amount": "120.00", "paid_on": str(in_days(0))}).json
    assert (paid["state"], paid["paid_amount"], paid["paid_on"]) == ("paid", "120.00", str(in_days(0)))
    back = desk.post(f"{path}/state", {"state": "registered", "reason": "Engano"}).json
    assert (back["state"], back["paid_on"], back["paid_amount"]) == ("registered", None, None)
    steps = desk.get(f"{path}/history").json["items"]
    assert [step["after"] for step in steps] == ["issued", "registered", "written_off", "paid", "registered"]
    assert (steps[2]["reason"], steps[2]["actor_name"]) == ("Negociado", "Ana Admin")


def test_the_list_filters_by_state_contact_day_and_words(desk: JsonClient, issue: Order, make: Any) -> None:
    contact = make.contact("Fulana")
    first = issue(contact_id=str(contact.id), due_date=str(in_days(5)))
    second = issue(payer={**PAYER, "name": "Beltrano"}, document_number="99")

    def found(**query: Any) -> list[str]:
        return [item["id"] for item in desk.get("/documents/boletos", **query).json["items"]]

    assert found() == [second["id"], first["id"]]
    assert found(contact_id=contact.id) == [first["id"]]
    assert found(due_to=in_days(6)) == [first["id"]]
    assert found(due_from=in_days(6)) == [second["id"]]
    assert found(q="beltr") == [second["id"]]
    assert found(q="99") == [second["id"]]
    assert found(q=first["digitable_line_formatted"]) == [first["id"]]
    assert found(q="529.982.247-25") == [second["id"], first["id"]]
    assert found(q="50%") == []
    assert found(state="overdue") == []
    assert found(state="issued", account_id=first["account_id"]) == [second["id"], first["id"]]


def test_pages_go_on_by_key(desk: JsonClient, issue: Order) -> None:
    made = [issue()["id"] for _ in range(3)]
    page = desk.get("/documents/boletos", page_size=2).json
    assert [item["id"] for item in page["items"]] == made[:0:-1]
    rest = desk.get("/documents/boletos", page_size=2, cursor=page["next_cursor"]).json
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == (made[:1], None)


def test_a_carne_adds_up_and_prints_three_to_a_page(desk: JsonClient, order: Order, client: FlaskClient) -> None:
    body = order(amount="100.00", count=4, due_date=str(in_days(3)), discounts=[{"days_before": 2, "percent": "5"}])
    made = desk.post("/documents/generate-booklet", body)
    assert made.status_code == 201, made.text
    boletos = made.json["boletos"]
    assert [(each["instalment"], each["instalments"]) for each in boletos] == [(n, 4) for n in range(1, 5)]
    assert sum(Decimal(each["amount"]) for each in boletos) == Decimal(100)
    assert [each["document_number"] for each in boletos] == [f"2026-118/{n}" for n in range(1, 5)]
    assert len({each["barcode"] for each in boletos}) == 4
    pdf = client.get(made.json["pdf_url"]).data
    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf))) == 2
    assert "4/4" in text_of(pdf)
    assert desk.get(f"/documents/booklets/{made.json['id']}").json["boletos"] == boletos


def test_a_carne_is_issued_whole_or_not_at_all(desk: JsonClient, order: Order) -> None:
    body = order(count=3)
    assert desk.patch(f"/documents/accounts/{body['account_id']}", {"next_number": 99_999_998}).status_code == 200
    answer = desk.post("/documents/generate-booklet", body)
    assert (answer.status_code, "used up" in answer.text) == (409, True)
    assert desk.get("/documents/boletos").json["items"] == []


def test_a_line_is_explained_and_its_wrong_digit_named(desk: JsonClient, issue: Order) -> None:
    made = issue()
    right = desk.post("/documents/decode-boleto", {"text": made["digitable_line_formatted"]}).json
    assert (right["ok"], right["bank_name"], right["amount"]) == (True, "Itaú", "123.45")
    assert {"bank", "amount", "our_number"} <= {field["name"] for field in right["fields"]}
    line = made["digitable_line"]
    broken = line[:9] + str((int(line[9]) + 1) % 10) + line[10:]
    wrong = desk.post("/documents/decode-boleto", {"text": broken}).json
    assert (wrong["ok"], wrong["wrong"][0]["position"], wrong["wrong"][0]["expected"]) == (False, 10, line[9])
    assert line in "".join(wrong["corrections"]).replace(".", "").replace(" ", "")
    none = desk.post("/documents/decode-boleto", {"text": "123"})
    assert (none.status_code, "here there are 3" in none.text) == (422, True)


def test_foreign_contacts_are_nobody(desk: JsonClient, order: Order) -> None:
    answer = desk.post("/documents/generate-boleto", order(contact_id=str(uuid.uuid4())))
    assert answer.status_code == 404
