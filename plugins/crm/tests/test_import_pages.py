"""The pages of imports and exports, without a screen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.testing.client import JsonClient

from .browsing import Browser
from .messy import messy
from .tables_of_customers import row, table

Work = Callable[[], None]


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


@pytest.fixture
def uploaded(browser: Browser, work: Work) -> Callable[..., str]:
    """Upload a table; the path of its page, once it was read."""

    def made(data: bytes, name: str = "clientes.csv") -> str:
        answer = browser.send("/imports", {"file": (io.BytesIO(data), name)})
        assert answer.status_code == 303, answer.text
        path: str = answer.headers["Location"].removeprefix("/p/crm")
        assert "The file is being read" in browser.text(path)
        work()
        return path

    return made


def chosen(browser: Browser, path: str) -> dict[str, str]:
    """The form of the columns as the page fills it."""
    page = browser.text(path)
    found = dict(re.findall(r'<select[^>]*name="([\w.]+)"(?:(?!</select>).)*?value="([^"]*)" selected', page, re.S))
    found |= dict.fromkeys(re.findall(r'name="(match\.\w+)" value="1" checked', page), "1")
    return {**found, "overwrite": "empty"}


def test_a_messy_file_is_laid_out_looked_at_imported_and_undone(
    browser: Browser, uploaded: Callable[..., str], work: Work, desk: JsonClient
) -> None:
    path = uploaded(messy())
    form = chosen(browser, path)
    assert (form["columns.legal_name"], form["columns.document"], form["columns.phone"]) == ("0", "2", "4")
    refused = browser.send(f"{path}/columns", {**form, "area_code": "1"}, page=path)
    assert (refused.status_code, "An area code has two digits" in refused.text) == (422, True)
    assert browser.send(f"{path}/columns", form, page=path).status_code == 303
    assert "0 of 11" in browser.text(path)
    assert "HX-Refresh" not in browser.client.get(f"/p/crm{path}/progress").headers
    work()
    assert browser.client.get(f"/p/crm{path}/progress").headers["HX-Refresh"] == "true"
    page = browser.text(path)
    assert "<strong>CNPJ</strong>: “11222333000182” is not a CNPJ" in page
    assert 'data-testid="count-bad">6<' in page
    assert page.count('data-testid="import-row"') == 6
    assert browser.client.get(f"/p/crm{path}/rows.csv?action=bad").text.count("\n") == 7
    stopped = browser.send(f"{path}/start", {"bad_rows": "stop"}, page=path)
    assert (stopped.status_code, "Some rows are bad or duplicate" in stopped.text) == (422, True)
    (seen,) = re.findall(r'name="check_number" value="(\d+)"', browser.text(path))
    anew = browser.send(f"{path}/start", {"bad_rows": "skip", "check_number": str(int(seen) - 1)}, page=path)
    assert (anew.status_code, "tried anew since you looked" in anew.text) == (422, True)
    assert browser.send(f"{path}/start", {"bad_rows": "skip", "check_number": seen}, page=path).status_code == 303
    assert "Customers are being imported" in browser.text(path)
    work()
    assert browser.text(f"{path}?action=create").count('data-testid="import-row"') == 4
    assert len(desk.get("/crm/customers").json["items"]) == 4
    assert browser.send(f"{path}/undo", {}, page=path).status_code == 303
    assert "The import is being undone" in browser.text(path)
    work()
    assert "4 rows were undone." in browser.text(path)
    assert desk.get("/crm/customers").json["items"] == []


def test_what_a_row_changes_is_shown_before_it_does(browser: Browser, uploaded: Callable[..., str], work: Work) -> None:
    for data, choice in ((table([row(1)]), "empty"), (table([row(1, Celular="(21) 99999-0001")]), "all")):
        path = uploaded(data)
        browser.send(f"{path}/columns", {**chosen(browser, path), "overwrite": choice}, page=path)
        work()
        page = browser.text(path)
        browser.send(f"{path}/start", {}, page=path)
        work()
    assert '<del class="text-body-secondary">+5511980000001</del> +5521999990001' in page
    again = uploaded(table([row(1)]))
    browser.send(f"{again}/columns", {**chosen(browser, again), "overwrite": "all"}, page=again)
    work()
    assert "imported before" in browser.text(again)
    assert browser.send(f"{again}/delete", {}, page=again).headers["Location"] == "/p/crm/imports"


def test_a_file_that_is_no_table_says_so_on_the_page(browser: Browser, uploaded: Callable[..., str]) -> None:
    path = uploaded(b"a;b\n")
    assert "no rows below its headers" in browser.text(path)
    answer = browser.send("/imports", {})
    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)


def test_a_list_is_exported_with_its_filters(browser: Browser, desk: JsonClient) -> None:
    desk.post("/crm/customers", {"name": "Ana", "tags": ["vip"]})
    desk.post("/crm/customers", {"name": "Bia"})
    link = re.search(r'href="/p/crm([^"]+)" data-testid="export-list"', browser.text("/customers?tag=vip"))
    assert link
    path = link[1].replace("&amp;", "&")
    assert 'name="tag" value="vip"' in browser.text(path)
    form = {"entity": "customers", "format": "csv", "tag": "vip"}
    assert browser.send("/exports", form, page=path).status_code == 303
    file = re.search(r'href="([^"]+)" download data-testid="export-file"', browser.text("/exports"))
    assert file
    text = browser.client.get(file[1]).text
    assert ("Ana" in text, "Bia" in text) == (True, False)
    browser.send("/exports", {"entity": "deals", "format": "xlsx", "state": "none such"}, page="/exports")
    assert browser.text("/exports/files").count('data-testid="export"') == 2
