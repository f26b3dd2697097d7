"""A connected site and a visitor's visitor."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from ramal.app import create_app
from ramal.config import Settings
from ramal.database.provision import RoleUrls
from ramal.database.session import db
from ramal.plugins.lifecycle import upgrade_all
from ramal.testing.client import IsolatedClient
from ramal.testing.services import SharedServer, worker_name

SITE = "https://loja.example"
SECRET = "segredo-da-loja"


class Browser:
    """A visitor's browser on the site: bearer token, no cookies."""

    def __init__(self, app: Any, channel_id: uuid.UUID, origin: str | None = SITE) -> None:
        self._client = app.test_client()
        self._base = f"/api/v1/webchat/{channel_id}"
        self._headers = {"Origin": origin} if origin else {}

    def start(self, **payload: Any) -> Any:
        """Start a session and keep its token."""
        answer = self.post("session", **payload)
        if answer.status_code == 200:
            self._headers["Authorization"] = f"Bearer {answer.json['token']}"
        return answer

    def post(self, path: str, **payload: Any) -> Any:
        return self._client.post(f"{self._base}/{path}", json=payload, headers=self._headers)

    def get(self, path: str) -> Any:
        return self._client.get(f"{self._base}/{path}", headers=self._headers)

    def options(self, path: str) -> Any:
        return self._client.options(f"{self._base}/{path}", headers=self._headers)

    def upload(self, data: bytes, filename: str, mime_type: str) -> Any:
        form = {"file": (io.BytesIO(data), filename, mime_type)}
        return self._client.post(f"{self._base}/files", data=form, headers=self._headers)

    def write(self, body: str, **more: Any) -> Any:
        return self.post("messages", client_id=str(uuid.uuid4()), body=body, **more)

    def history(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("messages").json["items"]
        return items


def identity(person: str, secret: str = SECRET) -> dict[str, str]:
    """What the site's server vouches for."""
    digest = hmac.new(secret.encode(), person.encode(), hashlib.sha256).hexdigest()
    return {"id": person, "name": "Joana Prado", "hash": digest}


@pytest.fixture
def channel(organization: Any) -> Any:
    """A connected site."""
    from ramal.channels.services import connect_channel
    from ramal.plugins.services import enable_plugin

    enable_plugin("webchat")
    settings = {"allowed_origins": [SITE], "identity_secret": SECRET, "greeting": "Olá!"}
    return connect_channel("webchat", "Loja", settings)


@pytest.fixture
def visitor(app: Any, channel: Any) -> Browser:
    """A new visitor's visitor."""
    return Browser(app, channel.id)


@pytest.fixture
def work(app: Any) -> Any:
    """Let the worker's steps run until nothing is left in the journal."""
    from ramal.pipeline.inbound import drain_once

    def run() -> None:
        while drain_once():
            pass

    return run


def raw(**data: Any) -> bytes:
    """A journal row's body."""
    return json.dumps({"items": [data]}).encode()


# --- an application with this plugin alone, on a database of its own ------------------------------------
# Whole fixtures rather than `ramal_plugins`: one run holds the core's tests too, and a session's fixture is
# made once, for whoever asks first.


@pytest.fixture(scope="session")
def postgres_urls(ramal_server: SharedServer) -> Iterator[RoleUrls]:
    name = f"webchat_{worker_name()}"
    yield ramal_server.copy_of_template("webchat", _install, name)
    ramal_server.drop(name)


def _install(urls: RoleUrls) -> None:
    for _line in upgrade_all(urls.owner_url, Settings(plugins=("webchat",))):
        pass


@pytest.fixture(scope="session")
def ramal_settings(postgres_urls: RoleUrls, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("webchat"),
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("tests only: a long text that nobody else knows",),
        public_url="http://localhost",
        locale="en",
        plugins=("webchat",),
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
