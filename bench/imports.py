"""50,000 customers from a table by one worker: the dry run, the import, the import of the same file once more.

The second file names the same customers with another phone, so that every row updates. Memory is the worker's processes
at their highest, beside what 2,500 rows took just before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.report import Figure, Report
from bench.stage import Stage, stage
from ramal.testing.waiting import wait_for

ROWS, FEW = 50_000, 2_500
#: Seconds for the dry run and the import together.
TARGET = 60.0
_MB = 1024**2


def run(report: Report) -> None:
    """A few to warm up and for comparison, then all."""
    with stage() as made:
        made.team.enable("crm")
        _checked, _imported, few = _import(made, FEW, "create", first=ROWS)
        checked, imported, many = _import(made, ROWS, "create")
        seconds = checked + imported
        note = f"dry run {checked:.1f} s, import {imported:.1f} s, one worker; highest memory {many:.0f} MB, "
        note += f"{few:.0f} MB with {FEW:,} rows"
        met = seconds <= TARGET
        name = f"{ROWS:,} customers imported"
        report.add(Figure(name, seconds, "s", target=f"< {TARGET:.0f} s", met=met, note=note))
        made.vacuum()
        checked, imported, _memory = _import(made, ROWS, "update", area=21)
        seconds, note = checked + imported, f"dry run {checked:.1f} s, import {imported:.1f} s"
        met = seconds <= TARGET
        report.add(Figure(f"{ROWS:,} changed", seconds, "s", target=f"< {TARGET:.0f} s", met=met, note=note))


def _import(made: Stage, rows: int, action: str, *, first: int = 0, area: int = 11) -> tuple[float, float, float]:
    """(seconds of the dry run, seconds of the import, megabytes at the highest)."""
    peak = 0.0

    def until(path: str, is_so: Callable[[Any], bool]) -> None:
        nonlocal peak

        def look() -> Any:
            nonlocal peak
            peak = max(peak, *(size / _MB for _pid, size in made.installation.worker.memory()))
            found = made.team.api.get(path)
            if found["state"] in ("unreadable", "stopped"):
                raise RuntimeError(found["error"])
            return found if is_so(found) else None

        wait_for(look, path, timeout=600, pause=0.2)

    began = time.perf_counter()
    file = {"file": (f"{rows}.csv", _table(rows, first, area), "text/csv")}
    run_ = made.team.api.request("POST", "/crm/imports", files=file, data={"check": "false"})
    path = f"/crm/imports/{run_['id']}"
    until(path, lambda found: found["state"] == "uploaded")
    layout = made.team.api.get(path)
    columns = {"columns": layout["columns"], "overwrite": "all"}
    made.team.api.request("PUT", f"{path}/columns", json=columns)
    until(path, lambda found: found["state"] == "checked" and found["counts"] == {action: rows})
    checked = time.perf_counter() - began
    began = time.perf_counter()
    made.team.api.post(f"{path}/start", {})
    until(path, lambda found: found["state"] == "done" and found["counts"] == {action: rows})
    return checked, time.perf_counter() - began, peak


def _table(rows: int, first: int, area: int) -> bytes:
    lines = ["Nome;CPF/CNPJ;Celular;E-mail;CEP;Endereço;Número;Bairro;Cidade;UF;Etiquetas"]
    lines += [
        f"Cliente de Exemplo {number};{_cnpj(number)};({area}) 9{80_000_000 + number};cliente{number}@exemplo.com.br;"
        f"13000-{number % 1000:03};Avenida do Exemplo;{number};Centro;Campinas;SP;varejo, campinas"
        for number in range(first, first + rows)
    ]
    return "\n".join(lines).encode()


def _cnpj(number: int) -> str:
    """One that checks, another for each number."""
    digits = [int(digit) for digit in f"{number + 10_000_000:08}0001"]
    for _digit in range(2):
        weights = [2 + (len(digits) - 1 - place) % 8 for place in range(len(digits))]
        left = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        digits.append(0 if left < 2 else 11 - left)
    return "".join(map(str, digits))
