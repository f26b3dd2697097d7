"""One embedded PostgreSQL for a whole pytest run, however many processes share it, and a Redis for each of them.

Whoever needs the server first starts a *keeper*, a process that holds it; the keeper ends when it is told to, and
also when pytest itself is gone. A database is made once as a template and copied for each process.
"""

import contextlib
import fcntl
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import URL, Engine, create_engine

from ramal.database.provision import (
    RolePasswords,
    RoleUrls,
    copy_database,
    drop_database,
    provision,
)

TemplateBuilder = Callable[[RoleUrls], None]

_START_SECONDS = 90.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class SharedServer:
    """The run's PostgreSQL as each of its processes sees it. `folder` is the run's own, under the temp folder."""

    folder: Path
    superuser_url: str
    passwords: RolePasswords

    def new_database(self, name: str) -> RoleUrls:
        """An empty database with the three roles. An older one of that name is dropped."""
        with _locked(self.folder, "databases"):
            drop_database(self.superuser_url, name)
            return provision(self.superuser_url, name, passwords=self.passwords)

    def copy_of_template(self, key: str, build: TemplateBuilder, name: str) -> RoleUrls:
        """A copy of the template `key`, which `build` fills the first time anybody asks for it."""
        template = f"template_{key}"
        with _locked(self.folder, "databases"):
            done = self.folder / f"{template}.done"
            if not done.exists():
                self._build(template, build)
                done.touch()
            drop_database(self.superuser_url, name)
            copy_database(self.superuser_url, template, name)
        return provision(self.superuser_url, name, passwords=self.passwords)

    def drop(self, name: str) -> None:
        """Drop a database, ending its sessions."""
        drop_database(self.superuser_url, name)

    def _build(self, template: str, build: TemplateBuilder) -> None:
        drop_database(self.superuser_url, template)
        build(provision(self.superuser_url, template, passwords=self.passwords))


def make_run_folder() -> Path:
    """The folder of this pytest run. Others may pass through it: as root, PostgreSQL runs as another account."""
    folder = Path(tempfile.mkdtemp(prefix="ramal-tests-"))
    folder.chmod(0o711)
    return folder


def shared_server(folder: Path, run_pid: int) -> SharedServer:
    """The run's server, started now if nobody has. `run_pid` is the pytest process whose end also ends it."""
    with _locked(folder, "keeper"):
        state = folder / "keeper.json"
        if not state.exists():
            _start_keeper(folder, run_pid, state)
    return SharedServer(
        folder,
        superuser_url=json.loads(state.read_text())["superuser_url"],
        passwords=RolePasswords.kept_in(folder / "roles.json"),
    )


def end_run(folder: Path) -> None:
    """Stop the run's server, if there is one, and remove the run's folder."""
    state = folder / "keeper.json"
    if state.exists():
        with contextlib.suppress(psutil.NoSuchProcess):
            keeper = psutil.Process(json.loads(state.read_text())["pid"])
            keeper.send_signal(signal.SIGTERM)
            keeper.wait(timeout=_STOP_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def _start_keeper(folder: Path, run_pid: int, state: Path) -> None:
    log = folder / "keeper.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "ramal.testing.keeper", str(folder), str(run_pid)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while not state.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The tests' PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)
    keeper.returncode = 0  # it outlives this process on purpose; end_run stops it


@functools.lru_cache(maxsize=1)
def lasting_engine(owner_url: URL) -> Engine:
    """One connection to the process's database that is kept from test to test.

    Who deletes an organization makes PostgreSQL plan a statement for each foreign key, once for each connection:
    a tenth of a second, ten times what the deleting takes.
    """
    return create_engine(owner_url, pool_size=1, max_overflow=0, pool_pre_ping=True)


@contextlib.contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def worker_name() -> str:
    """This process within the run: `gw0`, `gw1`, … under pytest-xdist, else `main`."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")
