"""An application with this plugin alone, on a database of its own, and a number at the simulator."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ramal.api import HttpClient
from ramal.app import create_app
from ramal.config import Settings
from ramal.database.provision import RoleUrls
from ramal.database.session import db
from ramal.plugins.lifecycle import upgrade_all
from ramal.plugins.services import enable_plugin
from ramal.testing.client import IsolatedClient, JsonClient
from ramal.testing.factories import Member, TestOrganization
from ramal.testing.services import SharedServer, worker_name
from ramal_whatsapp_web.testing import WahaSimulator

from .pairing import Pairing
from .shop import Shop


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


@contextlib.contextmanager
def serving(server: BaseWSGIServer) -> Iterator[str]:
    """Serve in a thread of its own; the base URL."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def postgres_urls(ramal_server: SharedServer) -> Iterator[RoleUrls]:
    name = f"web_{worker_name()}"
    yield ramal_server.copy_of_template("whatsapp_web", _install, name)
    ramal_server.drop(name)


def _install(urls: RoleUrls) -> None:
    for _line in upgrade_all(urls.owner_url, Settings(plugins=("whatsapp_web",))):
        pass


@pytest.fixture(scope="session")
def ramal_settings(postgres_urls: RoleUrls, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("web"),
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("tests only: a long text that nobody else knows",),
        public_url="http://localhost",
        locale="en",
        plugins=("whatsapp_web",),
        strict_plugins=True,
    )


@pytest.fixture(scope="session")
def ramal_app(ramal_settings: Settings) -> Iterator[Flask]:
    app = create_app(ramal_settings)
    app.test_client_class = IsolatedClient
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def owner_engine(postgres_urls: RoleUrls) -> Iterator[Engine]:
    engine = create_engine(postgres_urls.owner_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def waha() -> Iterator[WahaSimulator]:
    """A running simulator with quick states, acks and repeats."""
    with WahaSimulator(start_delay=0.01, ack_delay=0.01, retry_delay=0.02) as simulator:
        yield simulator


@pytest.fixture
def allowed(app: Flask, waha: WahaSimulator) -> Iterator[HttpClient]:
    """The application may call the simulator."""
    client = app.extensions["ramal.http_client"] = HttpClient(allow=(urlsplit(waha.url).netloc,))
    yield client
    app.extensions.pop("ramal.http_client").close()


@pytest.fixture
def shop(
    app: Flask,
    organization: TestOrganization,
    agent: Member,
    api: Callable[[Member], JsonClient],
    waha: WahaSimulator,
    allowed: HttpClient,
) -> Iterator[Shop]:
    """A connected number, its webhooks over real HTTP, and an agent at the API."""
    with serving(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as url:
        made = Shop.connect(waha, api(agent), url)
        yield made
        made.close()


@pytest.fixture
def enabled(organization: TestOrganization) -> TestOrganization:
    """The organization has the plugin."""
    enable_plugin("whatsapp_web")
    return organization


@pytest.fixture
def desk(api: Callable[[Member], JsonClient], enabled: TestOrganization) -> JsonClient:
    """The API as the administrator."""
    return api(enabled.admin)


@pytest.fixture
def clerk(api: Callable[[Member], JsonClient], enabled: TestOrganization) -> JsonClient:
    """The API as an agent."""
    return api(enabled.agent)


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The application at an address where providers reach it."""
    before = app.extensions["ramal.settings"]
    with serving(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as url:
        app.extensions["ramal.settings"] = replace(before, public_url=url)
        yield url
        app.extensions["ramal.settings"] = before


@pytest.fixture
def pairing(app: Flask, desk: JsonClient, waha: WahaSimulator, allowed: HttpClient, served: str) -> Iterator[Pairing]:
    """A number to be connected, and the worker's loops around it."""
    made = Pairing(app, desk, waha)
    yield made
    made.close()
