"""Fixtures around a running application: for the core's tests and for plugin authors'.

Each process has its own database and Redis; every test starts with them empty. ``organization``
has an ``admin`` and an ``agent``; ``api(user)`` speaks JSON as that user, ``login(client, user)``
is a browser's login. Rows are made with ``make`` in the organization that is in use.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import URL, Engine

    from ramal.config import Settings
    from ramal.database.provision import RoleUrls
    from ramal.testing.client import JsonClient
    from ramal.testing.factories import Factory, Member, TestOrganization
    from ramal.testing.installation import Installation
    from ramal.testing.services import SharedServer, TemplateBuilder

#: Emptied before each test; all rows of an organization go with it.
_ROOTS = ('"organization"', '"user"', "login_throttle")


@pytest.fixture(scope="session")
def ramal_plugins() -> tuple[str, ...] | None:
    """Names of the plugins to load; None = all that are installed. Override it in a conftest."""
    return None


@pytest.fixture(scope="session")
def ramal_settings(
    postgres_urls: RoleUrls,
    redis_url: str,
    ramal_plugins: tuple[str, ...] | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """Settings of the application under test, which speaks English, the language of our own texts."""
    from ramal.config import Settings

    return Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("tests only: a long text that nobody else knows",),
        public_url="http://localhost",
        locale="en",
        plugins=ramal_plugins,
        strict_plugins=True,
    )


@pytest.fixture(scope="session")
def ramal_app(ramal_settings: Settings) -> Iterator[Flask]:
    """The application of this process, made once. Tests ask for ``app``."""
    from ramal.app import create_app
    from ramal.database.session import db
    from ramal.testing.client import IsolatedClient

    app = create_app(ramal_settings)
    app.test_client_class = IsolatedClient
    app.config["TESTING"] = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def owner_engine(postgres_urls: RoleUrls) -> Iterator[Engine]:
    """The database as its owner sees it: every organization's rows, for a test's own look."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(postgres_urls.owner_url, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def clean_database(owner_engine: Engine, ramal_app: Flask) -> None:
    """Start with no organization, no user, and an empty Redis."""
    empty_database_and_redis(owner_engine, ramal_app)


@pytest.fixture
def app(ramal_app: Flask, clean_database: None) -> Iterator[Flask]:
    """The application, in a context of its own, on an empty database."""
    with ramal_app.app_context():
        yield ramal_app
        _leave_session()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a login."""
    return app.test_client()


@pytest.fixture
def organization(app: Flask) -> TestOrganization:
    """An organization with an admin and an agent, in use by the test's own session."""
    from ramal.database.session import use_organization
    from ramal.testing.factories import make_organization

    made = make_organization("Padaria Central")
    use_organization(made.id)
    return made


@pytest.fixture
def other_organization(app: Flask) -> TestOrganization:
    """Another organization, which must never see the first one's rows, nor the other way round."""
    from ramal.testing.factories import make_organization

    return make_organization("Oficina do Zé")


@pytest.fixture
def admin(organization: TestOrganization) -> Member:
    """The organization's administrator."""
    return organization.admin


@pytest.fixture
def agent(organization: TestOrganization) -> Member:
    """An agent of the organization."""
    return organization.agent


@pytest.fixture
def api(app: Flask) -> Callable[[Member], JsonClient]:
    """``api(user).get("/conversations")``: JSON under ``/api/v1`` with the user's access token."""
    from ramal.testing.client import JsonClient

    return lambda user: JsonClient(app, user)


@pytest.fixture
def login(app: Flask) -> Callable[[FlaskClient, Member], FlaskClient]:
    """``login(client, user)``: give a browser the cookies of a login."""
    from ramal.testing.client import login_cookies

    return lambda client, user: login_cookies(app, client, user)


@pytest.fixture
def make(organization: TestOrganization) -> Factory:
    """Rows of the organization: ``make.channel()``, ``make.conversation()``, ``make.message()``."""
    from ramal.testing.factories import Factory

    return Factory()


@pytest.fixture
def acting_for(app: Flask) -> Callable[[uuid.UUID], contextlib.AbstractContextManager[None]]:
    """``with acting_for(organization.id): …``: the test's own session serves another organization."""
    return _acting_for


@contextlib.contextmanager
def _acting_for(organization_id: uuid.UUID) -> Iterator[None]:
    from ramal.database.session import db, organization_id_or_none, use_organization

    before = organization_id_or_none()
    _leave_session()
    use_organization(organization_id)
    try:
        yield
    finally:
        db.session.rollback()
        use_organization(before)


def _leave_session() -> None:
    from ramal.database.session import db

    session = db.session()
    session.info.pop("hook_depth", None)
    session.rollback()


def _delete_all(owner_url: URL) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    from ramal.testing.services import lasting_engine

    engine = lasting_engine(owner_url)
    for attempts_left in (2, 1, 0):
        try:
            with engine.begin() as connection:
                for table in _ROOTS:
                    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 (our own names)
        except OperationalError:  # a thread of the test before wrote at the same moment: a deadlock
            if not attempts_left:
                raise
        else:
            return


def empty_database_and_redis(engine: Engine, app: Flask) -> None:
    """Remove every organization (all its rows go with it) and user, and what Redis holds."""
    import redis

    _delete_all(engine.url)
    settings: Settings = app.extensions["ramal.settings"]
    if settings.redis_url:
        with redis.Redis.from_url(settings.redis_url) as link:
            link.flushall()


@pytest.fixture(scope="session")
def installation(
    ramal_server: SharedServer,
    ramal_template_builder: TemplateBuilder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """A running installation with every installed plugin, on a database of its own; one for each process.

    Tests share it: each makes an organization of its own with ``installation.team()``.
    """
    from ramal.embedded import start
    from ramal.testing.installation import Installation
    from ramal.testing.services import worker_name

    name = f"installation_{worker_name()}"
    folder = tmp_path_factory.mktemp("installation")
    urls = ramal_server.copy_of_template("ramal", ramal_template_builder, name)
    with start(folder / "servers", postgres=False) as services:
        made = Installation(urls, services.redis_url, folder)
        made.prepare()
        try:
            yield made.start()
        finally:
            made.stop()
    ramal_server.drop(name)
