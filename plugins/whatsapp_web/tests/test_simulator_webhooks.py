"""Webhooks of the simulator on good and bad days: signatures, repeats, order, loss, silence."""

from __future__ import annotations

import socket
from typing import Any

import httpx2
import pytest

from ramal_whatsapp_web.testing import Behaviour, Callback, WahaSimulator
from ramal_whatsapp_web.testing.courier import Target
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


# --- the envelope -----------------------------------------------------------------------------------------


def test_webhooks_are_signed_and_numbered(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person_writes(number=ANA, body="ação 😀")
    linked.person_writes(number=ANA, body="outra")
    waha_callback.wait("message.any", 2)
    first, second = waha_callback.received[-2:]
    assert first.signed_with(KEY)
    assert not first.signed_with("another")
    assert len(first.headers["x-webhook-hmac"]) == 128
    assert first.headers["x-webhook-hmac-algorithm"] == "sha512"
    assert int(first.headers["x-webhook-timestamp"]) >= first.body["timestamp"]
    assert first.headers["x-webhook-request-id"] != second.headers["x-webhook-request-id"]
    assert first.body["id"] != second.body["id"]
    assert "😀" in first.raw.decode()


def test_without_a_key_nothing_is_signed_and_headers_of_ones_own_come(
    waha: WahaSimulator, waha_callback: Callback
) -> None:
    hook = {"url": f"{waha_callback.url}?a=1", "events": ["*"], "customHeaders": [{"name": "X-Own", "value": "7"}]}
    waha.call("POST", "/api/sessions", json={"name": "default", "config": {"webhooks": [hook], "metadata": {"k": "v"}}})
    waha_callback.wait("session.status", 2)
    (received, *_rest) = waha_callback.received
    assert received.headers["x-own"] == "7"
    assert "x-webhook-hmac" not in received.headers
    assert received.body["metadata"] == {"k": "v"}
    assert received.body["me"] is None


# --- repeats and order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 404, 302])
def test_what_is_not_taken_comes_again(linked: WahaSimulator, waha_callback: Callback, status: int) -> None:
    waha_callback.answers = [status, status]
    linked.person_writes(number=ANA, body="Teimosa")
    waha_callback.wait("message.any")
    assert linked.wait_idle()
    attempts = [item for item in linked.world.courier.attempts if item.event == "message.any"]
    assert [(item.attempt, item.status) for item in attempts] == [(1, status), (2, status), (3, 200)]


def test_it_gives_up_and_the_history_keeps_it(waha: WahaSimulator, waha_callback: Callback) -> None:
    hook = {"url": waha_callback.url, "events": ["message.any"], "retries": {"attempts": 3}}
    waha.link()
    waha.session().config = {"webhooks": [hook]}
    waha_callback.answers = [500] * 3
    waha.person_writes(number=ANA, body="Perdida")
    waha.person_writes(number=ANA, body="Chega")
    waha_callback.wait("message.any")
    assert bodies(waha_callback) == ["Chega"]
    assert history(waha) == ["Perdida", "Chega"]
    assert waha.world.courier.lost == 1


@pytest.mark.parametrize(
    ("policy", "waits"),
    [("constant", [2, 2, 2]), ("linear", [2, 4, 6]), ("exponential", [2, 4, 8])],
)
def test_repeats_wait_as_configured(policy: str, waits: list[int]) -> None:
    retries = {"policy": policy, "delaySeconds": 2, "attempts": 5}
    target = Target.of({"url": "http://x", "events": ["message"], "retries": retries})
    assert target.attempts == 5
    found = [target.wait(attempt, Behaviour()) for attempt in (1, 2, 3)]
    assert found == pytest.approx(waits, rel=0.2)
    assert target.wait(3, Behaviour(retry_delay=0.5)) == 0.5


def test_an_absent_endpoint_gets_it_when_it_is_there(waha: WahaSimulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    waha.link(webhook=f"http://127.0.0.1:{port}/hook", events=["message.any"])
    waha.person_writes(number=ANA, body="Oi")
    assert not waha.world.courier.wait_idle(0.1)
    with Callback(port) as callback:
        callback.wait("message.any")
    assert "ConnectionRefusedError" in {item.error for item in waha.world.courier.attempts}


def test_an_address_that_is_none_is_given_up(waha: WahaSimulator) -> None:
    waha.link()
    hook = {"url": "gopher://x", "events": ["message.any"], "retries": {"attempts": 1}}
    waha.session().config = {"webhooks": [hook]}
    waha.person_writes(number=ANA, body="Oi")
    assert waha.wait_idle()
    assert waha.world.courier.attempts[-1].error == "ValueError"


def test_one_chat_stays_in_order_through_failures(linked: WahaSimulator, waha_callback: Callback) -> None:
    waha_callback.answers = [500, 200, 500, 500]
    for index in range(20):
        linked.person_writes(number=ANA, body=str(index))
    waha_callback.wait("message.any", 20)
    assert bodies(waha_callback) == [str(index) for index in range(20)]


def test_without_order_a_repeat_is_overtaken(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(ordered=False, retry_delay=1.0)
    waha_callback.answers = [500]
    linked.person_writes(number=ANA, body="primeira")
    while waha_callback.requests < 3:
        linked.wait_idle(0.01)
    linked.person_writes(number=ANA, body="segunda")
    waha_callback.wait("message.any", 2)
    assert bodies(waha_callback) == ["segunda", "primeira"]


def test_duplicates_on_command(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(duplicate_rate=1.0)
    linked.person_writes(number=ANA, body="Oi")
    waha_callback.wait("message.any", 2)
    first, second = waha_callback.received[-2:]
    assert first.raw == second.raw
    assert first.headers["x-webhook-request-id"] != second.headers["x-webhook-request-id"]


def test_one_message_under_two_ids_on_command(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(two_ids_rate=1.0)
    key = linked.person_writes(number=ANA, lid="200000000000007", known="both", body="Oi")
    linked.person_writes(number=BETO, body="Só por telefone")
    waha_callback.wait("message.any", 3)
    ids = {payload["id"] for payload in waha_callback.payloads("message.any") if payload["body"] == "Oi"}
    assert ids == {f"false_{CHAT}_{key}", f"false_200000000000007@lid_{key}"}
    infos = [item["_data"]["Info"] for item in waha_callback.payloads("message.any") if item["body"] == "Oi"]
    assert {info["SenderAlt"] for info in infos} == {f"{ANA}@s.whatsapp.net", "200000000000007@lid"}


def test_another_order_on_command(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(reorder_rate=1.0, webhook_delay=0.3, seed=7)
    for index in range(8):
        linked.person_writes(number=ANA, body=str(index))
    waha_callback.wait("message.any", 8)
    assert sorted(bodies(waha_callback)) == [str(index) for index in range(8)]
    assert bodies(waha_callback) != sorted(bodies(waha_callback))


def test_loss_on_command_leaves_the_history_whole(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(loss_rate=0.5, seed=3)
    for index in range(40):
        linked.person_writes(number=ANA, body=str(index))
    assert linked.wait_idle()
    assert 5 < len(bodies(waha_callback)) < 35
    assert history(linked) == [str(index) for index in range(40)]
    assert linked.world.courier.lost == 40 - len(bodies(waha_callback))


@pytest.mark.parametrize("everywhere", [False, True])
def test_silence_while_working(linked: WahaSimulator, waha_callback: Callback, everywhere: bool) -> None:
    if everywhere:
        linked.configure(silent=True)
    else:
        linked.trouble.silence()
    linked.person_writes(number=ANA, body="Alguém?")
    assert send(linked).status_code == 201
    assert linked.wait_idle()
    assert (bodies(waha_callback), history(linked)) == ([], ["Alguém?", "Oi"])
    assert linked.call("GET", "/api/sessions/default").json()["status"] == "WORKING"
    assert [bubble["text"] for bubble in linked.screen(ANA)] == ["Alguém?", "Oi"]
    linked.configure(silent=False)
    linked.call("POST", "/api/sessions/default/restart")
    linked.wait_status("default", "WORKING")
    linked.person_writes(number=ANA, body="Agora sim")
    waha_callback.wait("message.any")
    assert bodies(waha_callback) == ["Agora sim"]


# --- acks ---------------------------------------------------------------------------------------------------


def levels(callback: Callback) -> list[int]:
    return [payload["ack"] for payload in callback.payloads("message.ack")]


def test_acks_again_back_and_shuffled_on_command(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(ack_regress_rate=1.0)
    send(linked)
    waha_callback.wait("message.ack", 4)
    assert levels(waha_callback) == [1, 2, 3, 1]
    linked.configure(ack_regress_rate=0.0, ack_duplicate_rate=1.0)
    send(linked)
    waha_callback.wait("message.ack", 8)
    assert len(set(levels(waha_callback)[4:])) == 3
    linked.configure(ack_duplicate_rate=0.0, ack_shuffle_rate=1.0, seed=2)
    for _ in range(4):
        send(linked)
    waha_callback.wait("message.ack", 20)
    assert linked.wait_idle()
    (items, *_rest) = linked.call("GET", f"/api/default/chats/{CHAT}/messages").json()
    assert items["ack"] == 3


def test_a_rejected_and_a_lost_message(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.fail("ack_error", count=1)
    linked.fail("lost", count=1)
    keys = [send(linked, str(index)).json()["id"] for index in range(3)]
    waha_callback.wait("message.ack", 4)
    assert linked.wait_idle()
    acks = [(payload["id"], payload["ack"]) for payload in waha_callback.payloads("message.ack")]
    assert [[level for key, level in acks if key == sent] for sent in keys] == [[-1], [], [1, 2, 3]]
    assert [bubble["text"] for bubble in linked.screen(ANA)] == ["2"]
    assert [row["reached"] for row in linked.ledger()] == [False, False, True]


def test_a_session_that_only_pretends(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.trouble.pretend()
    assert send(linked, "Chegou?").status_code == 201
    linked.person_writes(number=ANA, body="Oi?")
    assert linked.wait_idle()
    assert linked.call("GET", "/api/sessions/default").json()["status"] == "WORKING"
    assert (bodies(waha_callback), levels(waha_callback), history(linked)) == ([], [], ["Chegou?"])
    assert [bubble["text"] for bubble in linked.screen(ANA)] == ["Oi?"]
    linked.call("POST", "/api/sessions/default/restart")
    waha_callback.wait("message.ack", 3)
    assert sorted(history(linked)) == ["Chegou?", "Oi?"]
    assert [bubble["text"] for bubble in linked.screen(ANA)] == ["Oi?", "Chegou?"]


def test_what_was_sent_to_a_pretender_may_be_lost(linked: WahaSimulator) -> None:
    linked.configure(pretending_loses=True)
    linked.trouble.pretend()
    send(linked, "Chegou?")
    linked.call("POST", "/api/sessions/default/restart")
    linked.wait_status("default", "WORKING")
    assert linked.wait_idle()
    assert linked.screen(ANA) == []
