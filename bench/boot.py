"""How long it takes to start: the application without and with plugins, and a second ``make run``."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from bench.report import ROOT, Figure, Report
from bench.stage import stage
from ramal.testing.processes import clean_environment, free_port

ROUNDS = 5
BOOT_TARGET, RUN_TARGET = 3.0, 6.0
_BOOT = "import wsgi"
_PATIENCE = 300.0


def run(report: Report) -> None:
    """Wall time of whole processes, interpreter included; medians."""
    with stage() as made:
        environment = made.installation.environment
        bare = boot_time({**environment, "RAMAL_PLUGINS": ""})
        full = boot_time(environment)
    note = f"a whole Python process, median of {ROUNDS}"
    report.add(Figure("boot without plugins", bare, "s", note=note))
    met = full < BOOT_TARGET
    report.add(
        Figure("boot with all plugins", full, "s", bare, "without", full / bare, f"< {BOOT_TARGET:.0f} s", met, note)
    )
    first, second = make_run_times()
    note = f"until /login answers; the first one, which migrates and seeds the demo, {first:.1f} s"
    report.add(
        Figure("second `make run`", second, "s", target=f"< {RUN_TARGET:.0f} s", met=second < RUN_TARGET, note=note)
    )


def boot_time(environment: Mapping[str, str]) -> float:
    """Seconds, median."""
    environment = _as_users_have_it(environment)
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", _BOOT], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def _as_users_have_it(environment: Mapping[str, str]) -> dict[str, str]:
    """With byte code written at the first start and found at the second, which is Python's default."""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def make_run_times() -> tuple[float, float]:
    """Seconds to a login page of a first and a second ``make run`` on a fresh data folder."""
    with tempfile.TemporaryDirectory(prefix="ramal-bench-run-") as folder:
        Path(folder).chmod(0o711)
        return _make_run(folder), _make_run(folder)


def _make_run(folder: str) -> float:
    port = free_port()
    environment = _as_users_have_it({**clean_environment(), "RAMAL_DATA_DIR": folder, "RAMAL_PORT": str(port)})
    began = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/login", process)
        return time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"`make run` showed no login page at {url}")
