"""A whole installation: `ramal serve` and `ramal worker` as processes, on a real PostgreSQL and Redis.

The fixture ``installation`` gives one that a test session shares; every test makes organizations of
its own. A test that breaks things (:mod:`tests.fault`) makes its own with :func:`own_installation`.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from ramal.config import Settings
from ramal.testing.processes import ChildProcess, clean_environment, free_port
from ramal.testing.remote import RemoteApi, tls
from ramal.testing.waiting import wait_for

if TYPE_CHECKING:
    from ramal.database.provision import RoleUrls
    from ramal.embedded import EmbeddedServices

ADMIN_EMAIL = "root@installation.example"
_PASSWORD = "a passphrase for tests only"  # noqa: S105
_START_SECONDS = 120.0
_SPARE_PORTS = 8


@dataclass(frozen=True)
class Person:
    """Somebody who can log in."""

    id: str
    name: str
    email: str
    password: str = field(default=_PASSWORD, repr=False)


@dataclass(frozen=True)
class Team:
    """An organization with its people, and its API as its administrator sees it."""

    id: str
    name: str
    admin: Person
    agents: tuple[Person, ...]
    api: RemoteApi
    installation: Installation

    def api_as(self, person: Person) -> RemoteApi:
        """The API as another member sees it."""
        return RemoteApi(self.installation.url, person.email, person.password)

    def connect(self, kind: str, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Enable the plugin that brings ``kind`` (its custom name) and connect a channel."""
        self.enable(kind)
        channel: dict[str, Any] = self.api.post("/channels", {"kind": kind, "name": name, "settings": dict(settings)})
        return channel

    def enable(self, plugin: str) -> None:
        """Switch a plugin on; one that is on already stays so."""
        self.api.post(f"/plugins/{plugin}/enable")

    def conversations(self, channel_id: str | None = None, status: str = "all") -> list[dict[str, Any]]:
        """All conversations of a channel, or of the organization."""
        return list(self.api.items("/conversations", channel=channel_id, status=status))


class Installation:
    """Web server, worker, database and Redis under one hand."""

    def __init__(
        self, urls: RoleUrls, redis_url: str, folder: Path, *, environment: Mapping[str, str] | None = None
    ) -> None:
        """``environment`` adds to or replaces the variables of both processes."""
        folder.mkdir(parents=True, exist_ok=True)
        #: Ports of this machine that channels may reach although it is private: take one for a simulator.
        self.spare_ports = [free_port() for _ in range(_SPARE_PORTS)]
        self.urls = urls
        self.redis_url = redis_url
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.secret_key = secrets.token_urlsafe(32)
        self.environment = {**clean_environment(), **self._variables(), **(environment or {})}
        ramal = (sys.executable, "-m", "ramal.cli")
        self.web = ChildProcess((*ramal, "serve"), env=self.environment, log=folder / "web.log")
        self.worker = ChildProcess((*ramal, "worker"), env=self.environment, log=folder / "worker.log")
        self._admin: RemoteApi | None = None
        self._admin_password = secrets.token_urlsafe(16)

    # --- life ---------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Migrate the core and every plugin, and make the first administrator."""
        from ramal.accounts.services.organizations import ensure_first_admin
        from ramal.app import create_app
        from ramal.plugins.lifecycle import upgrade_all

        for _ in upgrade_all(self.urls.owner_url):
            pass
        app = create_app(self.settings())
        with app.app_context():
            ensure_first_admin(ADMIN_EMAIL, self._admin_password)
        _dispose(app)

    def settings(self) -> Settings:
        """The settings of its processes, for a look from inside."""
        plugins = self.environment.get("RAMAL_PLUGINS")
        return Settings(
            port=self.port,
            data_dir=self.folder / "data",
            database_url=self.urls.app_url,
            database_owner_url=self.urls.owner_url,
            database_system_url=self.urls.system_url,
            redis_url=self.redis_url,
            secret_keys=(self.secret_key,),
            plugins=None if plugins is None else tuple(filter(None, plugins.split(","))),
        )

    def start(self, *, worker: bool = True) -> Installation:
        """Start the web server, and the worker; returns when a page can be had."""
        self.web.start()
        if worker:
            self.worker.start()
        self.wait_ready()
        return self

    def wait_ready(self, timeout: float = _START_SECONDS) -> None:
        """Wait until the web server says that it is ready."""
        wait_for(self._is_ready, lambda: f"the web server:\n{self.web.tail()}", timeout=timeout)

    def stop(self) -> None:
        """Stop both processes, the worker first."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None
        self.worker.stop()
        self.web.stop()

    def restart(self, process: ChildProcess) -> None:
        """SIGKILL, and start again at once."""
        process.kill()
        process.start()

    def told(self) -> str:
        """The end of both processes' output, for the message of a test that failed."""
        return f"--- web\n{self.web.tail()}\n--- worker\n{self.worker.tail()}"

    # --- people and channels ------------------------------------------------------------------------

    @property
    def admin(self) -> RemoteApi:
        """The API as the super administrator sees it."""
        if self._admin is None:
            self._admin = RemoteApi(self.url, ADMIN_EMAIL, self._admin_password)
        return self._admin

    def team(self, name: str = "Padaria Central", agents: int = 2) -> Team:
        """A new organization with an administrator and some agents, made through the API."""
        mark = secrets.token_hex(4)
        admin = {"name": "Ana Ribeiro", "email": f"ana.{mark}@team.example", "password": _PASSWORD}
        made = self.admin.post("/organizations", {"name": f"{name} {mark}", "admin": admin})
        api = RemoteApi(self.url, admin["email"], _PASSWORD)
        members = [_make_agent(api, number, mark) for number in range(agents)]
        leader = Person(made["admin"]["id"], admin["name"], admin["email"])
        return Team(made["id"], made["name"], leader, tuple(members), api, self)

    def post_webhook(self, url: str, body: bytes, headers: Mapping[str, str]) -> httpx2.Response:
        """POST raw bytes to a channel's webhook URL, as a provider does."""
        return httpx2.post(self.local(url), content=body, headers=dict(headers), timeout=120.0, verify=tls())

    def local(self, url: str) -> str:
        """A URL of this installation as it is reached from here, whatever its public name."""
        return self.url + httpx2.URL(url).raw_path.decode() if "://" in url else self.url + url

    # --- looking inside -----------------------------------------------------------------------------

    def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a SELECT as the owner role sees them: every organization's."""
        engine = create_engine(self.urls.owner_url, poolclass=NullPool)
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(statement), values).mappings()]

    def value(self, statement: str, **values: Any) -> Any:
        """The only column of the only row."""
        (row,) = self.rows(statement, **values)
        (answer,) = row.values()
        return answer

    def wait_quiet(self, timeout: float = 60.0, *, but: tuple[str, ...] = ()) -> None:
        """Wait until nothing is left to do, except for some kinds (see :meth:`unfinished`)."""
        wait_for(lambda: not self.unfinished(but=but), lambda: f"the work to end: {self.unfinished()}", timeout=timeout)

    def unfinished(self, *, but: tuple[str, ...] = ()) -> dict[str, int]:
        """What still waits, by kind: journal, items, unsequenced, undelivered, hooks, outbox, jobs."""
        (counts,) = self.rows(_UNFINISHED)
        return {name: count for name, count in counts.items() if count and name not in but}

    # --- inside ---------------------------------------------------------------------------------------

    def _variables(self) -> dict[str, str]:
        return {
            "RAMAL_PORT": str(self.port),
            "RAMAL_DATA_DIR": str(self.folder / "data"),
            "RAMAL_DATABASE_URL": self.urls.app_url,
            "RAMAL_DATABASE_OWNER_URL": self.urls.owner_url,
            "RAMAL_DATABASE_SYSTEM_URL": self.urls.system_url,
            "RAMAL_REDIS_URL": self.redis_url,
            "RAMAL_SECRET_KEYS": self.secret_key,
            "RAMAL_OUTBOUND_ALLOW": ",".join(f"127.0.0.1:{port}" for port in self.spare_ports),
            "RAMAL_WEB_PROCESSES": "1",
            "RAMAL_DEMO": "0",
        }

    def _is_ready(self) -> bool:
        if not self.web.running:
            raise AssertionError(f"the web server ended:\n{self.web.tail()}")
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{self.url}/health/ready", timeout=5).close()  # noqa: S310
            return True
        return False


_UNFINISHED = """
select (select count(*) from inbound_delivery where status = 'pending') as journal,
       (select count(*) from inbound_item where status = 'waiting') as items,
       (select count(*) from event where position is null) as unsequenced,
       (select count(*) from event where position is not null and delivered_at is null) as undelivered,
       (select count(*) from plugin_delivery where status = 'waiting') as hooks,
       (select count(*) from outbox where status in ('queued', 'sending')) as outbox,
       (select count(*) from job where status in ('queued', 'running') and run_at <= now()) as jobs
"""


@contextlib.contextmanager
def own_installation(
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    postgres_settings: Mapping[str, str] | None = None,
) -> Iterator[tuple[Installation, EmbeddedServices]]:
    """A prepared installation on servers of its own, which the test may restart and wipe.

    Nothing is started but the servers.
    """
    from ramal import embedded
    from ramal.database.provision import RolePasswords, provision

    services = embedded.start(folder / "servers", postgres_settings=postgres_settings)
    try:
        urls = provision(services.superuser_url, "ramal", passwords=RolePasswords.random())
        made = Installation(urls, services.redis_url, folder / "installation", environment=environment)
        made.prepare()
        try:
            yield made, services
        finally:
            made.stop()
    finally:
        services.discard()


def _make_agent(api: RemoteApi, number: int, mark: str) -> Person:
    name = ("Bruno Tavares", "Carla Nogueira", "Davi Moreira", "Elisa Prado")[number % 4]
    email = f"{name.split()[0].lower()}{number}.{mark}@team.example"
    made = api.post("/users", {"name": name, "email": email, "password": _PASSWORD, "role": "agent"})
    return Person(made["id"], name, email)


def _dispose(app: Any) -> None:
    from ramal.database.session import db

    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
