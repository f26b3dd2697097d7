"""What the benchmarks run on: an installation of its own with a connected number, and its servers."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from bench.loadgen import Outcome, Plan
from bench.report import ROOT
from ramal.embedded import EmbeddedServices
from ramal.testing.installation import Installation, Team, own_installation

NUMBER, ACCOUNT, SECRET = "100000000000001", "200000000000001", "bench-app-secret"
PLUGINS = ROOT / "bench" / "plugins"


@dataclass
class Stage:
    """A running installation with one team and one connected number."""

    installation: Installation
    services: EmbeddedServices
    folder: Path
    team: Team
    channel: dict[str, str]

    def plan(self, **changes: object) -> Plan:
        """A plan against the number's webhook."""
        path = urlsplit(self.channel["webhook_url"]).path
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.installation.port,
            "path": path,
            "secret": SECRET,
            "number": NUMBER,
            "account": ACCOUNT,
        }
        return Plan(**(values | changes))  # type: ignore[arg-type]

    def load(self, plan: Plan) -> Outcome:
        """Run a plan in a process of its own, to the end."""
        return self.begin(plan).finish()

    def execute(self, *statements: str, **values: object) -> None:
        """Run statements as the owner role, in one transaction."""
        engine = create_engine(self.installation.urls.owner_url, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in statements:
                wanted = {name: value for name, value in values.items() if f":{name}" in statement}
                connection.execute(text(statement), wanted)

    def vacuum(self) -> None:
        """Bring the planner's statistics up to date, as autovacuum would in a while."""
        url = make_url(self.services.superuser_url).set(database=make_url(self.installation.urls.owner_url).database)
        with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("vacuum analyze"))

    def begin(self, plan: Plan) -> Load:
        """Start a plan in a process of its own."""
        file, answers = self.folder / f"{plan.mark}.json", self.folder / f"{plan.mark}.outcome.json"
        file.write_text(json.dumps(asdict(plan)))
        # Into a file: a pipe that nobody reads yet would stop the generator at 64 KiB.
        with answers.open("w") as output:
            process = subprocess.Popen([sys.executable, "-m", "bench.loadgen", str(file)], cwd=ROOT, stdout=output)
        return Load(process, answers)


@dataclass
class Load:
    """A running load generator."""

    process: subprocess.Popen[bytes]
    answers: Path

    @property
    def running(self) -> bool:
        """Whether it is still sending."""
        return self.process.poll() is None

    def finish(self) -> Outcome:
        """Wait for its end and read what it says."""
        if self.process.wait():
            raise RuntimeError(f"the load generator ended with {self.process.returncode}")
        return Outcome(**json.loads(self.answers.read_text()))


@contextlib.contextmanager
def stage(
    *, web_processes: int = 2, plugins: bool = False, environment: Mapping[str, str] | None = None
) -> Iterator[Stage]:
    """An installation that is running; with ``plugins`` two event hooks are installed and enabled."""
    variables = {"RAMAL_WEB_PROCESSES": str(web_processes), **(environment or {})}
    if plugins:
        variables["PYTHONPATH"] = str(PLUGINS)
    with importable(PLUGINS, wanted=plugins), tempfile.TemporaryDirectory(prefix="ramal-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root, PostgreSQL runs as another account
        with own_installation(folder, environment=variables) as (installation, services):
            installation.start()
            team = installation.team()
            channel = connect_number(team)
            if plugins:
                for plugin in ("witness", "tally"):
                    team.enable(plugin)
            yield Stage(installation, services, folder, team, channel)


@contextlib.contextmanager
def importable(folder: Path, *, wanted: bool) -> Iterator[None]:
    """This process migrates for all others, so it must find the plugins as they do."""
    if wanted:
        sys.path.append(str(folder))
    try:
        yield
    finally:
        if wanted:
            sys.path.remove(str(folder))


def connect_number(team: Team, number: str = NUMBER) -> dict[str, str]:
    """A WhatsApp Cloud number that no provider stands behind: nothing is ever sent from it."""
    return team.connect(
        "whatsapp_cloud",
        "Número",
        {
            "phone_number_id": number,
            "business_account_id": ACCOUNT,
            "access_token": "bench-token",
            "app_secrets": [SECRET],
            "verify_token": "bench-verify",
        },
    )
