"""The plugin's pages in a real browser: a boleto issued by hand, the policy kept, axe content, no page too wide."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect
from werkzeug.serving import make_server

from ramal.pipeline.worker.jobs import run_due_jobs
from ramal.testing.client import JsonClient
from ramal.testing.screens import faults

from .images import png
from .orders import PAYER, in_days
from .spreadsheets import row, table

pytestmark = pytest.mark.e2e

CHROMIUM = os.environ.get("RAMAL_CHROMIUM") or "/usr/bin/chromium"
#: Where pictures of the pages go, to be looked at.
PICTURES = os.environ.get("RAMAL_PICTURES")


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


@pytest.fixture
def open_page(chromium: Browser, address: str, admin: Any) -> Iterator[Callable[..., tuple[Page, list[str]]]]:
    opened: list[Page] = []

    def make(width: int, theme: Any) -> tuple[Page, list[str]]:
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=theme, locale="pt-BR")
        opened.append(page)
        page.set_default_timeout(60_000)
        problems: list[str] = []
        page.on("console", lambda line: problems.append(f"{page.url}: {line.text}") if line.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.goto(f"{address}/login?next=/p/documents/boletos")
        page.fill("#email", admin.email)
        page.fill("#password", admin.password)
        page.get_by_test_id("login-submit").click()
        page.wait_for_url("**/p/documents/boletos")
        return page, problems

    yield make
    for page in opened:
        page.close()


def looked_at(page: Page, name: str) -> list[str]:
    """What axe and the width say of the page."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    return [f"{name}: {found}" for found in faults(page)]


def test_a_boleto_is_issued_by_hand(
    open_page: Callable[..., tuple[Page, list[str]]], account: dict[str, Any], address: str
) -> None:
    page, problems = open_page(1280, "light")
    page.get_by_test_id("new-boleto").click()
    page.get_by_label("Valor (R$)").fill("1.234,56")
    page.get_by_label("Vencimento").fill(in_days(30).isoformat())
    page.get_by_label("Nome").first.fill(PAYER["name"])
    page.get_by_label("CPF ou CNPJ").first.fill("529.982.247-2")
    page.get_by_test_id("check-errors").get_by_text("529.982.247-2").wait_for()
    page.get_by_label("CPF ou CNPJ").first.fill(PAYER["document"])
    page.get_by_test_id("check-line").wait_for()
    page.get_by_test_id("issue-boleto").click()
    page.get_by_text("O boleto foi emitido.").wait_for()
    page.get_by_test_id("boleto-pdf").wait_for()
    assert page.get_by_label("Linha digitável").input_value().startswith("34191.09008")
    # htmx logs a check that the next page cut short.
    assert not [problem for problem in problems if "htmx:" not in problem]


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_the_pages_are_clean(
    open_page: Callable[..., tuple[Page, list[str]]],
    address: str,
    desk: JsonClient,
    account: dict[str, Any],
    issue: Callable[..., dict[str, Any]],
    order: Callable[..., dict[str, Any]],
    template: dict[str, Any],
    contract: dict[str, Any],
    make: Any,
    width: int,
    theme: str,
) -> None:
    boleto = issue()
    booklet = desk.post("/documents/generate-booklet", order(count=3)).json
    key = desk.post("/documents/pix-keys", {"key": "a@b.com.br", "name": "Padaria", "city": "Campinas"}).json
    pix = desk.post("/documents/generate-pix", {"key_id": key["id"], "amount": "10.00"}).json
    paths = {
        "boletos": "boletos",
        "new": "boletos/new",
        "boleto": f"boletos/{boleto['id']}",
        "booklet-new": "booklets/new",
        "booklet": f"booklets/{booklet['id']}",
        "accounts": "accounts",
        "account": f"accounts/{account['id']}",
        "pix": "pix",
        "pix-code": f"pix/{pix['id']}",
        "contracts": "contracts",
        "contract-choice": "contracts/new",
        "contract-new": f"contracts/new?template_id={template['id']}",
        "contract": f"contracts/{contract['id']}?conversation_id={make.conversation().id}",
        "templates": "templates",
        "template-new": "templates/new?starter=locacao_residencial",
        "template": f"templates/{template['id']}",
        "pictures": "pictures",
        "repository": "repository",
        "check": "check",
    }
    page, problems = open_page(width, theme)
    found = []
    for name, path in paths.items():
        page.goto(f"{address}/p/documents/{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        if page.locator("#preview, [data-testid=template-check]").count():
            page.get_by_test_id("contract-preview").wait_for()
        found += looked_at(page, f"{name}-{width}")
    page.fill("#text", boleto["digitable_line"][:9] + "5" + boleto["digitable_line"][10:])
    page.get_by_test_id("decode").click()
    page.get_by_test_id("decoded").wait_for()
    found += looked_at(page, f"decoded-{width}")
    assert not found, "\n".join(found)
    assert not problems


def test_a_charge_is_sent_from_the_inbox(
    open_page: Callable[..., tuple[Page, list[str]]],
    address: str,
    make: Any,
    issue: Callable[..., dict[str, Any]],
    desk: JsonClient,
) -> None:
    conversation = make.conversation()
    make.message(conversation, "Pode mandar o boleto?")
    made = issue(contact_id=str(conversation.contact_id))
    page, problems = open_page(1280, "light")
    page.goto(f"{address}/inbox/{conversation.id}")
    page.get_by_test_id("documents-panel").get_by_text("R$ 123,45").wait_for()
    page.get_by_test_id("documents-send").click()
    page.get_by_text("Enviar só a linha").wait_for()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/chat.png")
    page.get_by_text("Enviar só a linha").click()
    page.get_by_test_id("documents-sent").wait_for()
    page.get_by_role("link", name="Novo boleto").last.click()
    page.get_by_label("Valor (R$)").fill("50,00")
    page.get_by_label("Vencimento").fill(in_days(30).isoformat())
    page.get_by_label("CPF ou CNPJ").first.fill(PAYER["document"])
    page.get_by_test_id("issue-boleto").click()
    page.get_by_test_id("set-registered").wait_for()
    page.get_by_test_id("back-to-conversation").click()
    page.get_by_test_id("documents-panel").get_by_text("R$ 50,00").wait_for()
    sent = [item["body"] for item in desk.get(f"/conversations/{conversation.id}/messages").json["items"]]
    assert any(made["digitable_line_formatted"] in (body or "") for body in sent)
    # The line to the socket is cut when the page is left, and so is a check that htmx waits for.
    assert not [problem for problem in problems if "/ws" not in problem and "htmx:" not in problem]


@pytest.fixture
def jobs(app: Flask) -> Iterator[None]:
    """A worker that does what waits in the background."""
    stop = threading.Event()

    def until_stopped() -> None:
        with app.app_context():
            while not stop.is_set():
                if not run_due_jobs(app):
                    stop.wait(0.05)

    thread = threading.Thread(target=until_stopped)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_the_pages_of_a_batch_are_clean(
    open_page: Callable[..., tuple[Page, list[str]]],
    address: str,
    account: dict[str, Any],
    jobs: None,
    tmp_path: Path,
    width: int,
    theme: str,
) -> None:
    bad = {7: {"CPF/CNPJ": "529.982.247-26"}, 9: {"Valor": "0", "Vencimento": in_days(-3).isoformat()}}
    file = tmp_path / "mensalidades.csv"
    file.write_bytes(table(row(number, **bad.get(number, {})) for number in range(1, 63)))
    page, problems = open_page(width, theme)
    page.goto(f"{address}/p/documents/batches")
    found = looked_at(page, f"batches-empty-{width}")
    page.get_by_label("Planilha").set_input_files(file)
    page.get_by_test_id("upload-batch").click()
    page.get_by_test_id("check-batch").wait_for()
    found += looked_at(page, f"batch-columns-{width}")
    page.get_by_test_id("check-batch").click()
    page.get_by_test_id("good").wait_for()
    assert (page.get_by_test_id("good").inner_text(), page.get_by_test_id("bad").inner_text()) == ("60", "2")
    assert "O valor é 0." in page.inner_text("main")  # by the worker, in the reader's language
    found += looked_at(page, f"batch-checked-{width}")
    page.get_by_label("Emitir só as 60 linhas certas").check()
    page.get_by_test_id("start-batch").click()
    page.get_by_test_id("make-zip").wait_for(timeout=60_000)
    assert page.get_by_test_id("row").count() == 50
    found += looked_at(page, f"batch-done-{width}")
    page.get_by_test_id("make-zip").click()
    page.get_by_test_id("print-zip").wait_for(timeout=60_000)
    assert page.locator("#live-region").inner_text() == "O arquivo está pronto."
    found += looked_at(page, f"batch-printed-{width}")
    page.goto(f"{address}/p/documents/batches")
    found += looked_at(page, f"batches-{width}")
    assert not found, "\n".join(found)
    assert not [problem for problem in problems if "htmx:" not in problem]


def test_the_bar_follows_the_work(
    open_page: Callable[..., tuple[Page, list[str]]],
    address: str,
    desk: JsonClient,
    checked: Callable[..., dict[str, Any]],
    work: Callable[[], None],
) -> None:
    batch = checked(table(row(number) for number in range(1, 201)))
    desk.post(f"/documents/batches/{batch['id']}/start", {})
    page, problems = open_page(1280, "light")
    page.goto(f"{address}/p/documents/batches/{batch['id']}")
    page.get_by_test_id("batch-count").get_by_text("0 de 200").wait_for()
    found = looked_at(page, "batch-running-1280")
    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    found += looked_at(page, "batch-running-360")
    work()
    page.get_by_test_id("make-zip").wait_for()
    assert not found, "\n".join(found)
    assert not [problem for problem in problems if "htmx:" not in problem]


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_a_document_is_kept_replaced_and_removed(
    open_page: Callable[..., tuple[Page, list[str]]],
    address: str,
    enabled: Any,
    make: Any,
    tmp_path: Path,
    width: int,
    theme: str,
) -> None:
    contact = make.contact("Fulana de Tal")
    for name, size in (("contrato.pdf", 2_000), ("contrato-2.pdf", 6_000_000)):
        (tmp_path / name).write_bytes(b"%PDF-1.7\n" + b"x" * size)
    page, problems = open_page(width, theme)
    page.goto(f"{address}/p/documents/repository?contact_id={contact.id}")
    page.get_by_label("Arquivo", exact=True).set_input_files(tmp_path / "contrato.pdf")
    page.get_by_label("Título", exact=True).fill("Contrato de locação")
    page.get_by_label("Etiquetas").fill("locação, assinado")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_test_id("version").wait_for()
    page.get_by_label("Arquivo", exact=True).set_input_files(tmp_path / "contrato-2.pdf")
    page.get_by_test_id("add-version").click()
    page.get_by_test_id("version").nth(1).wait_for()
    found = looked_at(page, f"kept-document-{width}")
    page.goto(f"{address}/p/documents/repository?contact_id={contact.id}")
    found += looked_at(page, f"repository-{width}")
    page.get_by_role("link", name="Contrato de locação").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remover").click()
    confirm = page.get_by_role("dialog").get_by_role("button").last
    if confirm.count():
        confirm.click()
    page.get_by_text("O documento foi removido.").wait_for()
    assert not found, "\n".join(found)
    assert not [problem for problem in problems if "htmx:" not in problem]


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (360, "light")])
def test_a_templates_variables_are_edited_from_the_keyboard(
    open_page: Callable[..., tuple[Page, list[str]]], address: str, template: dict[str, Any], width: int, theme: str
) -> None:
    page, problems = open_page(width, theme)
    page.goto(f"{address}/p/documents/templates/{template['id']}")
    page.get_by_test_id("template-right").wait_for()
    page.get_by_test_id("add-variable").press("Enter")
    lines = page.get_by_test_id("variable")
    expect(lines).to_have_count(5)
    expect(lines.last.get_by_label("Nome no texto")).to_be_focused()
    page.keyboard.type("pedido.codigo")
    up = lines.last.get_by_role("button", name="Subir")
    up.press("Enter")
    expect(lines.nth(3).locator("summary code").first).to_have_text("pedido.codigo")
    expect(lines.nth(3).get_by_role("button", name="Subir")).to_be_focused()
    page.locator("#source").press("Control+End")
    page.locator("#source").press_sequentially("{{ pedido.codigo }}{{ pedido.frete|moeda }}")
    page.get_by_test_id("declare").press("Enter")
    expect(lines).to_have_count(6)
    expect(lines.last.get_by_label("Rótulo em português")).to_be_focused()
    expect(lines.last.get_by_label("Tipo").first).to_have_value("money")
    page.get_by_test_id("template-right").wait_for()
    assert looked_at(page, f"template-variables-{width}-{theme}") == []
    page.get_by_test_id("save-template").click()
    page.get_by_test_id("versions").get_by_text("versão 2").wait_for()
    expect(lines).to_have_count(6)
    assert not [problem for problem in problems if "htmx:" not in problem]


def test_a_picture_is_uploaded_beside_the_editor(
    open_page: Callable[..., tuple[Page, list[str]]], address: str, template: dict[str, Any]
) -> None:
    page, problems = open_page(360, "dark")
    page.goto(f"{address}/p/documents/templates/{template['id']}")
    page.get_by_test_id("template-right").wait_for()
    page.locator("#source").press("Control+End")
    page.locator("#source").press_sequentially("<p>fica</p>")
    page.locator("#picture-file").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": png()})
    page.locator("#picture-name").fill("logo")
    page.get_by_test_id("add-picture").get_by_role("button", name="Adicionar").click()
    expect(page.get_by_test_id("picture")).to_have_count(1)
    assert page.evaluate("document.querySelector('[data-testid=picture] img').decode().then(() => true)")
    expect(page.locator("#asset-logo")).to_have_value('<img src="asset:logo" alt="">')
    assert "<p>fica</p>" in page.locator("#source").input_value()
    assert looked_at(page, "template-pictures") == []
    page.get_by_test_id("picture").get_by_role("button", name="Remover").click()
    page.locator("#confirm-dialog").get_by_role("button", name="Continuar").click()
    expect(page.get_by_test_id("picture")).to_have_count(0)
    assert not [problem for problem in problems if "htmx:" not in problem]
