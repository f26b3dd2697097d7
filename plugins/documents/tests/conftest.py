"""An application with this plugin alone, an issuing account, and what a boleto is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
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
from ramal_documents import dates

from .agreements import TEMPLATE, values
from .orders import ACCOUNT, PAYER, in_days
from .spreadsheets import upload


@pytest.fixture
def enabled(organization: Any) -> Any:
    """The organization has the plugin."""
    enable_plugin("documents")
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
def account(desk: JsonClient) -> dict[str, Any]:
    """An issuing account."""
    answer = desk.post("/documents/accounts", ACCOUNT)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture
def order(account: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """The body of a boleto, with changes."""

    def body(**changes: Any) -> dict[str, Any]:
        values = {
            "account_id": account["id"],
            "amount": "123.45",
            "due_date": in_days(30).isoformat(),
            "document_number": "2026-118",
            "payer": PAYER,
        }
        return {**values, **changes}

    return body


@pytest.fixture
def issue(desk: JsonClient, order: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Issue a boleto."""

    def made(**changes: Any) -> dict[str, Any]:
        answer = desk.post("/documents/generate-boleto", order(**changes))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    return made


@pytest.fixture
def template(desk: JsonClient) -> dict[str, Any]:
    """A template of a contract with instalments."""
    answer = desk.post("/documents/contract-templates", TEMPLATE)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture
def contract(desk: JsonClient, template: dict[str, Any]) -> dict[str, Any]:
    """An issued contract without boletos."""
    answer = desk.post("/documents/generate-contract", {"template_id": template["id"], "values": values()})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the calendar; the clock, by which logins end, stays."""

    def day(text: str) -> None:
        monkeypatch.setattr(dates, "today", lambda: date.fromisoformat(text))

    return day


@pytest.fixture
def work(app: Flask) -> Callable[[], None]:
    """Do all that waits in the background, and what that leaves to be done."""

    def until_quiet() -> None:
        while run_due_jobs(app):
            pass

    return until_quiet


@pytest.fixture
def uploaded(desk: JsonClient, account: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Upload a table."""

    def made(data: bytes, filename: str = "mensalidades.csv", **more: str) -> dict[str, Any]:
        body = upload(data, account, filename, **more)
        answer = desk.post("/documents/batches", data=body, content_type="multipart/form-data")
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    return made


@pytest.fixture
def checked(
    desk: JsonClient, uploaded: Callable[..., dict[str, Any]], work: Callable[[], None]
) -> Callable[..., dict[str, Any]]:
    """Upload a table and wait for its dry run."""

    def made(data: bytes, filename: str = "mensalidades.csv", **more: str) -> dict[str, Any]:
        batch = uploaded(data, filename, **more)
        work()
        found: dict[str, Any] = desk.get(f"/documents/batches/{batch['id']}").json
        return found

    return made


# --- an application with this plugin alone, on a database of its own ------------------------------------
# Whole fixtures rather than `ramal_plugins`: one run holds the core's tests too, and a session's fixture is
# made once, for whoever asks first.


@pytest.fixture(scope="session")
def postgres_urls(ramal_server: SharedServer) -> Iterator[RoleUrls]:
    name = f"documents_{worker_name()}"
    yield ramal_server.copy_of_template("documents", _install, name)
    ramal_server.drop(name)


def _install(urls: RoleUrls) -> None:
    for _line in upgrade_all(urls.owner_url, Settings(plugins=("documents",))):
        pass


@pytest.fixture(scope="session")
def ramal_settings(postgres_urls: RoleUrls, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("documents"),
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("tests only: a long text that nobody else knows",),
        public_url="http://localhost",
        locale="en",
        plugins=("documents",),
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
