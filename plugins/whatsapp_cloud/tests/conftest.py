"""Fixtures of the plugin's tests: the simulator, a client for it, and a callback that remembers."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from ramal.api import ChannelContext, HttpClient
from ramal.app import create_app
from ramal.config import Settings
from ramal.database.provision import RoleUrls
from ramal.database.session import db
from ramal.plugins.lifecycle import upgrade_all
from ramal.testing.services import SharedServer, worker_name
from ramal_whatsapp_cloud.testing import GraphSimulator
from ramal_whatsapp_cloud.testing.fixture import graph_simulator as graph_simulator

from .helpers import context


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


class Callback:
    """A webhook endpoint: keeps every body with its headers, answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        self.verify_token = "simulated-verify-token"
        self.changed = threading.Condition()
        self._server = make_server(
            "127.0.0.1", 0, Request.application(self._answer), threaded=True, request_handler=Quiet
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def _answer(self, request: Request) -> Response:
        if request.method == "GET":
            known = request.args.get("hub.verify_token") == self.verify_token
            return Response(request.args["hub.challenge"] if known else "", 200 if known else 403)
        with self.changed:
            status = self.answers.pop(0) if self.answers else 200
            if status == 200:
                signature = request.headers.get("X-Hub-Signature-256", "")
                self.received.append((request.get_data(), signature))
            self.changed.notify_all()
        return Response("ok", status)

    def values(self) -> list[dict[str, Any]]:
        """The ``value`` of every change received, in order."""
        bodies = [json.loads(body) for body, _signature in list(self.received)]
        return [change["value"] for body in bodies for entry in body["entry"] for change in entry["changes"]]

    def items(self, name: str) -> list[dict[str, Any]]:
        return [item for value in self.values() for item in value.get(name, ())]

    def wait(self, name: str, count: int) -> list[dict[str, Any]]:
        """The first ``count`` items of a list, as soon as they are there."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.items(name)) >= count, 20), self.values()
        return self.items(name)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def callback() -> Iterator[Callback]:
    listening = Callback()
    yield listening
    listening.close()


@pytest.fixture
def http(graph_simulator: GraphSimulator) -> HttpClient:
    """The guarded client, with the simulator's address as its only exception."""
    return HttpClient(allow=(urlsplit(graph_simulator.url).netloc,))


@pytest.fixture
def channel_context(graph_simulator: GraphSimulator, http: HttpClient) -> ChannelContext:
    return context(graph_simulator.settings(api_version="v26.0", throughput=80), http)


# --- an application with this plugin alone, on a database of its own ------------------------------------
# Whole fixtures rather than `ramal_plugins`: one run holds the core's tests too, and a session's fixture is
# made once, for whoever asks first.


@pytest.fixture(scope="session")
def postgres_urls(ramal_server: SharedServer) -> Iterator[RoleUrls]:
    name = f"cloud_{worker_name()}"
    yield ramal_server.copy_of_template("whatsapp_cloud", _install, name)
    ramal_server.drop(name)


def _install(urls: RoleUrls) -> None:
    for _line in upgrade_all(urls.owner_url, Settings(plugins=("whatsapp_cloud",))):
        pass


@pytest.fixture(scope="session")
def ramal_settings(postgres_urls: RoleUrls, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("cloud"),
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("tests only: a long text that nobody else knows",),
        plugins=("whatsapp_cloud",),
        strict_plugins=True,
    )


@pytest.fixture(scope="session")
def ramal_app(ramal_settings: Settings) -> Iterator[Flask]:
    app = create_app(ramal_settings)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def owner_engine(postgres_urls: RoleUrls) -> Iterator[Engine]:
    engine = create_engine(postgres_urls.owner_url, poolclass=NullPool)
    yield engine
    engine.dispose()
