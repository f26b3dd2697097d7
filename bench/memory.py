"""Memory of each process, idle and after some work: unique set size, which no other process shares."""

from __future__ import annotations

from bench.report import Figure, Report
from bench.stage import Stage, stage
from ramal.testing.processes import ChildProcess

_MB = 1024**2


def run(report: Report) -> None:
    """Two web processes and one worker with its children."""
    with stage() as made:
        _wait_settled(made)
        idle = {name: _sizes(process) for name, process in _processes(made).items()}
        made.load(made.plan(mark="memory", seconds=10.0, rate=200))
        made.installation.wait_quiet()
        for name, process in _processes(made).items():
            busy = _sizes(process)
            note = f"{len(busy)} processes, largest {max(busy):.0f} MB; idle {sum(idle[name]):.0f} MB in all"
            report.add(Figure(f"memory of `ramal {name}` after 2,000 messages", sum(busy), "MB", note=note))


def _processes(made: Stage) -> dict[str, ChildProcess]:
    return {"serve": made.installation.web, "worker": made.installation.worker}


def _sizes(process: ChildProcess) -> list[float]:
    return [size / _MB for _, size in process.memory()]


def _wait_settled(made: Stage) -> None:
    """Until every process has done its first work."""
    made.load(made.plan(mark="settle", seconds=1.0, rate=20))
    made.installation.wait_quiet()
