"""A messy file in a real browser: uploaded, laid out, looked at, imported, undone; the policy kept, axe content."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect
from werkzeug.serving import make_server

from ramal.testing.client import JsonClient
from ramal.testing.screens import faults

from .messy import messy

pytestmark = pytest.mark.e2e

CHROMIUM = os.environ.get("RAMAL_CHROMIUM") or "/usr/bin/chromium"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    expect.set_options(timeout=60_000)
    # One Playwright a process: other tests of the run may have started it.
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (360, "light")], ids=["light", "dark", "phone"])
def page(chromium: Browser, address: str, enabled: Any, admin: Any, request: Any) -> Iterator[Page]:
    width, theme = request.param
    opened = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    opened.set_default_timeout(60_000)
    opened.goto(f"{address}/login?next=/p/crm/imports")
    opened.fill("#email", admin.email)
    opened.fill("#password", admin.password)
    opened.get_by_test_id("login-submit").click()
    opened.wait_for_url("**/p/crm/imports")
    yield opened
    opened.close()


def looked_at(page: Page) -> list[str]:
    """What axe and the width say of the page."""
    return [f"{page.url}: {found}" for found in faults(page)]


def test_a_messy_file_is_imported_and_undone(
    page: Page, work: Callable[[], None], desk: JsonClient, address: str
) -> None:
    problems: list[str] = []
    page.on("console", lambda line: problems.append(f"{page.url}: {line.text}") if line.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    wrong = looked_at(page)
    page.set_input_files("#file", files=[{"name": "Clientes antigos.csv", "mimeType": "text/csv", "buffer": messy()}])
    page.get_by_test_id("upload-import").click()
    expect(page.get_by_test_id("import-progress")).to_be_visible()
    work()
    # The bar goes away by itself.
    page.get_by_test_id("check-import").wait_for()
    expect(page.locator("[name='columns.document']")).to_have_value("2")
    wrong += looked_at(page)
    page.locator("[name=area_code]").fill("11")
    page.get_by_test_id("check-import").click()
    expect(page.get_by_test_id("import-count")).to_have_text("0 of 11")
    wrong += looked_at(page)
    work()
    expect(page.get_by_test_id("count-bad")).to_have_text("5")
    expect(page.get_by_test_id("import-row").first).to_contain_text("CNPJ: “11222333000182” is not a CNPJ")
    wrong += looked_at(page)
    page.locator("#bad-skip").check()
    page.get_by_test_id("start-import").click()
    expect(page.get_by_test_id("import-progress")).to_be_visible()
    work()
    page.get_by_test_id("undo-import").wait_for()
    assert len(desk.get("/crm/customers").json["items"]) == 5
    wrong += looked_at(page)
    page.get_by_test_id("undo-import").click()
    expect(page.get_by_test_id("import-progress")).to_be_visible()
    work()
    expect(page.get_by_text("5 rows were undone.")).to_be_visible()
    assert desk.get("/crm/customers").json["items"] == []
    page.goto(f"{address}/p/crm/exports")
    page.get_by_test_id("make-export").click()
    page.get_by_test_id("export-file").wait_for()
    wrong += looked_at(page)
    assert not wrong + problems, "\n".join(wrong + problems)
