"""``ramal up``: everything on one machine, from nothing to a page one can log in to.

Embedded PostgreSQL and Redis unless the environment names others; roles, migrations, plugins, a
first admin; then the web server and the worker under one supervisor until Ctrl-C.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ramal.cli import running
from ramal.cli.supervisor import Command, Supervisor
from ramal.config import Settings, load_settings
from ramal.database.provision import RolePasswords, provision
from ramal.processes import closed_gate, loading

if TYPE_CHECKING:
    from ramal.embedded import EmbeddedServices

#: Seconds to wait for the first page before saying that none came.
PATIENCE = 30


@click.command()
@click.option("--demo", is_flag=True, help="Add a demo organization with simulated customers.")
def up(demo: bool) -> None:
    """Run everything on this machine until Ctrl-C."""
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _only_one(settings.data_dir), contextlib.ExitStack() as stack:
        _refuse_taken_port(settings)
        services = _embedded(settings, stack)
        settings = _with_services(settings, services)
        _export(settings, demo)
        stack.enter_context(running.told(settings.data_dir, os.environ))
        sys.exit(_supervise(settings, demo, services))


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    with (data_dir / running.LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"another `ramal up` is using {data_dir}: stop it, or set RAMAL_DATA_DIR to another folder"
            ) from None
        yield


def _refuse_taken_port(settings: Settings) -> None:
    """Say now, before anything is started, that the web server would not get its address."""
    host = settings.bind.strip("[]")
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As gunicorn does: connections of a server that has just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {settings.port} of {settings.bind} is taken by another program"
        else:
            reason = f"port {settings.port} of {settings.bind} can't be had: {error.strerror or error}"
        raise click.ClickException(f"{reason}. Choose another: RAMAL_PORT={settings.port + 1} ramal up") from None


def _embedded(settings: Settings, stack: contextlib.ExitStack) -> EmbeddedServices | None:
    """Servers of our own for what the environment names none for."""
    if settings.database_url and settings.redis_url:
        return None
    from ramal import embedded

    services = stack.enter_context(
        embedded.start(settings.data_dir, postgres=not settings.database_url, redis=not settings.redis_url)
    )
    for notice in services.notices:
        click.echo(notice)
    return services


def _with_services(settings: Settings, services: EmbeddedServices | None) -> Settings:
    """Fill in what the environment leaves open: servers, roles, secret keys."""
    database, redis = settings.database_url, settings.redis_url
    if services is not None:
        redis = redis or services.redis_url
        database = database or services.superuser_url
    if not (settings.database_owner_url and settings.database_system_url):
        passwords = RolePasswords.kept_in(settings.data_dir / "roles.json")
        name = _database_name(database) if settings.database_url else "ramal"
        urls = provision(database, name, passwords=passwords)
        settings = settings.with_(
            database_url=urls.app_url,
            database_owner_url=urls.owner_url,
            database_system_url=urls.system_url,
        )
    keys = settings.secret_keys or (_kept_key(settings.data_dir / "secret_key"),)
    return settings.with_(redis_url=redis, secret_keys=keys)


def _database_name(url: str) -> str:
    return url.split("?", 1)[0].rsplit("/", 1)[-1] or "ramal"


def _kept_key(path: Path) -> str:
    """The installation's own key, made at the first start; readable by its owner only."""
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as new:
            new.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _export(settings: Settings, demo: bool) -> None:
    """Hand the settings to the processes we start."""
    os.environ.update(
        RAMAL_DATABASE_URL=settings.database_url,
        RAMAL_DATABASE_OWNER_URL=settings.database_owner_url,
        RAMAL_DATABASE_SYSTEM_URL=settings.database_system_url,
        RAMAL_REDIS_URL=settings.redis_url,
        RAMAL_SECRET_KEYS=",".join(settings.secret_keys),
        RAMAL_DATA_DIR=str(settings.data_dir),
        RAMAL_PORT=str(settings.port),
        RAMAL_DEMO="1" if demo else "0",
    )
    if demo:
        from ramal.web.demo.state import simulator_addresses

        allowed = (*settings.outbound_allow, *simulator_addresses(settings))
        os.environ["RAMAL_OUTBOUND_ALLOW"] = ",".join(dict.fromkeys(allowed))


def _prepare(settings: Settings, demo: bool) -> str | None:
    """Migrate, make the first admin, seed the demo. Answers a new admin's password, else None."""
    with loading():
        from ramal.accounts.services import ensure_first_admin
        from ramal.app import create_app
        from ramal.plugins.lifecycle import upgrade_all

    for line in upgrade_all(settings.database_owner_url):
        click.echo(line)
    app = create_app(load_settings())
    with app.app_context():
        password = ensure_first_admin(settings.admin_email, settings.admin_password)
        if demo:
            from ramal.web.demo.seeding import seed

            seed()
    return password


def _supervise(settings: Settings, demo: bool, services: EmbeddedServices | None) -> int:
    """Start the processes behind a gate: they load their code while we prepare the database."""
    ramal = (sys.executable, "-m", "ramal.cli")
    commands = [
        Command("web", (*ramal, "serve"), drain_seconds=12),
        Command("worker", (*ramal, "worker"), drain_seconds=30),
    ]
    password: str | None = None
    with contextlib.ExitStack() as gate:

        def prepare() -> None:
            nonlocal password
            password = _prepare(settings, demo)
            gate.close()

        gate.enter_context(closed_gate(settings.data_dir / "gate"))
        return Supervisor(
            commands,
            prepare=prepare,
            on_start=lambda: _announce(settings, demo, password),
            tend=services.revive if services is not None else None,
        ).run()


def _announce(settings: Settings, demo: bool, password: str | None) -> None:
    url = f"http://127.0.0.1:{settings.port}"
    if _answers(f"{url}/health/ready"):
        click.echo(f"\n  Ramal is ready: {settings.public_url or url}\n")
    else:
        click.echo(f"\n  No page came from {url} within {PATIENCE} s: the lines above say why.\n")
    if password:
        own = "   (an organization of its own, still empty; the demo's people are below)" if demo else ""
        click.echo(f"  Admin    {settings.admin_email}{own}\n  Password {password}   (shown this once)\n")
    if demo:
        from ramal.web.demo.seeding import login_lines

        for line in login_lines(settings):
            click.echo(f"  {line}")
    click.echo("  Ctrl-C stops everything.\n")


def _answers(url: str) -> bool:
    """Whether a page can be had, now or soon."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 (our own address)
            return True
        time.sleep(0.05)
    return False
