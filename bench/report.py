"""The result of a run: JSON, and the table in ``docs/performance.md``."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"
_LIBRARIES = ("flask", "sqlalchemy", "gunicorn", "gevent", "redis", "rq")


def this_machine() -> dict[str, str]:
    """What this machine is."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE)):
        model = found[1]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "processor": model,
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": _commit(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _commit() -> str:
    result = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return result.stdout.strip()


@dataclass(frozen=True)
class Figure:
    """One measured number. ``baseline`` and ``ratio`` come from the same run; ``target`` in words."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_name: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""
    #: When, and at which commit, where that is not the whole report's.
    taken: str = ""


@dataclass
class Report:
    """All figures of a run, with the machine they were taken on."""

    figures: list[Figure] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=this_machine)
    date: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))

    def add(self, figure: Figure) -> None:
        """Take a figure, and show it at once."""
        self.figures.append(figure)
        print("  " + " · ".join(cell for cell in cells(figure) if cell), flush=True)

    def among_the_last(self) -> Report:
        """The last whole run, with these figures in the place of its own; each says when it was taken."""
        last = json.loads((RESULTS / "last.json").read_text())
        taken = f"{self.date}, {self.machine['commit']}"
        figures = {figure["name"]: Figure(**figure) for figure in last["figures"]}
        figures |= {figure.name: replace(figure, taken=taken) for figure in self.figures}
        return Report(list(figures.values()), last["machine"], last["date"])

    def write(self) -> Path:
        """Write both; only the newest ``last.json`` is kept in the repository."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
        (RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json").write_text(text)
        (RESULTS / "last.json").write_text(text)
        PAGE.write_text(page(self))
        return PAGE


def percentiles(values: list[float]) -> tuple[float, float, float]:
    """p50, p95 and p99."""
    if len(values) < 2:
        return (values[0],) * 3 if values else (float("nan"),) * 3
    steps = quantiles(values, n=100, method="inclusive")
    return steps[49], steps[94], steps[98]


def cells(figure: Figure) -> tuple[str, ...]:
    """A figure as the cells of a row."""
    baseline = "" if figure.baseline is None else f"{number(figure.baseline)} {figure.unit} ({figure.baseline_name})"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    target = figure.target
    if figure.met is not None:
        target += " ✓" if figure.met else " ✗"
    note = "; ".join(filter(None, (figure.note, figure.taken and f"taken {figure.taken}")))
    return figure.name, f"{number(figure.value)} {figure.unit}", baseline, ratio, target, note


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def page(report: Report) -> str:
    """The page of the documentation."""
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; every figure beside its baseline is from the same run. Load generator, database,",
        "web server and worker share the cores, so read ratios before figures, and take less than 15 % as noise.",
        "",
        f"{report.date} · " + " · ".join(f"{name} {value}" for name, value in report.machine.items() if value),
        "",
        "| what | figure | baseline | ratio | target | how |",
        "|---|---:|---|---:|---|---|",
    ]
    lines += ["| " + " | ".join(cells(figure)) + " |" for figure in report.figures]
    return "\n".join(lines) + "\n"
