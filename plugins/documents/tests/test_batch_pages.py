"""The pages of batches, without a screen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient

from .browsing import Browser
from .spreadsheets import HEADERS, row, table


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


def test_a_table_is_uploaded_looked_at_checked_and_issued(
    browser: Browser, account: dict[str, Any], work: Callable[[], None], desk: JsonClient
) -> None:
    data = table([row(1), row(2, Valor="0"), row(3)])
    form = {"file": (io.BytesIO(data), "julho.csv"), "account_id": account["id"]}
    answer = browser.send("/batches", form)
    assert answer.status_code == 303, answer.text
    path = answer.headers["Location"].removeprefix("/p/documents")
    page = browser.text(path)
    assert "julho.csv" in page
    assert re.search(r'<option value="1" selected>CPF/CNPJ', page)
    columns = {"payer.name": "0", "payer.document": "1", "amount": "2", "due_date": "3", "document_number": "4"}
    refused = browser.send(f"{path}/columns", {**columns, "amount": ""}, page=path)
    assert (refused.status_code, "Say which column holds this: Amount." in refused.text) == (422, True)
    assert browser.send(f"{path}/columns", columns, page=path).status_code == 303
    page = browser.text(path)
    assert 'hx-trigger="every 1s"' in page
    bar = browser.client.get(f"/p/documents{path}/progress")
    assert "HX-Retarget" not in bar.headers
    assert "0 of 3" in bar.text
    assert 'id="live-region"' not in bar.text
    bar = browser.client.get(f"/p/documents{path}/progress?told=-25")
    assert 'hx-swap-oob="innerHTML">Rows are being checked: 0 of 3<' in bar.text
    work()
    bar = browser.client.get(f"/p/documents{path}/progress?told=0")
    assert bar.headers["HX-Reselect"] == bar.headers["HX-Retarget"] == "#batch"
    assert 'hx-swap-oob="innerHTML">The rows are checked: 2 good, 1 bad.<' in bar.text
    page = browser.text(path)
    assert "<strong>Valor</strong>: The amount is 0." in page
    assert 'data-testid="good">2<' in page
    assert browser.client.get(f"/p/documents{path}/rows.csv?state=bad").text.count("\n") == 2
    stopped = browser.send(f"{path}/start", {"bad_rows": "stop"}, page=path)
    assert (stopped.status_code, "Some rows are bad" in stopped.text) == (422, True)
    assert browser.send(f"{path}/start", {"bad_rows": "skip"}, page=path).status_code == 303
    assert "Boletos are being issued" in browser.text(path)
    work()
    page = browser.text(path)
    assert "Pagador 00003" in page
    assert page.count('data-testid="row"') == 3
    assert browser.text(f"{path}?state=bad").count('data-testid="row"') == 1
    assert browser.send(f"{path}/print", {"kind": "pdf"}, page=path).status_code == 303
    assert "Making the PDF" in browser.text(path)
    work()
    link = re.search(r'href="([^"]+)" download data-testid="print-pdf"', browser.text(f"{path}/prints"))
    assert link
    assert browser.client.get(link[1]).data[:5] == b"%PDF-"
    assert len(desk.get("/documents/boletos").json["items"]) == 2


def test_a_file_that_is_no_table_says_so_on_the_page(browser: Browser, account: dict[str, Any]) -> None:
    form = {"file": (io.BytesIO(b"a;b\n"), "julho.csv"), "account_id": account["id"]}
    answer = browser.send("/batches", form)
    assert (answer.status_code, "no rows below its headers" in answer.text) == (422, True)
    answer = browser.send("/batches", {"account_id": account["id"]})
    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)


def test_a_batch_is_thrown_away_on_its_page(
    browser: Browser, checked: Callable[..., dict[str, Any]], desk: JsonClient
) -> None:
    batch = checked(table([row(1)]))
    path = f"/batches/{batch['id']}"
    assert "Which column holds what?" in browser.text(f"{path}?columns=1")
    answer = browser.send(f"{path}/delete", {}, page=path)
    assert answer.headers["Location"] == "/p/documents/batches"
    assert desk.get("/documents/batches").json["items"] == []


def test_the_same_file_again_warns(
    browser: Browser, checked: Callable[..., dict[str, Any]], desk: JsonClient, work: Callable[[], None]
) -> None:
    first = checked(table([row(1)]))
    desk.post(f"/documents/batches/{first['id']}/start", {})
    work()
    second = checked(table([row(1)]))
    assert "from this very file before" in browser.text(f"/batches/{second['id']}")


def test_many_bad_rows_are_shown_page_by_page(browser: Browser, checked: Callable[..., dict[str, Any]]) -> None:
    batch = checked(table((row(number, Valor="0") for number in range(60)), HEADERS))
    page = browser.text(f"/batches/{batch['id']}")
    assert page.count('data-testid="row"') == 50
    following = re.search(r'href="/p/documents([^"]+)" rel="next"', page)
    assert following
    assert browser.text(following[1].replace("&amp;", "&")).count('data-testid="row"') == 10
