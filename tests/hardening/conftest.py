"""An application with every plugin, each enabled: what holds for all routes is tried on all routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from ramal.app import create_app
from ramal.config import Settings
from ramal.database.provision import RoleUrls
from ramal.database.session import db
from ramal.plugins.lifecycle import upgrade_all
from ramal.plugins.services import enable_plugin
from ramal.testing.client import IsolatedClient
from ramal.testing.factories import TestOrganization
from ramal.testing.services import SharedServer, worker_name

# Whole fixtures rather than `ramal_plugins`: a session's fixture is made once, for whoever asks first.


@pytest.fixture(scope="session")
def postgres_urls(ramal_server: SharedServer) -> Iterator[RoleUrls]:
    name = f"everything_{worker_name()}"
    yield ramal_server.copy_of_template("everything", _install, name)
    ramal_server.drop(name)


def _install(urls: RoleUrls) -> None:
    for _line in upgrade_all(urls.owner_url, Settings()):
        pass


@pytest.fixture(scope="session")
def ramal_settings(postgres_urls: RoleUrls, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("everything"),
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("tests only: a long text that nobody else knows",),
        public_url="http://localhost",
        locale="en",
        plugins=None,
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
def enabled(app: Flask, organization: TestOrganization) -> TestOrganization:
    """The organization has every plugin."""
    records = app.extensions["ramal.plugins"].records
    for name in records:
        enable_plugin(name)
    return organization


@pytest.fixture
def browser(
    client: FlaskClient, login: Callable[..., FlaskClient], enabled: TestOrganization, admin: Any
) -> FlaskClient:
    """A browser in which the administrator is logged in."""
    return login(client, admin)
