"""An application with this plugin alone, and the API as an administrator and as an agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from ramal.app import create_app
from ramal.config import Settings
from ramal.database.provision import RoleUrls
from ramal.database.session import db
from ramal.pipeline.worker.jobs import run_due_jobs
from ramal.plugins.lifecycle import upgrade_all
from ramal.plugins.services import enable_plugin
from ramal.testing.client import IsolatedClient, JsonClient
from ramal.testing.services import SharedServer, worker_name


@pytest.fixture
def enabled(organization: Any) -> Any:
    """The organization has the plugin."""
    enable_plugin("crm")
    return organization


@pytest.fixture
def desk(api: Callable[[Any], JsonClient], enabled: Any, admin: Any) -> JsonClient:
    """The API as the administrator."""
    return api(admin)


@pytest.fixture
def clerk(api: Callable[[Any], JsonClient], enabled: Any, agent: Any) -> JsonClient:
    """The API as an agent."""
    return api(agent)


@pytest.fixture
def work(app: Flask) -> Callable[[], None]:
    """Run the background jobs that are due, until there are none."""

    def until_quiet() -> None:
        while run_due_jobs(app):
            pass

    return until_quiet


# --- an application with this plugin alone, on a database of its own ------------------------------------
# Whole fixtures rather than `ramal_plugins`: one run holds the core's tests too, and a session's fixture is
# made once, for whoever asks first.


@pytest.fixture(scope="session")
def postgres_urls(ramal_server: SharedServer) -> Iterator[RoleUrls]:
    name = f"crm_{worker_name()}"
    yield ramal_server.copy_of_template("crm", _install, name)
    ramal_server.drop(name)


def _install(urls: RoleUrls) -> None:
    for _line in upgrade_all(urls.owner_url, Settings(plugins=("crm",))):
        pass


@pytest.fixture(scope="session")
def ramal_settings(postgres_urls: RoleUrls, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("crm"),
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("tests only: a long text that nobody else knows",),
        public_url="http://localhost",
        locale="en",
        plugins=("crm",),
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
