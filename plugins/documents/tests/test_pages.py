"""The plugin's pages: forms that issue, refuse in words, and show what became of a boleto."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal_documents.services import repeats

from .browsing import Browser
from .orders import BENEFICIARY, PAYER, in_days

Order = Callable[..., dict[str, Any]]


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


def form(account: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "account_id": account["id"],
        "amount": "1.234,56",
        "due_date": in_days(30).isoformat(),
        "species": "DM",
        **{f"payer.{name}": text for name, text in PAYER.items()},
        "do": "issue",
        **changes,
    }


def test_an_account_is_made_on_its_form(browser: Browser, desk: Any) -> None:
    given = {
        "name": "Itaú 109",
        "bank": "341",
        "agency": "0057",
        "account": "12345-7",
        "wallet": "109",
        "next_number": "500",
        "species": "DM",
        "active": "1",
        **{f"beneficiary.{name}": text for name, text in BENEFICIARY.items()},
        "interest.kind": "monthly",
        "interest.value": "1,00",
        "fine.kind": "percent",
        "fine.value": "2,00",
        "discounts.0.kind": "amount",
        "discounts.0.value": "5,00",
        "discounts.0.days_before": "10",
        "refuse_after": "30",
        "instructions": "Pagar no Itaú\n\nNão pagar em cheque",
    }
    assert browser.send("/accounts/new", given).status_code == 303
    (made,) = desk.get("/documents/accounts").json["items"]
    assert made["terms"] == {
        "interest": {"monthly": "1.00"},
        "fine": {"percent": "2.00"},
        "discounts": [{"days_before": 10, "amount": "5.00"}],
        "refuse_after": 30,
        "protest_after": None,
        "report_after": None,
    }
    assert (made["next_number"], made["instructions"]) == (500, ["Pagar no Itaú", "Não pagar em cheque"])
    assert "Itaú 109" in browser.text("/accounts")
    page = browser.text(f"/accounts/{made['id']}")
    assert 'value="2,00"' in page
    assert "11.222.333/0001-81" in page


def test_an_account_that_the_bank_would_refuse_says_so_beside_its_fields(browser: Browser, desk: Any) -> None:
    given = {"name": "X", "bank": "341", "agency": "12A4", "account": "", "wallet": "109", "next_number": "1"}
    given |= {f"beneficiary.{name}": text for name, text in BENEFICIARY.items()} | {"species": "DM"}
    answer = browser.send("/accounts/new", given)
    assert answer.status_code == 422
    assert "has more than digits in it" in answer.text
    assert "The account (conta) is missing" in answer.text
    assert 'value="12A4"' in answer.text
    assert desk.get("/documents/accounts").json["items"] == []


def test_a_boleto_is_checked_issued_and_paid_on_its_pages(
    browser: Browser, account: dict[str, Any], client: FlaskClient
) -> None:
    check = browser.send("/boletos/check", form(account), page="/boletos/new")
    assert "34191.09008 0000" in check.text
    assert "109/00000001-" in check.text
    answer = browser.send("/boletos/new", form(account))
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["Location"]).text
    assert "R$ 1.234,56" in page
    frame = re.search(r'<iframe src="([^"]+)"', page)
    assert frame
    assert client.get(frame[1]).data[:5] == b"%PDF-"
    path = answer.headers["Location"].removeprefix("/p/documents")
    paid = browser.send(f"{path}/state", {"state": "paid", "paid_on": "", "paid_amount": "1.200,00"}, page=path)
    assert paid.status_code == 303
    page = browser.text(path)
    assert "R$ 1.200,00" in page
    assert "Ana Admin" in page
    refused = browser.send(f"{path}/state", {"state": "issued"}, page=path)
    assert (refused.status_code, "Say why." in refused.text) == (422, True)


def test_what_is_wrong_comes_back_with_the_form(browser: Browser, account: dict[str, Any], desk: Any) -> None:
    wrong = form(account, amount="0", due_date=in_days(-1).isoformat(), **{"payer.document": "123"})
    check = browser.send("/boletos/check", wrong, page="/boletos/new")
    answer = browser.send("/boletos/new", wrong)
    assert answer.status_code == 422
    for sentence in ("The amount is 0.", "is in the past", "neither a CPF"):
        assert sentence in answer.text
        assert sentence in check.text
    assert 'value="123"' in answer.text
    assert desk.get("/documents/boletos").json["items"] == []


def test_a_draft_is_a_form_until_it_is_issued(browser: Browser, account: dict[str, Any], desk: Any) -> None:
    answer = browser.send("/boletos/new", form(account, do="draft", **{"fine.kind": "amount", "fine.value": "3,50"}))
    path = answer.headers["Location"].removeprefix("/p/documents")
    page = browser.text(path)
    assert 'value="3,50"' in page
    assert 'value="1.234,56"' in page
    assert browser.send(path, form(account, amount="99,00")).status_code == 303
    (made,) = desk.get("/documents/boletos").json["items"]
    assert (made["state"], made["amount"]) == ("issued", "99.00")


def test_the_list_filters_and_pages(browser: Browser, issue: Order) -> None:
    for number in range(21):
        issue(document_number=f"doc-{number}", payer={**PAYER, "name": f"Pagador {number:02}"})
    page = browser.text("/boletos")
    assert page.count('data-testid="boleto-row"') == 20
    older = re.search(r'href="([^"]+)" rel="next"', page)
    assert older
    rest = browser.text(older[1].removeprefix("/p/documents").replace("&amp;", "&"))
    assert "Pagador 00" in rest
    assert "Pagador 07" in browser.text("/boletos?q=doc-7")
    assert "No boleto fits this filter" in browser.text("/boletos?state=paid")
    assert "does not fit" in browser.text("/boletos?due_from=ontem")


def test_a_carne_is_issued_on_its_form(browser: Browser, account: dict[str, Any], client: FlaskClient) -> None:
    answer = browser.send("/booklets/new", form(account, amount="100,00", count="3"))
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["Location"]).text
    assert page.count('data-testid="instalment-row"') == 3
    assert "R$ 33,34" in page
    refused = browser.send("/booklets/new", form(account, amount="0,01", count="3"))
    assert (refused.status_code, "can&#39;t be split" in refused.text) == (422, True)


@pytest.mark.parametrize(("kind", "more"), [("boletos", {}), ("booklets", {"count": "3"})])
def test_a_form_that_is_sent_twice_issues_once(
    browser: Browser,
    desk: Any,
    account: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    more: dict[str, str],
) -> None:
    path = f"/{kind}/new"
    form_id = re.search(r'name="form_id" value="([^"]+)"', browser.text(path))
    assert form_id
    given = form(account, form_id=form_id[1], **more)
    first, second = browser.send(path, given), browser.send(path, given)
    looked, found = [], repeats._found

    def too_early(*asked: Any) -> Any:
        looked.append(asked)
        return found(*asked) if len(looked) > 1 else None

    monkeypatch.setattr(repeats, "_found", too_early)
    third = browser.send(path, given)
    assert len(looked) == 2
    assert first.status_code == 303
    assert first.headers["Location"] == second.headers["Location"] == third.headers["Location"]
    assert len(desk.get("/documents/boletos").json["items"]) == int(more.get("count", 1))
    other = browser.send(path, {**given, "amount": "7,00"})
    assert (other.status_code, "sent before, with other values" in other.text) == (422, True)
