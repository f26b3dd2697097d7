"""A provider that is away, slow or not itself; and one in a hurry."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ramal_whatsapp_web.testing import EVENTS, NUMBER, Callback, Failure, ManualClock, WahaSimulator
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback

ANA, BETO = "5511900000002", "5511900000003"
CHAT = f"{ANA}@c.us"
KEY = "secret"


@pytest.fixture
def linked(waha: WahaSimulator, waha_callback: Callback) -> WahaSimulator:
    waha.link(webhook=waha_callback.url, hmac_key=KEY)
    waha.person(ANA, name="Ana Fictícia")
    waha_callback.wait("session.status", 2)
    return waha


def send(simulator: WahaSimulator, text: str = "Oi", **body: Any) -> httpx2.Response:
    return simulator.call("POST", "/api/sendText", json={"session": "default", "chatId": CHAT, "text": text, **body})


def bodies(callback: Callback) -> list[str]:
    return [payload["body"] for payload in callback.payloads("message.any")]


def history(simulator: WahaSimulator) -> list[str]:
    items = simulator.call("GET", f"/api/default/chats/{CHAT}/messages?limit=1000&sortOrder=asc").json()
    return [item["body"] for item in items]


# --- a provider that is away, slow, or not itself -----------------------------------------------------------


@pytest.mark.parametrize("replay", [False, True])
def test_people_go_on_writing_while_the_provider_is_down(
    linked: WahaSimulator, waha_callback: Callback, replay: bool
) -> None:
    linked.configure(replay_offline=replay)
    linked.person_writes(number=ANA, body="Antes")
    waha_callback.wait("message.any")
    linked.go_down()
    with pytest.raises(httpx2.TransportError):
        linked.call("GET", "/api/sessions")
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{linked.url}/ping")
    for index in range(3):
        linked.person_writes(number=ANA, body=str(index))
    linked.come_up()
    linked.wait_status("default", "WORKING")
    assert history(linked) == ["Antes", "0", "1", "2"]
    assert linked.wait_idle()
    assert bodies(waha_callback) == (["Antes", "0", "1", "2"] if replay else ["Antes"])


def test_it_comes_back_by_itself_and_forgets_waiting_webhooks(linked: WahaSimulator, waha_callback: Callback) -> None:
    waha_callback.answers = [500] * 1000
    linked.person_writes(number=ANA, body="Oi")
    linked.go_down(0.05)
    linked.wait_status("default", "WORKING")
    waha_callback.answers = []
    assert linked.wait_idle()
    assert (bodies(waha_callback), history(linked)) == ([], ["Oi"])


def test_messages_wait_while_a_session_is_stopped(linked: WahaSimulator) -> None:
    linked.call("POST", "/api/sessions/default/stop")
    key = linked.person_writes(number=ANA, body="Ola")
    linked.person_writes(number=ANA, kind="edit", target=key, body="Olá")
    linked.call("POST", "/api/sessions/default/start")
    linked.wait_status("default", "WORKING")
    assert history(linked) == ["Olá"]


def test_failures_by_kind_count_and_rate(linked: WahaSimulator) -> None:
    linked.fail("error", status=429, message="rate-overlimit", count=1)
    refused = send(linked)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["message"] == "rate-overlimit"
    linked.fail("html", on="any", status=502, count=1)
    page = linked.call("GET", "/api/sessions/default")
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html")
    linked.configure(failures=[{"kind": "error", "rate": 0.5}], seed=1)
    statuses = [send(linked).status_code for _ in range(30)]
    assert set(statuses) == {201, 500}
    assert len(linked.ledger()) == statuses.count(201)


def test_a_call_cut_before_or_after_it_took_effect(linked: WahaSimulator) -> None:
    for kind, count in (("drop_before", 0), ("drop_after", 1)):
        linked.configure(failures=[{"kind": kind, "count": 1}])
        with pytest.raises(httpx2.TransportError):
            send(linked)
        assert len(linked.ledger()) == count
    assert linked.screen(ANA)[0]["text"] == "Oi"


def test_failures_of_one_session_chat_or_family(linked: WahaSimulator) -> None:
    linked.person(BETO)
    linked.link("other", "5511900000009")
    linked.configure(failures=[{"kind": "error", "session": "other"}, {"kind": "error", "chat": f"{BETO}@c.us"}])
    assert send(linked).status_code == 201
    assert send(linked, session="other").status_code == 500
    assert send(linked, chatId=f"{BETO}@c.us").status_code == 500
    for on, path in (
        ("session", "/api/sessions"),
        ("read", "/api/default/chats/overview"),
        ("contacts", "/api/default/lids"),
        ("media", "/api/files/default/x.jpeg"),
        ("auth", "/api/default/auth/qr"),
    ):
        linked.configure(failures=[Failure("error", on=on, status=503)])  # type: ignore[arg-type]
        assert linked.call("GET", path).status_code == 503
        assert send(linked).status_code == 201
    with pytest.raises(KeyError):
        linked.configure(nonsense=1)


def test_slowness_is_measured_on_the_clock() -> None:
    waited: list[float] = []

    class Patient(ManualClock):
        def sleep(self, seconds: float) -> None:
            waited.append(seconds)

    with WahaSimulator(clock=Patient(), latency=2.0, answer_latency=3.0) as simulator:
        simulator.fail("slow", on="any", seconds=30.0)
        simulator.call("GET", "/api/sessions")
        simulator.configure(fast=True, failures=[])
        simulator.call("GET", "/api/sessions")
    assert waited == [2.0, 30.0, 3.0, 0.0, 0.0]


def test_restricted_accounts_write_only_to_known_chats(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person_writes(number=BETO, body="Oi")
    linked.trouble.restrict(seconds=3600)
    assert send(linked, chatId=f"{BETO}@c.us").status_code == 201
    refused = send(linked)
    assert (refused.status_code, refused.json()["exception"]["details"]) == (500, "server returned error 463")
    told = waha_callback.wait("session.status", 3)[-1]
    assert (told["status"], told["data"]["reachoutTimelock"]["isActive"]) == ("WORKING", True)
    assert linked.call("GET", "/api/sessions/default/me").json()["reachoutTimelock"]["isActive"]
    linked.trouble.restrict(seconds=None)
    assert send(linked).status_code == 201


# --- fast mode ----------------------------------------------------------------------------------------------


@pytest.fixture
def fast(waha_callback: Callback) -> Iterator[WahaSimulator]:
    with WahaSimulator(fast=True, seed=11, webhook_delay=5.0, start_delay=5.0, ack_delay=5.0) as simulator:
        yield simulator


def test_fast_mode_waits_for_nothing_and_keeps_order(fast: WahaSimulator, waha_callback: Callback) -> None:
    names = [f"s{index}" for index in range(10)]
    for index, name in enumerate(names):
        fast.link(name, f"55119100000{index:02}", webhook=waha_callback.url, events=["message.any"])
    fast.configure(duplicate_rate=0.1)
    for index, name in itertools.product(range(200), names):
        fast.person_writes(to=name, number=ANA, body=f"{name} {index}")
    assert fast.wait_idle(60)
    for name in names:
        found = [payload["body"] for payload in waha_callback.payloads("message.any", name)]
        once = list(dict.fromkeys(found))
        assert once == [f"{name} {index}" for index in range(200)]
        assert len(found) > len(once)


def test_the_standard_subscription_holds_each_message_once() -> None:
    assert "message" not in EVENTS
    assert "message.any" in EVENTS


def test_one_account_is_made_once(waha: WahaSimulator) -> None:
    assert waha.network.account(NUMBER) is waha.network.account(f"+{NUMBER}")
    with pytest.raises(KeyError, match="no linked number"):
        waha.person_writes(number=ANA)
