"""The simulator keeps a provider's promises, and breaks them on command."""

from __future__ import annotations

import hashlib
import hmac
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ramal.api import AccountNotice, InboundMessage
from ramal_whatsapp_cloud.testing import Account, Behaviour, GraphSimulator
from ramal_whatsapp_cloud.testing.graph_errors import GraphRefusalError
from ramal_whatsapp_cloud.testing.world import World

from .conftest import Callback
from .helpers import CUSTOMER, parse, web

AT_ONCE = {"retry_base": 0.02, "retry_max": 0.1, "status_delay": 0.01}


@pytest.fixture
def simulator(graph_simulator: GraphSimulator, callback: Callback) -> GraphSimulator:
    graph_simulator.connect(callback.url)
    return graph_simulator


def send(simulator: GraphSimulator, text: str = "Oi", **changes: Any) -> httpx2.Response:
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": CUSTOMER,
        "type": "text",
        "text": {"body": text},
        "biz_opaque_callback_data": f"ref-{text}",
        **changes,
    }
    return call(simulator, "POST", f"{simulator.phone_number_id}/messages", json=body)


def call(simulator: GraphSimulator, method: str, path: str, **content: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {simulator.account.access_token}"}
    return web.request(method, f"{simulator.url}/v26.0/{path}", headers=headers, **content)


def control(simulator: GraphSimulator, path: str, body: Any = None) -> Any:
    url = f"{simulator.url}/_sim/{path}"
    answer = web.get(url) if body is None else web.post(url, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- webhooks -------------------------------------------------------------------------------------------


def test_webhooks_are_signed_over_their_bytes(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.customer_writes(body="café ☕ 😀")
    callback.wait("messages", 1)
    ((body, signature),) = callback.received
    digest = hmac.new(simulator.account.app_secret.encode(), body, hashlib.sha256).hexdigest()
    assert signature == f"sha256={digest}"
    assert "☕" in body.decode()


@pytest.mark.parametrize(
    "kind",
    [
        *("text", "image", "video", "audio", "document", "sticker", "location", "contacts"),
        *("button", "interactive", "order", "reaction", "edit", "revoke", "system", "unsupported"),
    ],
)
def test_customers_can_send_every_kind(simulator: GraphSimulator, callback: Callback, kind: str) -> None:
    simulator.customer_writes(kind=kind, wa_id=CUSTOMER, name="Fulana", target="wamid.X", new_wa_id="5511900000022")
    callback.wait("messages", 1)
    ((body, _signature),) = callback.received
    (item,) = parse(body)
    assert not isinstance(item, AccountNotice)
    if isinstance(item, InboundMessage):
        assert item.party.name == "Fulana"
        assert (item.kind == "unsupported") == (kind == "unsupported")


def test_a_customer_may_have_only_a_user_id(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.customer_writes(user_id="BR.10000000000000000014", body="Oi")
    (message,) = callback.wait("messages", 1)
    assert "from" not in message
    assert message["from_user_id"] == "BR.10000000000000000014"


def test_a_ready_object_and_surroundings_pass_through(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.customer_writes(kind="hologram", hologram={"beam": "up"}, reply_to="wamid.X", referral={"source_id": "1"})
    (message,) = callback.wait("messages", 1)
    assert message["hologram"] == {"beam": "up"}
    assert message["context"]["id"] == "wamid.X"
    assert message["referral"] == {"source_id": "1"}


def test_ticks_come_in_order_with_our_reference(simulator: GraphSimulator, callback: Callback) -> None:
    wamid = send(simulator).json()["messages"][0]["id"]
    ticks = callback.wait("statuses", 3)
    assert [tick["status"] for tick in ticks] == ["sent", "delivered", "read"]
    assert {(tick["id"], tick["biz_opaque_callback_data"]) for tick in ticks} == {(wamid, "ref-Oi")}
    assert "pricing" in ticks[0]


def test_a_webhook_is_repeated_until_it_is_taken(simulator: GraphSimulator, callback: Callback) -> None:
    callback.answers = [503, 500, 404]
    simulator.customer_writes(body="Teimosa")
    callback.wait("messages", 1)
    assert simulator.wait_idle(10)
    statuses = [attempt["status"] for attempt in control(simulator, "deliveries")["items"]]
    assert statuses == [503, 500, 404, 200]


def test_a_callback_that_is_away_gets_it_later(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.connect("http://127.0.0.1:9/hook")
    simulator.customer_writes(body="Oi")
    assert not simulator.wait_idle(0.2)
    simulator.connect(callback.url)
    callback.wait("messages", 1)
    assert simulator.wait_idle(10)


def test_messages_of_one_customer_stay_in_order_through_failures(simulator: GraphSimulator, callback: Callback) -> None:
    callback.answers = [500, 200, 500, 500]
    for number in range(20):
        simulator.customer_writes(wa_id=CUSTOMER, body=str(number))
    messages = callback.wait("messages", 20)
    assert [message["text"]["body"] for message in messages] == [str(number) for number in range(20)]


def test_duplicates_on_command(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.configure(duplicate_rate=1.0)
    wamid = simulator.customer_writes(body="Oi")
    messages = callback.wait("messages", 2)
    assert [message["id"] for message in messages] == [wamid, wamid]


def test_another_order_on_command(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.configure(reorder_rate=1.0, webhook_delay=0.3, seed=7)
    for number in range(8):
        simulator.customer_writes(wa_id=CUSTOMER, body=str(number))
    messages = callback.wait("messages", 8)
    bodies = [message["text"]["body"] for message in messages]
    assert sorted(bodies) == [str(number) for number in range(8)]
    assert bodies != sorted(bodies)


def test_batches_on_command(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.configure(batch=10, webhook_delay=0.3)
    for number in range(6):
        simulator.customer_writes(wa_id=CUSTOMER, body=str(number))
    callback.wait("messages", 6)
    assert len(callback.received) < 6
    assert [message["text"]["body"] for message in callback.items("messages")] == list("012345")


# --- failures ---------------------------------------------------------------------------------------------


def test_a_failed_status_on_command(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.configure(failures=[{"kind": "status", "code": 131026, "to": CUSTOMER}])
    assert send(simulator).status_code == 200
    (tick,) = callback.wait("statuses", 1)
    assert (tick["status"], tick["errors"][0]["code"]) == ("failed", 131026)


def test_failures_by_rate_and_by_count(simulator: GraphSimulator) -> None:
    simulator.configure(seed=1, failures=[{"kind": "error", "code": 2, "rate": 0.5}])
    statuses = [send(simulator, str(number)).status_code for number in range(30)]
    assert set(statuses) == {200, 503}
    assert len(simulator.ledger()) == statuses.count(200)
    simulator.configure(failures=[{"kind": "http", "status": 502, "count": 2}])
    assert [send(simulator).status_code for _ in range(3)] == [502, 502, 200]


def test_a_connection_cut_before_and_after_acceptance(simulator: GraphSimulator) -> None:
    simulator.configure(failures=[{"kind": "drop_before_accept", "count": 1}])
    with pytest.raises(httpx2.TransportError):
        send(simulator)
    assert simulator.ledger() == []
    simulator.configure(failures=[{"kind": "drop_after_accept", "count": 1}])
    with pytest.raises(httpx2.TransportError):
        send(simulator)
    assert len(simulator.ledger()) == 1


def test_a_status_may_come_before_the_answer(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.configure(answer_latency=0.5, status_delay=0.0)
    answer = send(simulator)
    assert len(callback.items("statuses")) == 3
    assert answer.json()["messages"][0]["id"] == callback.items("statuses")[0]["id"]


def accept(world: World, to: str = CUSTOMER) -> None:
    world.accept(next(iter(world.account.numbers)), {"to": to, "type": "text", "text": {"body": "Oi"}})


def test_the_numbers_throughput() -> None:
    world = World(Behaviour(throughput=2), Account())
    accept(world)
    accept(world)
    with pytest.raises(GraphRefusalError) as refusal:
        accept(world)
    assert refusal.value.code == 130429


def test_the_pairs_limit() -> None:
    world = World(Behaviour(pair_limit=True), Account())
    for _ in range(45):
        accept(world)
    with pytest.raises(GraphRefusalError) as refusal:
        accept(world)
    assert refusal.value.code == 131056
    accept(world, "5511900000003")
    assert len(world.accepted.rows()) == 46


def test_the_window_on_command(simulator: GraphSimulator, callback: Callback) -> None:
    simulator.configure(enforce_window=True)
    send(simulator, "cedo")
    (tick,) = callback.wait("statuses", 1)
    assert tick["errors"][0]["code"] == 131047
    simulator.customer_writes(wa_id=CUSTOMER)
    send(simulator, "agora")
    assert [tick["status"] for tick in callback.wait("statuses", 4)[1:]] == ["sent", "delivered", "read"]


def test_a_user_id_in_the_wrong_field_is_lost_in_silence(simulator: GraphSimulator, callback: Callback) -> None:
    assert send(simulator, to="BR.10000000000000000014").status_code == 200
    send(simulator, "depois")
    ticks = callback.wait("statuses", 3)
    assert {tick["biz_opaque_callback_data"] for tick in ticks} == {"ref-depois"}


# --- objects ----------------------------------------------------------------------------------------------


def test_who_may_ask(simulator: GraphSimulator) -> None:
    url = f"{simulator.url}/v26.0/{simulator.phone_number_id}"
    assert web.get(url).status_code == 401
    wrong = web.get(url, headers={"Authorization": "Bearer guess"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, 190)
    assert call(simulator, "GET", "123").json()["error"]["error_subcode"] == 33
    assert call(simulator, "GET", "a/b/c/d").status_code == 404
    assert send(simulator).status_code == 200
    assert call(simulator, "POST", "999/messages", json={}).json()["error"]["code"] == 100


def test_numbers_of_the_account(simulator: GraphSimulator) -> None:
    numbers = call(simulator, "GET", f"{simulator.account.waba_id}/phone_numbers").json()["data"]
    assert [number["id"] for number in numbers] == [simulator.phone_number_id]
    assert call(simulator, "GET", "999/phone_numbers").status_code == 400


def test_a_subscription_proves_itself_first(graph_simulator: GraphSimulator, callback: Callback) -> None:
    path = f"{graph_simulator.account.waba_id}/subscribed_apps"
    override = {"override_callback_uri": callback.url, "verify_token": "wrong"}
    refused = call(graph_simulator, "POST", path, json=override)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 2200)
    override["verify_token"] = callback.verify_token
    assert call(graph_simulator, "POST", path, json=override).json() == {"success": True}
    (app,) = call(graph_simulator, "GET", path).json()["data"]
    assert app["override_callback_uri"] == callback.url
    graph_simulator.customer_writes(body="Oi")
    callback.wait("messages", 1)
    assert call(graph_simulator, "DELETE", path).json() == {"success": True}
    assert "override_callback_uri" not in call(graph_simulator, "GET", path).json()["data"][0]


def test_a_callback_of_one_number(callback: Callback) -> None:
    account = Account(numbers={"1": "+55 11 90000-0001", "2": "+55 11 90000-0002"}, callback_url="http://127.0.0.1:9/")
    with GraphSimulator(account=account, **AT_ONCE) as simulator:
        override = {"override_callback_uri": callback.url, "verify_token": callback.verify_token}
        call(simulator, "POST", "2", json={"webhook_configuration": override})
        simulator.customer_writes(phone_number_id="2", body="Para o dois")
        (message,) = callback.wait("messages", 1)
        assert message["text"]["body"] == "Para o dois"


# --- control ------------------------------------------------------------------------------------------------


def test_everything_can_be_done_over_http(graph_simulator: GraphSimulator, callback: Callback) -> None:
    state = control(
        graph_simulator,
        "configure",
        {"account": {"callback_url": callback.url}, "behaviour": {"duplicate_rate": 0.0}, "verify": True},
    )
    assert state["account"]["callback_url"] == callback.url
    assert control(graph_simulator, "configure")["behaviour"]["batch"] == 1
    sent = control(graph_simulator, "inbound", {"messages": [{"body": "um"}, {"body": "dois"}]})["wamids"]
    assert [row["wamid"] for row in control(graph_simulator, "inbound")["items"]] == sent
    assert [row["wamid"] for row in control(graph_simulator, "inbound?after=1")["items"]] == sent[1:]
    template = {"field": "message_template_status_update", "value": {"event": "APPROVED"}}
    control(graph_simulator, "webhook", template)
    number = graph_simulator.phone_number_id
    control(graph_simulator, "webhook", {"field": "calls", "value": {"calls": []}, "phone_number_id": number})
    callback.wait("messages", 2)
    send(graph_simulator)
    (row,) = control(graph_simulator, "ledger")["items"]
    assert row["client_ref"] == "ref-Oi"
    assert control(graph_simulator, "ledger?after=1")["items"] == []
    assert control(graph_simulator, "reads")["items"] == []
    assert graph_simulator.wait_idle(10)
    assert {"event": "APPROVED"} in callback.values()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("configure", {"behaviour": {"no_such_knob": 1}}),
        ("configure", {"account": {"no_such_field": 1}}),
        ("configure", {"behaviour": {"failures": [{"kind": "error", "x": 1}]}}),
        ("inbound", {"kind": "hologram"}),
        ("webhook", {"field": "x"}),
    ],
)
def test_nonsense_is_answered_with_400(graph_simulator: GraphSimulator, path: str, body: Any) -> None:
    answer = web.post(f"{graph_simulator.url}/_sim/{path}", json=body)
    assert answer.status_code == 400
    assert "error" in answer.json()
    assert web.post(f"{graph_simulator.url}/_sim/{path}", content=b"{").status_code == 400


# --- a process of its own -------------------------------------------------------------------------------


class Process:
    """The simulator started from the command line."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        command = [sys.executable, "-m", "ramal_whatsapp_cloud.testing", "--data-dir", str(data_dir), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def end(self, number: int) -> int:
        self._process.send_signal(number)
        code = self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Any]:
    running: list[Process] = []

    def start(*options: str) -> Process:
        running.append(Process(tmp_path / "graph", *options))
        return running[-1]

    yield start
    for process in running:
        process.end(signal.SIGKILL)


def test_the_ledger_survives_a_kill(started: Any, callback: Callback, tmp_path: Path) -> None:
    account = Account()
    first = started("--callback-url", callback.url)
    headers = {"Authorization": f"Bearer {account.access_token}"}
    number = next(iter(account.numbers))
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": CUSTOMER,
        "type": "text",
        "text": {"body": "Oi"},
    }
    wamids = [
        web.post(f"{first.url}/v26.0/{number}/messages", json=body, headers=headers).json()["messages"][0]["id"]
        for _ in range(3)
    ]
    web.post(f"{first.url}/_sim/inbound", json={"kind": "image", "wa_id": CUSTOMER})
    (message,) = callback.wait("messages", 1)
    first.end(signal.SIGKILL)
    with (tmp_path / "graph" / "accepted.jsonl").open("a") as ledger:
        ledger.write('{"seq": 4, "wam')  # a line cut by the kill
    second = started()
    rows = web.get(f"{second.url}/_sim/ledger").json()["items"]
    assert [row["wamid"] for row in rows] == wamids
    assert web.get(f"{second.url}/_sim/inbound").json()["items"][0]["wamid"] == message["id"]
    media = web.get(f"{second.url}/v26.0/{message['image']['id']}", headers=headers).json()
    assert web.get(media["url"], headers=headers).content.startswith(b"\xff\xd8")
    state = web.get(f"{second.url}/_sim/configure").json()
    assert state["account"]["callback_url"] == callback.url
    answer = web.post(f"{second.url}/v26.0/{number}/messages", json=body, headers=headers)
    assert answer.status_code == 200
    assert [row["seq"] for row in web.get(f"{second.url}/_sim/ledger").json()["items"]] == [1, 2, 3, 4]
    assert second.end(signal.SIGTERM) == 0


def test_living_from_the_command_line(started: Any, callback: Callback) -> None:
    process = started("--callback-url", callback.url, "--living")
    (first, *_) = callback.wait("messages", 1)
    assert first["text"]["body"]
    assert process.end(signal.SIGINT) == 0


def test_the_port_can_be_chosen() -> None:
    with GraphSimulator() as probe:
        port = int(probe.url.rsplit(":", 1)[1])
    with GraphSimulator(port=port) as simulator:
        assert simulator.settings()["api_base_url"] == simulator.url == f"http://127.0.0.1:{port}"
