"""A batch of 5,000 boletos with all their PDFs, by one worker; and the memory that takes.

A table is uploaded and checked; then it is started, and the clock runs until a ZIP with 5,000 PDFs can be downloaded.
Memory is the worker's jobs process at its highest, beside what a batch of 500 took just before: it must not grow with
the batch.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from bench.report import Figure, Report
from bench.stage import Stage, stage
from ramal.testing.waiting import wait_for

ROWS, FEW = 5_000, 500
#: Seconds from the start to the finished ZIP.
TARGET = 30.0
#: Megabytes that ten times the rows may add.
GROWTH = 24.0
_MB = 1024**2
_ACCOUNT = {
    "name": "Bench",
    "bank": "341",
    "agency": "0057",
    "account": "12345-7",
    "wallet": "109",
    "beneficiary": {
        "name": "Padaria Modelo Ltda.",
        "document": "11222333000181",
        "street": "Rua das Amostras, 100",
        "city": "São Paulo",
        "state": "SP",
    },
    "terms": {"fine": {"percent": "2"}, "interest": {"monthly": "1"}, "refuse_after": 30},
}


def run(report: Report) -> None:
    """500 to warm up and for comparison, then 5,000."""
    with stage() as made:
        made.team.enable("documents")
        account = made.team.api.post("/documents/accounts", _ACCOUNT)["id"]
        _checked, _seconds, few = _batch(made, account, FEW)
        checked, seconds, many = _batch(made, account, ROWS)
    note = f"from the start to the ZIP, one worker; the dry run before it took {checked:.1f} s"
    met = seconds <= TARGET
    report.add(
        Figure(f"batch of {ROWS:,} boletos with PDFs", seconds, "s", target=f"< {TARGET:.0f} s", met=met, note=note)
    )
    grown = many - few
    note = f"highest of the worker's processes; {few:.0f} MB with {FEW}, {many:.0f} MB with {ROWS:,}"
    report.add(
        Figure("memory that the batch adds", grown, "MB", target=f"< {GROWTH:.0f} MB", met=grown < GROWTH, note=note)
    )


def _batch(made: Stage, account: str, rows: int) -> tuple[float, float, float]:
    """(seconds of the dry run, seconds of the rest, megabytes at the highest)."""
    peak = 0.0

    def until(path: str, is_so: Callable[[Any], bool]) -> Any:
        nonlocal peak

        def look() -> Any:
            nonlocal peak
            peak = max(peak, *(size / _MB for _pid, size in made.installation.worker.memory()))
            found = made.team.api.get(path)
            return found if is_so(found) else None

        return wait_for(look, path, timeout=600, pause=0.2)

    began = time.perf_counter()
    file = {"file": (f"{rows}.csv", _table(rows), "text/csv")}
    batch = made.team.api.request("POST", "/documents/batches", files=file, data={"account_id": account})
    path = f"/documents/batches/{batch['id']}"
    until(path, lambda batch: batch["state"] == "checked" and batch["good"] == rows)
    checked = time.perf_counter() - began
    began = time.perf_counter()
    made.team.api.post(f"{path}/start")
    until(path, lambda batch: batch["state"] == "done" and batch["issued"] == rows)
    made.team.api.post(f"{path}/results", {"kind": "zip"})
    (made_zip,) = until(f"{path}/results", lambda results: results["prints"][0]["state"] == "ready")["prints"]
    seconds = time.perf_counter() - began
    _demand(httpx2.get(made_zip["url"]).content, rows)
    return checked, seconds, peak


def _demand(data: bytes, rows: int) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if len(names) != rows or any(not archive.read(name).startswith(b"%PDF-") for name in (names[0], names[-1])):
            raise RuntimeError(f"the ZIP has {len(names)} PDFs, not {rows}")


def _table(rows: int) -> bytes:
    due = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    lines = ["Nome;CPF;Valor;Vencimento;Documento;Endereço;Cidade;UF;CEP;Demonstrativo"]
    lines += [
        f"Fulana de Tal {number};529.982.247-25;1.{number % 1000:03},56;{due};M-{number};Avenida do Exemplo, 42;"
        "Campinas;SP;13000-000;Mensalidade de dezembro"
        for number in range(rows)
    ]
    return "\n".join(lines).encode()
