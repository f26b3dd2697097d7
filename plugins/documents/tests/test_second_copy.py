"""What nobody can pay says so; what is late says what it comes to."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient

from .browsing import Browser

Order = Callable[..., dict[str, Any]]
TERMS = {"fine": {"percent": "2"}, "interest": {"monthly": "1"}}


@pytest.fixture
def late(issue: Order, desk: JsonClient, on: Callable[[str], None]) -> dict[str, Any]:
    """A registered boleto, eleven days after its due date."""
    on("2026-12-01")
    made = issue(amount="100.00", due_date="2026-12-10", refuse_after=30, **TERMS)
    assert desk.post(f"/documents/boletos/{made['id']}/state", {"state": "registered"}).status_code == 200
    on("2026-12-21")
    return made


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def printed(client: FlaskClient, desk: JsonClient, path: str) -> str:
    return text_of(client.get(desk.get(path).json["pdf_url"]).data)


def test_the_sheet_says_what_state_it_is_in(desk: JsonClient, client: FlaskClient, issue: Order) -> None:
    path = f"/documents/boletos/{issue()['id']}"
    assert "AGUARDANDO REGISTRO" in printed(client, desk, path)
    for state, mark in (("registered", None), ("paid", "PAGO"), ("registered", None), ("written_off", "BAIXADO")):
        assert desk.post(f"{path}/state", {"state": state, "reason": "Teste"}).status_code == 200
        text = printed(client, desk, path)
        found = [word for word in ("AGUARDANDO REGISTRO", "PAGO", "BAIXADO") if word in text]
        assert found == ([mark] if mark else [])


def test_a_carne_is_printed_anew_when_the_bank_has_registered_it(
    desk: JsonClient, client: FlaskClient, order: Order
) -> None:
    made = desk.post("/documents/generate-booklet", order(count=2)).json
    path = f"/documents/booklets/{made['id']}"
    assert printed(client, desk, path).count("REGISTRO") == 2
    ids = [each["id"] for each in made["boletos"]]
    assert desk.post("/documents/boletos/registered", {"boleto_ids": ids[:1]}).json == {"registered": 1}
    assert printed(client, desk, path).count("REGISTRO") == 1
    assert desk.post("/documents/boletos/registered", {"boleto_ids": ids}).json == {"registered": 1}
    assert "REGISTRO" not in printed(client, desk, path)
    assert {each["state"] for each in desk.get(path).json["boletos"]} == {"registered"}


def test_many_are_registered_or_none(desk: JsonClient, clerk: JsonClient, issue: Order) -> None:
    made = issue()
    answer = clerk.post("/documents/boletos/registered", {"boleto_ids": [made["id"], str(uuid.uuid4())]})
    assert answer.status_code == 404
    assert desk.get(f"/documents/boletos/{made['id']}").json["state"] == "issued"


def test_what_is_owed_today(desk: JsonClient, late: dict[str, Any]) -> None:
    owed = desk.get(f"/documents/boletos/{late['id']}").json["owed"]
    assert owed == {
        "day": "2026-12-21",
        "days_late": 11,
        "discount": "0.00",
        "fine": "2.00",
        "interest": "0.33",
        "total": "102.33",
    }
    assert late["owed"]["total"] == "100.00"
    assert desk.post(f"/documents/boletos/{late['id']}/state", {"state": "paid"}).json["owed"] is None


def test_a_second_copy_keeps_the_line_and_says_the_sum(
    desk: JsonClient, client: FlaskClient, late: dict[str, Any]
) -> None:
    path = f"/documents/boletos/{late['id']}/second-copy"
    for day, total in ((None, "102,33"), ("2026-12-28", "102,54")):
        made = desk.post(path, {"day": day} if day else {})
        assert made.status_code == 200, made.text
        assert made.json["digitable_line"] == late["digitable_line"]
        assert made.json["total"].replace(".", ",") == total
        text = text_of(client.get(made.json["pdf_url"]).data)
        assert text.count(total) == 2
        assert late["digitable_line_formatted"] in text
        assert "AGUARDANDO" not in text


@pytest.mark.parametrize(
    ("day", "status", "sentence"),
    [
        ("2026-12-20", 422, "today or one of the 60 days"),
        ("2027-03-01", 422, "today or one of the 60 days"),
        ("amanhã", 422, "Not a valid date"),
        ("2027-01-12", 409, "until 11/01/2027"),
    ],
)
def test_a_second_copy_is_not_made_for_any_day(
    desk: JsonClient, late: dict[str, Any], day: str, status: int, sentence: str
) -> None:
    answer = desk.post(f"/documents/boletos/{late['id']}/second-copy", {"day": day})
    assert (answer.status_code, sentence in answer.text) == (status, True)


def test_what_is_settled_has_no_second_copy(desk: JsonClient, order: Order, late: dict[str, Any]) -> None:
    draft = desk.post("/documents/generate-boleto", order(due_date="2027-01-20", draft=True)).json
    assert desk.post(f"/documents/boletos/{draft['id']}/second-copy", {}).status_code == 409
    desk.post(f"/documents/boletos/{late['id']}/state", {"state": "paid"})
    assert desk.post(f"/documents/boletos/{late['id']}/second-copy", {}).status_code == 409


def test_the_pages_offer_it(
    client: FlaskClient, login: Callable[..., FlaskClient], agent: Any, late: dict[str, Any], issue: Order
) -> None:
    login(client, agent)
    browser = Browser(client)
    page = browser.text(f"/boletos/{late['id']}")
    assert "11 days late: R$ 102,33 today." in page
    path = f"/p/documents/boletos/{late['id']}/second-copy"
    answer = client.get(path, query_string={"day": "2026-12-28"})
    assert (answer.mimetype, "102,54" in text_of(answer.data)) == ("application/pdf", True)
    assert "2a-via.pdf" in answer.headers["Content-Disposition"]
    foreign = issue(document_number="Nº 中–é 1")
    assert (
        'filename="boleto-No---e-1-2a-via.pdf"'
        in (client.get(f"/p/documents/boletos/{foreign['id']}/second-copy").headers["Content-Disposition"])
    )
    for day, sentence in (("x", "Write a day."), ("2026-12-01", "days to come"), ("2027-02-01", "until 11/01/2027")):
        refused = client.get(path, query_string={"day": day})
        assert (refused.status_code, sentence in refused.text) == (422, True)


def test_boletos_are_ticked_as_registered(
    client: FlaskClient, login: Callable[..., FlaskClient], agent: Any, issue: Order, order: Order, desk: JsonClient
) -> None:
    first, second = issue(), issue()
    login(client, agent)
    browser = Browser(client)
    sent = browser.send("/boletos/registered?state=issued", {"ids": [first["id"]]}, page="/boletos")
    assert sent.headers["Location"].endswith("/boletos?state=issued")
    assert [desk.get(f"/documents/boletos/{each['id']}").json["state"] for each in (first, second)] == [
        "registered",
        "issued",
    ]
    assert browser.send("/boletos/registered", {"ids": ["x"]}, page="/boletos").status_code == 303
    assert "Tick the boletos first." in browser.text("/boletos")
    assert browser.text(f"/boletos/{second['id']}").count("has not registered this boleto") == 1
    booklet = desk.post("/documents/generate-booklet", order(count=2)).json
    page = f"/booklets/{booklet['id']}"
    form = {"ids": [each["id"] for each in booklet["boletos"]], "booklet_id": booklet["id"]}
    assert browser.send("/boletos/registered", form, page=page).headers["Location"].endswith(page)
    assert "has not registered" not in browser.text(page)


def test_addresses_of_the_list_do_no_harm(
    client: FlaskClient, login: Callable[..., FlaskClient], agent: Any, issue: Order
) -> None:
    issue()
    login(client, agent)
    for query in ("endpoint=x&_external=1", "state=nothing", "ids=1&cursor=x"):
        assert client.get(f"/p/documents/boletos?{query}").status_code in (200, 422)
