"""One embedded PostgreSQL: initialise, start, wait until it answers, stop."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from ramal.embedded import binaries, place
from ramal.embedded.errors import EmbeddedError
from ramal.embedded.process import Account, clean_environment, spawn, stop

SUPERUSER = "postgres"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_LOG_LIMIT = 5_000_000  # bytes; an older log than that is dropped at the next start

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",  # a socket in a folder closed to others is the only door
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    # A new installation's tables grow from nothing: by the default minute, thousands of rows are
    # looked up by plans that were made for empty tables.
    "autovacuum_naptime": "5s",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "ramal",
}


@dataclass
class Postgres:
    """A running server. `home` holds its data, log and socket."""

    home: Path
    program: Path
    account: Account | None
    settings: Mapping[str, str]
    sockets: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The superuser's URL, in SQLAlchemy's spelling for psycopg2."""
        host = quote(str(self.sockets), safe="")
        return f"postgresql+psycopg2://{SUPERUSER}@/postgres?host={host}&port=5432"

    def stop(self) -> None:
        """Stop it fast: sessions end, what was committed is on disk."""
        stop(self.process, signal.SIGINT, seconds=_STOP_SECONDS, then=signal.SIGQUIT)

    def restart(self, *, crash: bool = False) -> None:
        """Stop and start again on the same socket; with `crash`, as after a power cut (tests of recovery)."""
        if crash:
            self.process.kill()
            self.process.wait()
        else:
            self.stop()
        self.process = _launch(self.home, self.program, self.account, self.settings, self.sockets)


def start_postgres(home: Path, account: Account | None, settings: Mapping[str, str]) -> Postgres:
    """Start the cluster in `home`, made first if there is none; returns when it accepts connections.

    Raises EmbeddedError with the end of the server's log.
    """
    root = reachable_root(account)
    program = root / "bin" / "postgres"
    if not (home / "data" / "PG_VERSION").exists():
        _initialise(home, root / "bin" / "initdb", account)
    _check_version(home)
    sockets = place.socket_folder(home, account)
    merged = {**_SETTINGS, **settings}
    process = _launch(home, program, account, merged, sockets)
    return Postgres(home, program, account, merged, sockets, process)


def reachable_root(account: Account | None) -> Path:
    """The wheel's PostgreSQL, or a copy of it where the account can reach only that."""
    root = binaries.postgres_root()
    if place.can_enter(root / "bin", account):
        return root
    place.make_passable(place.SYSTEM_BASE)
    return binaries.reachable_copy(root, place.SYSTEM_BASE)


def _initialise(home: Path, initdb: Path, account: Account | None) -> None:
    """Make the cluster in a folder aside and move it into place: an interrupted run leaves nothing half made."""
    for rest in home.glob("new-*"):
        shutil.rmtree(rest)
    fresh = place.owned_folder(home / f"new-{os.getpid()}", account)
    command = [str(initdb), "-D", str(fresh), "-U", SUPERUSER, "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust"]
    command += ["--auth-host=scram-sha-256", "--no-instructions"]
    result = subprocess.run(
        command,
        cwd=home,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if result.returncode != 0:
        raise EmbeddedError(f"initdb failed in {home}:\n{result.stdout}{result.stderr}")
    fresh.rename(home / "data")


def _check_version(home: Path) -> None:
    found = (home / "data" / "PG_VERSION").read_text().strip()
    if found != str(binaries.POSTGRES_MAJOR):
        raise EmbeddedError(
            f"{home} holds data of PostgreSQL {found}, the embedded one is {binaries.POSTGRES_MAJOR}: "
            "dump it with the older release, or move the folder away."
        )


def _launch(
    home: Path, program: Path, account: Account | None, settings: Mapping[str, str], sockets: Path
) -> subprocess.Popen[bytes]:
    _end_leftovers(home / "data")
    for stale in sockets.glob(".s.PGSQL.*"):
        stale.unlink()
    log = home / "postgres.log"
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.unlink()
    command = [str(program), "-D", str(home / "data"), "-k", str(sockets), "-p", "5432"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    process = spawn(command, cwd=home, log=log, account=account, parent_death=signal.SIGINT)
    _wait_ready(process, home)
    return process


def _end_leftovers(data: Path) -> None:
    """End what an earlier run, killed before it could stop its server, left behind in this cluster.

    We hold the folder's lock, so whoever still works in it is nobody's. The number in a stale postmaster.pid may
    meanwhile belong to any other process, so it is never trusted: a server is known by its working folder.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    left = list(_working_in(data))
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(left, timeout=_STOP_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive)
    pid_file.unlink(missing_ok=True)


def _working_in(data: Path) -> Iterator[psutil.Process]:
    wanted = str(data.resolve())
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name() == "postgres" and process.cwd() == wanted:
                yield process


def _wait_ready(process: subprocess.Popen[bytes], home: Path) -> None:
    """Wait for the line `ready` that the server writes into postmaster.pid."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EmbeddedError(f"PostgreSQL did not start in {home}:\n{_end_of(home / 'postgres.log')}")
        if _is_ready(home / "data" / "postmaster.pid", process.pid):
            return
        time.sleep(0.02)
    stop(process, signal.SIGQUIT, seconds=_STOP_SECONDS, then=signal.SIGKILL)
    raise EmbeddedError(f"PostgreSQL in {home} did not answer within {_START_SECONDS:.0f} s.")


def _is_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().split("\n")
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else "(no log)"
