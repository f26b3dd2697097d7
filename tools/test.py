"""Run the suite, print the coverage of each distribution, and hold each to the limit in setup.cfg.

`python tools/test.py --workers 4 -- [pytest's arguments]`. With arguments (a part of the suite) coverage is not
judged. pytest's own closing line comes last, whatever happened.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import NoDataError

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Tally:
    """Lines of one distribution: those that could run, and those that did not."""

    statements: int = 0
    missed: int = 0

    @property
    def percent(self) -> float:
        return 100.0 * (self.statements - self.missed) / self.statements if self.statements else 100.0


def main() -> int:
    """The exit code of pytest, or 1 when it passed and a distribution is below the limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("pytest", nargs="*")
    options = parser.parse_args()
    coverage = Coverage(config_file=str(ROOT / "setup.cfg"))
    coverage.erase()
    code, closing = run_pytest(options.workers, options.pytest)
    low = report(coverage)
    if low and not options.pytest:
        print(f"Below the limit: {', '.join(low)}")
        code = code or 1
    print(closing, flush=True)
    return code


def run_pytest(workers: int, arguments: list[str]) -> tuple[int, str]:
    """Run pytest under coverage, passing its output on; returns its exit code and its closing line."""
    command = [sys.executable, "-m", "coverage", "run", "--rcfile=setup.cfg", "-m", "pytest", "-n", str(workers)]
    # Whole files, in their order (the longest first, see tests/conftest.py): what a module sets up is set up once.
    command += ["--dist", "loadfile", "--no-loadscope-reorder"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # The suite starts hundreds of processes: without byte code each compiles everything anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    held = ""
    assert process.stdout is not None
    for line in process.stdout:
        if held:
            print(held, end="", flush=True)
        held = line
    return process.wait(), held.rstrip("\n")


def report(coverage: Coverage) -> list[str]:
    """Print a line for each distribution; returns those below the limit."""
    try:
        coverage.combine()
    except NoDataError:
        return ["no coverage was recorded"]
    coverage.save()
    limit = float(coverage.get_option("report:fail_under") or 0)  # type: ignore[arg-type]
    tallies = tally(coverage)
    print(f"\n{'distribution':<28}{'lines':>8}{'missed':>8}{'cover':>8}")
    for name, found in tallies.items():
        print(f"{name:<28}{found.statements:>8}{found.missed:>8}{found.percent:>7.1f}%")
    return [
        f"{name} ({found.percent:.1f} % of {limit:.0f})" for name, found in tallies.items() if found.percent < limit
    ]


def tally(coverage: Coverage) -> Mapping[str, Tally]:
    """Count the lines of each distribution, the core first."""
    tallies: dict[str, Tally] = {}
    for file in sorted(coverage.get_data().measured_files()):
        name = distribution(Path(file))
        if name is None or not Path(file).exists():
            continue
        _, statements, _, missing, _ = coverage.analysis2(file)
        found = tallies.setdefault(name, Tally())
        found.statements += len(statements)
        found.missed += len(missing)
    return tallies


def distribution(file: Path) -> str | None:
    """The distribution that a file belongs to, or None for tests and tools."""
    inside = file.relative_to(ROOT).parts if file.is_relative_to(ROOT) else ()
    if inside[:2] == ("core", "ramal") or inside[:1] == ("migrations",):
        return "ramal"
    if len(inside) > 2 and inside[0] == "plugins" and inside[2].startswith("ramal_"):
        return f"ramal-{inside[1]}"
    return None


if __name__ == "__main__":
    sys.exit(main())
