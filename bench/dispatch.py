"""What plugins cost: a veto that is asked, and a message that is handed over, with 0, 5 and 20 of them."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

from bench.report import ROOT, Figure, Report
from bench.stage import Stage, stage

COUNTS = (0, 5, 20)
MESSAGES = 2_000
_CODE = """\
from ramal.api import Manifest, Plugin, hookimpl


class Empty(Plugin):
    manifest = Manifest(name="{name}", title="{name}", summary="Does nothing.", default_enabled=False)

    @hookimpl
    def before_send(self, message, conversation):
        return None

    @hookimpl
    def on_inbound_message(self, message, conversation):
        pass
"""


def run(report: Report) -> None:
    """Each count in a process of its own, on the same database; the web server only takes the messages in."""
    with stage() as made:
        made.installation.worker.stop()
        names = _write_plugins(made.folder / "plugins", max(COUNTS))
        found = {count: _probe(made, names[:count]) for count in COUNTS}
    for key, name, unit in (("veto", "asking `before_send`", "µs"), ("event", "handing a message to hooks", "µs")):
        base = found[0][key]
        for count in COUNTS:
            cost = found[count][key]
            compared = (base, "no plugin", cost / base) if count else (None, "", None)
            each = f"{(cost - base) / count:.1f} µs each" if count else ""
            report.add(Figure(f"{name}, {count} plugins", cost, unit, *compared, note=each))


def _write_plugins(folder: Path, count: int) -> list[str]:
    """Distributions that each bring one plugin with two empty hooks."""
    names = [f"empty{number:02d}" for number in range(count)]
    for name in names:
        package, info = folder / f"ramal_{name}", folder / f"ramal_{name}-0.1.0.dist-info"
        package.mkdir(parents=True)
        info.mkdir()
        (package / "__init__.py").write_text("")
        (package / "plugin.py").write_text(textwrap.dedent(_CODE).format(name=name))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ramal-{name}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[ramal.plugins]\n{name} = ramal_{name}.plugin:Empty\n")
    return names


def _probe(made: Stage, names: list[str]) -> dict[str, float]:
    mark = f"dispatch{len(names)}"
    made.load(made.plan(mark=mark, seconds=60.0, prepared=MESSAGES))
    environment = {
        **made.installation.environment,
        "PYTHONPATH": str(made.folder / "plugins"),
        "RAMAL_PLUGINS": ",".join(["whatsapp_cloud", *names]),
    }
    command = [sys.executable, "-m", "bench.dispatch_probe", made.team.id, *names]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found
