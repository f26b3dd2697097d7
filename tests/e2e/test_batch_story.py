"""The story of a batch: a table of 203 rows, three of them bad, becomes 200 boletos, and a ZIP of their sheets."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from ramal.testing.installation import Installation, Team
from ramal_documents import dates

from .conftest import TakeSeat
from .deal import ACCOUNT, read_sheet

pytestmark = pytest.mark.e2e

TODAY = dates.today()
DUE = TODAY + timedelta(days=30)
GOOD = 200
HEADERS = ["Cliente", "Documento do cliente", "Quanto", "Quando", "Contrato"]
#: What is wrong in which row of the file: its headers are row 1.
BAD = {
    8: {1: "529.982.247-26"},
    91: {2: "0", 3: (TODAY - timedelta(days=3)).isoformat()},
    204: {2: "100.000.000,00"},
}
RULES = {
    8: [("Documento do cliente", "os dígitos verificadores estão errados")],
    91: [("Quanto", "O valor é 0."), ("Quando", "já passou")],
    204: [("Quanto", "passa de R$ 99.999.999,99")],
}
_NOTE_VALUES = """() => {
  window.seenValues = [];
  new MutationObserver(() => {
    const bar = document.querySelector("progress");
    if (bar && window.seenValues.at(-1) !== bar.value) window.seenValues.push(bar.value);
  }).observe(document.body, {subtree: true, childList: true});
}"""


def test_a_batch_of_200_runs_with_its_progress_bar(
    team: Team, installation: Installation, seat: TakeSeat, tmp_path: Path
) -> None:
    team.enable("documents")
    team.api.post("/documents/accounts", ACCOUNT)
    ana = seat("Ana")
    ana.log_in(team.admin)
    page = ana.visit("/p/documents/batches")
    page.get_by_label("Planilha").set_input_files(written(tmp_path / "mensalidades.csv"))
    page.get_by_test_id("upload-batch").click()

    # The headers are the business's own, so she says what two of the columns hold.
    page.get_by_label("Valor (necessário)").select_option(label=f"Quanto – {amount(2)}")
    page.get_by_label("Vencimento (necessário)").select_option(label=f"Quando – {DUE.isoformat()}")
    page.get_by_label("Nome do pagador").select_option(label="Cliente – Pagador 002")
    page.get_by_label("CPF ou CNPJ do pagador").select_option(label="Documento do cliente – 529.982.247-25")
    page.get_by_test_id("check-batch").click()

    # Every bad row is named, with its columns and the rules.
    expect(page.get_by_test_id("good")).to_have_text(str(GOOD))
    expect(page.get_by_test_id("bad")).to_have_text(str(len(BAD)))
    rows = page.get_by_test_id("row")
    expect(rows).to_have_count(len(BAD))
    for shown, (number, rules) in zip(rows.all(), RULES.items(), strict=True):
        expect(shown.get_by_role("cell").first).to_have_text(str(number))
        told = shown.get_by_role("listitem")
        expect(told).to_have_count(len(rules))
        for line, (column, rule) in zip(told.all(), rules, strict=True):
            expect(line.get_by_role("strong")).to_have_text(column)
            expect(line).to_contain_text(rule)

    # A row that somebody else holds lets the bar be looked at half-way.
    page.get_by_label(f"Emitir só as {GOOD} linhas certas").check()
    with held(installation, row=150):
        page.get_by_test_id("start-batch").click()
        bar = page.get_by_role("progressbar", name="Os boletos estão sendo emitidos")
        expect(bar).to_have_attribute("max", str(GOOD))
        page.evaluate(_NOTE_VALUES)
        tab = page.get_by_role("link", name="Lotes").last
        tab.focus()
        expect(bar).to_have_attribute("value", "100")
        expect(page.get_by_test_id("batch-count")).to_have_text("100 de 200")
        asked_again(page)
        expect(tab).to_be_focused()
        assert spoken_value(page) == 100
    expect(page.get_by_test_id("make-zip")).to_be_visible()
    expect(tab).to_be_focused()
    expect(region(page)).to_have_text(f"{GOOD} boletos foram emitidos.")
    values = page.evaluate("window.seenValues")
    assert values == sorted(values)
    assert 100 in values

    # 200 boletos, no number twice; the bad rows became none.
    page.get_by_test_id("make-zip").click()
    expect(page.get_by_test_id("print-zip")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("print-zip").click()
    issued = list(team.api.items("/documents/boletos"))
    assert len({boleto["our_number"] for boleto in issued}) == len(issued) == GOOD
    sheets = unpacked(Path(download.value.path()))
    assert len(sheets) == GOOD
    numbers = {found for sheet in sheets for found in re.findall(r"\b109/\d{8}-\d\b", sheet)}
    assert numbers == {boleto["our_number"] for boleto in issued}
    for number in (2, 203):
        (sheet,) = [one for one in sheets if f"Pagador {number:03} " in one]
        assert amount(number) in sheet


def amount(number: int) -> str:
    """What the payer of a row owes."""
    return f"1.{number:03},50"


def written(path: Path) -> Path:
    """The table; its rows are numbered as in a spreadsheet program."""
    lines = [HEADERS]
    for number in range(2, GOOD + len(BAD) + 2):
        cells = [f"Pagador {number:03}", "529.982.247-25", amount(number), DUE.isoformat(), f"M-{number}"]
        for place, wrong in BAD.get(number, {}).items():
            cells[place] = wrong
        lines.append(cells)
    path.write_text("\r\n".join(";".join(line) for line in lines), "utf-8")
    return path


@contextlib.contextmanager
def held(installation: Installation, row: int) -> Iterator[None]:
    """Until its end, nobody else can write the only batch's row: the chunks before it are done, its own waits."""
    engine = create_engine(installation.urls.owner_url, poolclass=NullPool)
    newest = "select id from plugin_documents.batch order by id desc limit 1"
    query = f"select number from plugin_documents.batch_row where number = :row and batch_id = ({newest}) for update"
    with engine.begin() as connection:
        assert connection.execute(text(query), {"row": row}).scalar_one() == row
        yield


def asked_again(page: Page) -> None:
    """Wait until the bar has been replaced twice more."""
    for _time in range(2):
        with page.expect_response(re.compile("/progress")):
            pass


def spoken_value(page: Page) -> float:
    """The progress bar's value as a screen reader is given it."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    (bar,) = [node for node in tree["nodes"] if node.get("role", {}).get("value") == "progressbar"]
    return float(bar["value"]["value"])


def region(page: Page) -> Locator:
    """Where the page says what screen readers read out when they have time."""
    return page.locator("#live-region[aria-live=polite]")


def unpacked(path: Path) -> list[str]:
    """The text of each sheet of a ZIP."""
    with zipfile.ZipFile(path) as archive:
        return [read_sheet(archive.read(name)) for name in archive.namelist()]
