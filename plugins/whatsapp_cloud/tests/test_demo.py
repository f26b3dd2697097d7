"""The demo: a number at the simulator, messages of earlier, and customers who live there."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ramal.api import DemoContext, InboundMessage
from ramal_whatsapp_cloud import demo as demo_module
from ramal_whatsapp_cloud.settings import WhatsAppCloudSettings
from ramal_whatsapp_cloud.testing import GraphSimulator

from .conftest import Callback
from .helpers import parse, web

CHANNEL = uuid.UUID(int=7)


class Seeding:
    """What the core lends to ``seed_demo``, remembering what was asked."""

    def __init__(self, callback: Callback) -> None:
        with GraphSimulator() as probe:
            self.url = probe.url
        self.connected: list[tuple[str, str, Mapping[str, Any]]] = []
        self.ingested: list[tuple[uuid.UUID, bytes, str]] = []
        base_url = "http://127.0.0.1:9"  # the port of an earlier start
        self.context = DemoContext(uuid.uuid4(), (), base_url, self._connect, lambda name: self.url)

    def _connect(self, kind: str, name: str, settings: Mapping[str, Any]) -> uuid.UUID:
        self.connected.append((kind, name, settings))
        return CHANNEL

    def ingest(self, channel_id: uuid.UUID, raw: bytes, key: str) -> None:
        self.ingested.append((channel_id, raw, key))


@pytest.fixture
def seeding(callback: Callback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seeding:
    seeding = Seeding(callback)
    monkeypatch.setenv("RAMAL_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(demo_module, "ingest", seeding.ingest)
    demo_module.seed(seeding.context)
    return seeding


def test_a_number_is_connected_to_the_simulator(seeding: Seeding) -> None:
    ((kind, _name, settings),) = seeding.connected
    assert kind == "whatsapp_cloud"
    assert WhatsAppCloudSettings().load(settings)["api_base_url"] == seeding.url


def test_earlier_messages_are_read_as_any_other(seeding: Seeding) -> None:
    for channel_id, raw, key in seeding.ingested:
        (item,) = parse(json.loads(raw))
        assert isinstance(item, InboundMessage)
        assert (channel_id, item.provider_id) == (CHANNEL, key)
    assert len(seeding.ingested) == 3


def test_customers_write_as_soon_as_the_service_runs(
    seeding: Seeding, callback: Callback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMAL_PORT", str(urlsplit(callback.url).port))
    stop = threading.Event()
    service = threading.Thread(target=demo_module.run_simulator, args=(stop,))
    service.start()
    try:
        callback.wait("messages", 1)
        state = web.get(f"{seeding.url}/_sim/configure").json()
        assert state["account"]["callback_url"].endswith(f"/webhooks/whatsapp_cloud/{CHANNEL}")
    finally:
        stop.set()
        service.join(20)
    assert not service.is_alive()


def test_without_a_demo_the_service_just_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMAL_DATA_DIR", str(tmp_path))
    stop = threading.Event()
    stop.set()
    demo_module.run_simulator(stop)
    assert list(tmp_path.rglob("*.jsonl")) == []
