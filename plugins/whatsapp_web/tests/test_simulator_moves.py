"""Credentials that travel between simulators, and many numbers at one."""

from __future__ import annotations

import itertools
from typing import Any

from ramal_whatsapp_web.testing import NUMBER, Callback, PhoneNetwork, WahaSimulator
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback


def create(simulator: WahaSimulator, name: str = "default", **config: Any) -> dict[str, Any]:
    answer = simulator.call("POST", "/api/sessions", json={"name": name, "config": config})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_session_moves_to_another_simulator_and_stays_linked() -> None:
    network = PhoneNetwork()
    with WahaSimulator(network=network, start_delay=0.01) as old, WahaSimulator(network=network) as new:
        network.clock.start()
        old.link()
        key = old.person_writes(number="5511900000002", body="Antes da mudança")
        state = old.call("GET", "/api/sessions/default/state").content
        old.call("POST", "/api/sessions/default/stop")
        create(new, "moved")
        assert new.call("PUT", "/api/sessions/moved/state", content=state).status_code == 422
        new.call("POST", "/api/sessions/moved/stop")
        assert new.call("PUT", "/api/sessions/moved/state", content=state).status_code == 200
        new.call("POST", "/api/sessions/moved/start")
        new.wait_status("moved", "WORKING")
        (message,) = new.call("GET", "/api/moved/chats/5511900000002@c.us/messages").json()
        assert message["id"].endswith(key)
        old.call("POST", "/api/sessions/default/start")
        old.wait_status("default", "WORKING")
        assert new.session("moved").data is not None
        assert new.session("moved").data["reason"] == "conflict"
    network.clock.stop()


def test_a_state_can_move_between_strangers(waha: WahaSimulator) -> None:
    waha.link()
    state = waha.call("GET", "/api/sessions/default/state").content
    with WahaSimulator(start_delay=0.01) as other:
        other.call("POST", "/api/sessions", json={"name": "moved", "start": False})
        assert other.call("PUT", "/api/sessions/moved/state", content=state).status_code == 200
        other.call("POST", "/api/sessions/moved/start")
        other.wait_status("moved", "WORKING")
        assert other.session("moved").me is not None
        assert other.session("moved").me["id"] == f"{NUMBER}@c.us"


def test_a_state_that_is_none_is_refused(waha: WahaSimulator) -> None:
    waha.call("POST", "/api/sessions", json={"name": "default", "start": False})
    assert waha.call("GET", "/api/sessions/default/state").status_code == 422
    for content in (b"", b"nonsense", b"[]", b'{"format": "another"}'):
        assert waha.call("PUT", "/api/sessions/default/state", content=content).status_code == 400


def test_many_numbers_at_once(waha: WahaSimulator, waha_callback: Callback) -> None:
    names = [f"s{index}" for index in range(12)]
    for index, name in enumerate(names):
        waha.link(name, f"55119100000{index:02}", webhook=waha_callback.url)
    for index, name in itertools.product(range(3), names):
        waha.person_writes(to=name, number="5511900000002", body=f"{name} {index}")
    waha_callback.wait("message.any", 36)
    for name in names:
        bodies = [item["body"] for item in waha_callback.payloads("message.any", name)]
        assert bodies == [f"{name} {index}" for index in range(3)]
