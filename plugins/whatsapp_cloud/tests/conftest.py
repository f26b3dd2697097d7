"""Fixtures of the plugin's tests: the simulator, a client for it, and a callback that remembers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from ramal.api import ChannelContext, HttpClient
from ramal_whatsapp_cloud.testing import GraphSimulator

from .helpers import context

pytest_plugins = ["ramal_whatsapp_cloud.testing.fixture"]


class Callback:
    """A webhook endpoint: keeps every body with its headers, answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        self.verify_token = "simulated-verify-token"
        self.changed = threading.Condition()
        self._server = make_server("127.0.0.1", 0, Request.application(self._answer), threaded=True)
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
