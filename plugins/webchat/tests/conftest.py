"""A connected site and a visitor's visitor."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import uuid
from typing import Any

import pytest

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
    return json.dumps(data).encode()
