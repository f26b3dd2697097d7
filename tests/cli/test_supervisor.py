"""The supervisor, driving tiny real processes from a process of its own (it takes over the signals)."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import psutil
import pytest

from ramal.cli.supervisor import Backoff

SCRIPT = """
import sys
from ramal.cli.supervisor import Backoff, Command, Supervisor
python = [sys.executable, "-u", "-c"]
{body}
"""
SLEEP = "import time; print('up', flush=True); time.sleep(600)"
POLITE = (
    "import signal, sys, time\n"
    "def bye(*_): print('bye', flush=True); sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, bye)\n"
    "print('up', flush=True)\n"
    "time.sleep(600)"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)

Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def supervise() -> Iterator[Start]:
    """Start a supervisor whose commands are made by a line of Python; killed at the end whatever happens."""
    running: list[subprocess.Popen[str]] = []

    def start(body: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", SCRIPT.format(body=textwrap.dedent(body))], stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def until(process: subprocess.Popen[str], *wanted: str) -> list[str]:
    """Read lines until each of the wanted texts has been seen."""
    lines: list[str] = []
    missing = list(wanted)
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        missing = [text for text in missing if text not in line]
        if not missing:
            return lines
    raise AssertionError(f"{missing} never came; saw {lines}")


def test_lines_carry_their_process_name(supervise: Start) -> None:
    process = supervise(
        f"Supervisor([Command('web', [*python, {SLEEP!r}]), Command('worker', [*python, {SLEEP!r}])]).run()"
    )
    lines = until(process, "web    | up", "worker | up")
    assert len(lines) == 2


def test_stops_in_the_declared_order_and_waits_for_each(supervise: Start) -> None:
    body = f"""
    code = Supervisor([Command(name, [*python, {POLITE!r}]) for name in ("web", "worker", "clock")]).run()
    print("code", code)
    """
    process = supervise(body)
    until(process, "web    | up", "worker | up", "clock  | up")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert out.splitlines() == ["web    | bye", "worker | bye", "clock  | bye", "code 0"]


def test_a_dead_process_is_started_again(supervise: Start) -> None:
    body = """
    once = "import sys; print('half a line', end=''); sys.exit(3)"
    Supervisor([Command("job", [*python, once])], backoff=Backoff(first=0.01, longest=0.02)).run()
    """
    lines = until(supervise(body), "again in 0.01 s", "again in 0.02 s")
    assert lines[:2] == ["job | half a line", "job | ended with code 3; starting again in 0.01 s"]


def test_says_once_that_everything_was_started(supervise: Start) -> None:
    process = supervise(
        f"Supervisor([Command('web', [*python, {SLEEP!r}])], on_start=lambda: sys.stdout.write('all started\\n')).run()"
    )
    assert sorted(until(process, "all started", "web | up")) == ["all started", "web | up"]


def test_prepares_between_the_start_and_the_news_of_it(supervise: Start) -> None:
    body = f"""
    Supervisor(
        [Command("web", [*python, {SLEEP!r}])], prepare=lambda: print("prepared"),
        on_start=lambda: sys.stdout.write("all started\\n"),
    ).run()
    """
    said = until(supervise(body), "all started", "web | up", "prepared")
    assert said.index("prepared") < said.index("all started")


def test_what_could_not_be_prepared_stops_everything(supervise: Start) -> None:
    body = f"""
    import psutil
    def fail():
        print("child", psutil.Process().children()[0].pid)
        raise SystemExit(7)
    Supervisor([Command("web", [*python, {SLEEP!r}])], prepare=fail).run()
    """
    process = supervise(body)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 7
    (pid,) = [int(line.removeprefix("child ")) for line in out.splitlines() if line.startswith("child ")]
    assert not psutil.pid_exists(pid)


def test_a_program_that_does_not_exist_is_tried_again(supervise: Start) -> None:
    body = """
    Supervisor([Command("ghost", ["/nowhere/ghost"])], backoff=Backoff(first=0.01, longest=0.02)).run()
    """
    until(supervise(body), "cannot start", "again in 0.02 s")


def test_one_that_does_not_drain_is_killed_with_its_group(supervise: Start) -> None:
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-u', '-c', {STUBBORN!r}]); {STUBBORN}"
    process = supervise(f"Supervisor([Command('stuck', [*python, {parent!r}], drain_seconds=0.05)]).run()")
    assert process.stdout is not None
    assert [process.stdout.readline(), process.stdout.readline()] == ["stuck | up\n"] * 2
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) == 2
    process.send_signal(signal.SIGINT)
    until(process, "did not stop in time: killed")
    assert process.wait(timeout=30) == 0
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


def test_a_second_signal_kills_at_once(supervise: Start) -> None:
    process = supervise(f"Supervisor([Command('stuck', [*python, {STUBBORN!r}], drain_seconds=600)]).run()")
    until(process, "up")
    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGTERM)
    until(process, "stuck | killed")
    assert process.wait(timeout=30) == 0


def test_children_end_when_the_supervisor_is_killed(supervise: Start) -> None:
    process = supervise(f"Supervisor([Command('web', [*python, {STUBBORN!r}])]).run()")
    until(process, "up")
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert family
    assert not alive


@pytest.mark.parametrize(("failures", "pause"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (100, 30.0)])
def test_the_pause_doubles_up_to_its_limit(failures: int, pause: float) -> None:
    assert Backoff().after(failures) == pause


def test_what_else_this_process_started_is_looked_after(supervise: Start) -> None:
    process = supervise(
        f"""
        import subprocess
        other, tries = subprocess.Popen([*python, "pass"]), []
        def tend():
            global other
            if other.poll() is None:
                return []
            tries.append(1)
            if len(tries) == 1:
                raise RuntimeError("not yet")
            other = subprocess.Popen([*python, {SLEEP!r}])
            return ["the other one is back"]
        Supervisor([Command("one", [*python, {SLEEP!r}])], tend=tend, backoff=Backoff(first=0.05)).run()
        """
    )
    lines = until(process, "not yet; trying again in 0.05 s", "the other one is back")
    assert lines.index("not yet; trying again in 0.05 s") < lines.index("the other one is back")
