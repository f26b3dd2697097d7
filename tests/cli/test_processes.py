"""Processes that wait for the one that started them."""

import gc
import os
import subprocess
import sys
from pathlib import Path

from ramal.processes import closed_gate, loading

WAITER = "from ramal.processes import wait_for_gate; print('loaded', flush=True); wait_for_gate(); print('through')"


def start_waiter(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WAITER], stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )


def test_nobody_passes_a_closed_gate(tmp_path: Path) -> None:
    with closed_gate(tmp_path / "gate"):
        waiter = start_waiter()
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == "loaded\n"
        assert waiter.poll() is None
    out, _ = waiter.communicate(timeout=30)
    assert out == "through\n"


def test_one_that_is_started_again_later_passes_at_once(tmp_path: Path) -> None:
    with closed_gate(tmp_path / "gate"):
        pass
    out, _ = start_waiter(RAMAL_GATE=str(tmp_path / "gate")).communicate(timeout=30)
    assert out == "loaded\nthrough\n"


def test_a_gate_opens_when_the_one_who_closed_it_dies(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from ramal.processes import closed_gate\n"
            "with closed_gate(Path(sys.argv[1])): print('closed', flush=True); time.sleep(600)",
            str(tmp_path / "gate"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "closed\n"
        waiter = start_waiter(RAMAL_GATE=str(tmp_path / "gate"))
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == "loaded\n"
        assert waiter.poll() is None
        holder.kill()
        out, _ = waiter.communicate(timeout=30)
    assert out == "through\n"


def test_the_collector_rests_while_code_is_loaded() -> None:
    try:
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled()
    finally:
        gc.unfreeze()
