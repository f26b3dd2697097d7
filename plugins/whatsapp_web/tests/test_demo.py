"""The demo: a paired phone at the simulator, messages of earlier, and customers who live there."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from ramal.api import DemoContext, HttpClient, channel_context
from ramal.channels.services import connect_channel
from ramal.pipeline.inbound import drain_once
from ramal.testing.factories import TestOrganization
from ramal.testing.waiting import wait_for
from ramal_whatsapp_web import demo as demo_module
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.services import driving
from ramal_whatsapp_web.testing import WahaSimulator


class Demo:
    """What the core lends to ``seed_demo``."""

    def __init__(self, organization_id: uuid.UUID) -> None:
        with WahaSimulator() as probe:
            self.url = probe.url
        self.context = DemoContext(organization_id, (), "http://127.0.0.1:9", self._connect, lambda _name: self.url)
        self.channel_id = uuid.UUID(int=0)

    def _connect(self, kind: str, name: str, settings: object) -> uuid.UUID:
        assert isinstance(settings, dict)
        self.channel_id = connect_channel(kind, name, settings).id
        return self.channel_id


@pytest.fixture
def demo(app: Flask, organization: TestOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    monkeypatch.setenv("RAMAL_DATA_DIR", str(tmp_path))
    made = Demo(organization.id)
    demo_module.seed(made.context)
    return made


def test_earlier_messages_are_read_as_any_other(demo: Demo, owner_engine: Engine) -> None:
    while drain_once():
        pass
    with owner_engine.connect() as connection:
        bodies = connection.execute(text("select body from message order by sent_at")).scalars().all()
    assert bodies == [line for _number, _name, lines in demo_module.EARLIER for _minutes, line in lines]


def test_the_phone_stays_paired_and_customers_write(
    demo: Demo, app: Flask, served: str, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMAL_PORT", str(urlsplit(served).port))
    app.extensions["ramal.http_client"] = HttpClient(allow=(urlsplit(demo.url).netloc,))
    stop = threading.Event()
    service = threading.Thread(target=demo_module.run_simulator, args=(stop,))
    service.start()
    try:
        with owner_engine.connect() as connection:
            (session_id,) = connection.execute(text("select id from plugin_whatsapp_web.session")).one()

        def living() -> bool:
            driving.drive(str(session_id))
            drain_once()
            with owner_engine.connect() as connection:
                return bool(connection.execute(text("select 1 from contact where name = 'Renata Inventada'")).first())

        wait_for(living, "a living customer", timeout=30, pause=0.2)
        status = driver_of(channel_context(demo.channel_id)).status()
        assert status.me is not None
        assert status.me.number == demo_module.NUMBER
    finally:
        stop.set()
        service.join(20)
        app.extensions.pop("ramal.http_client").close()
    assert not service.is_alive()


def test_without_a_demo_the_service_just_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMAL_DATA_DIR", str(tmp_path))
    stop = threading.Event()
    stop.set()
    demo_module.run_simulator(stop)
    assert list(tmp_path.rglob("*.json*")) == []
