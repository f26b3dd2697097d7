"""The simulator as a program: its control routes, its memory on disk, and the people who live in it."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ramal_whatsapp_web.testing import NUMBER, Callback, WahaSimulator
from ramal_whatsapp_web.testing.__main__ import main
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback
from ramal_whatsapp_web.testing.living import ANSWER, ARRIVAL, PERSONAS, REMIND, RETURN, TYPING, LivingCustomers

web = httpx2.Client(timeout=60.0)
ANA = "5511900000002"
CHAT = f"{ANA}@c.us"
EVERYONE = 1 + ARRIVAL * len(PERSONAS) + TYPING


def control(simulator: WahaSimulator, path: str, body: Any = None, status: int = 200) -> Any:
    url = f"{simulator.url}/__control__/{path}"
    answer = web.get(url) if body is None else web.post(url, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def send(url: str, key: str, text: str, chat: str = CHAT, session: str = "default") -> httpx2.Response:
    body = {"session": session, "chatId": chat, "text": text}
    return web.post(f"{url}/api/sendText", headers={"X-Api-Key": key}, json=body)


# --- control ----------------------------------------------------------------------------------------------


def test_everything_can_be_played_over_http(waha: WahaSimulator, waha_callback: Callback) -> None:
    hook = {"url": waha_callback.url, "events": ["*"]}
    waha.world.create("default", {"webhooks": [hook]})
    waha.wait_status("default", "SCAN_QR_CODE")
    assert control(waha, "scan", {"value": "2@nonsense"}, 409) == {"error": "unknown"}
    assert control(waha, "scan", {"value": waha.qr_value(), "number": NUMBER}) == {"number": NUMBER}
    waha.wait_status("default", "WORKING")
    people = control(waha, "people", {"number": ANA, "name": "Ana", "known": "phone"})["items"]
    assert (people[0]["name"], people[0]["address"]) == ("Ana", CHAT)
    (first,) = control(waha, "write", {"number": ANA, "body": "Oi"})["keys"]
    more = control(waha, "write", {"messages": [{"number": ANA, "body": str(index)} for index in range(2)]})["keys"]
    control(waha, "owner", {"number": ANA, "body": "Do celular", "reply_to": first})
    control(waha, "owner-reads", {"number": ANA})
    control(waha, "reveal", {"number": ANA})
    waha_callback.wait("message.any", 4)
    assert [row["key"] for row in control(waha, "written")["items"]][:3] == [first, *more]
    assert len(control(waha, "written?after=1")["items"]) == 3
    screen = control(waha, f"screen?number={ANA}")["items"]
    assert [bubble["text"] for bubble in screen] == ["Oi", "0", "1", "Do celular"]
    assert screen[0]["read"]
    assert control(waha, "people")["items"][0]["known"] == "both"


def test_sends_acks_and_deliveries_are_seen_over_http(waha: WahaSimulator, waha_callback: Callback) -> None:
    linked = control(waha, "link", {"session": "default", "webhook": waha_callback.url, "hmac_key": "k"})
    assert linked["status"] == "WORKING"
    state = control(waha, "configure", {"auto_acks": False})
    assert (state["behaviour"]["auto_acks"], state["api_key"]) == (False, waha.api_key)
    control(waha, "people", {"number": ANA})
    send(waha.url, waha.api_key, "Olá")
    (row,) = control(waha, "ledger")["items"]
    assert (row["operation"], row["text"]) == ("sendText", "Olá")
    control(waha, "ack", {"key": row["key"], "level": 3})
    assert waha_callback.wait("message.ack")[0]["ack"] == 3
    assert waha.wait_idle()
    deliveries = control(waha, "deliveries")
    assert (deliveries["pending"], deliveries["lost"]) == (0, 0)
    assert {item["status"] for item in deliveries["items"]} == {200}
    data = base64.b64encode(b"nota").decode()
    control(waha, "write", {"number": ANA, "kind": "document", "data": data})
    sha256 = control(waha, "written")["items"][-1]["file"]["sha256"]
    assert control(waha, f"files/{sha256}") == {"data": data}


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("log_out", "FAILED"),
        ("replace", "FAILED"),
        ("ban", "FAILED"),
        ("drop", "STARTING"),
        ("silence", "WORKING"),
        ("pretend", "WORKING"),
        ("restrict", "WORKING"),
    ],
)
def test_trouble_can_be_ordered_over_http(waha: WahaSimulator, what: str, status: str) -> None:
    waha.link()
    body = {"seconds": 5.0} if what in {"drop", "ban"} else {}
    assert control(waha, f"trouble/{what}", {"session": "default", **body})["status"] == status


def test_pairing_codes_and_absence_over_http(waha: WahaSimulator) -> None:
    waha.world.create("default", {})
    waha.wait_status("default", "SCAN_QR_CODE")
    code = waha.session().request_code(NUMBER)
    assert control(waha, "enter-code", {"code": code, "number": "5511900000009"}, 409) == {"error": "wrong_number"}
    control(waha, "enter-code", {"code": code, "number": NUMBER})
    waha.wait_status("default", "WORKING")
    before = list(waha.session().statuses)
    control(waha, "down", {"seconds": 0.1})
    waha.wait_status("default", "WORKING")
    assert list(waha.session().statuses) != before
    assert control(waha, "ledger") == {"items": []}


def test_mistakes_in_orders_are_told(waha: WahaSimulator) -> None:
    for path, body in (
        ("configure", {"nonsense": 1}),
        ("write", {"body": "Oi"}),
        ("scan", {"nonsense": 1}),
        ("trouble/dance", {}),
        ("down", {}),
    ):
        assert "error" in control(waha, path, body, 400)
    assert web.get(f"{waha.url}/__control__/nothing").status_code == 404
    assert control(waha, "trouble/ban", {"session": "none"}, 404)["statusCode"] == 404
    waha.world.create("default", {})
    assert control(waha, "trouble/ban", {}, 422)["statusCode"] == 422


# --- memory -----------------------------------------------------------------------------------------------


def test_the_world_survives_a_restart(tmp_path: Path, waha_callback: Callback) -> None:
    with WahaSimulator(data_dir=tmp_path, fast=True) as simulator:
        simulator.link(webhook=waha_callback.url)
        simulator.configure(ack_delay=0.5)
        simulator.person_writes(number=ANA, name="Ana", lid="200000000000007", known="both", body="Oi")
        photo = simulator.person_writes(number=ANA, kind="image")
        simulator.person_writes(number=ANA, kind="reaction", target=photo, emoji="🙏")
        send(simulator.url, simulator.api_key, "Olá")
        assert simulator.wait_idle()
        screen = simulator.screen(ANA)
        simulator.session().stop()
        simulator.person_writes(number=ANA, body="Enquanto parado")
        simulator.trouble.restrict(seconds=3600)
        simulator.world.create("resting", {}, start=False)
        simulator.session().start()
        simulator.wait_status("default", "WORKING")
    with WahaSimulator(data_dir=tmp_path, start_delay=0.01) as again:
        again.wait_status("default", "WORKING")
        assert again.session("resting").status == "STOPPED"
        assert again.screen(ANA)[:3] == screen
        assert again.behaviour.ack_delay == 0.5
        assert again.file(screen[1]["file"]["sha256"])
        headers = {"X-Api-Key": again.api_key}
        items = web.get(f"{again.url}/api/default/chats/{CHAT}/messages?sortOrder=asc", headers=headers).json()
        assert [item["body"] for item in items] == ["Oi", None, "Olá", "Enquanto parado"]
        assert items[2]["ack"] == 3
        assert len(again.ledger()) == 1
        assert len(again.written()) == 4
        assert again.network.account(NUMBER).restricted_until is not None
        assert web.get(f"{again.url}/api/default/lids", headers=headers).json()[0]["pn"] == CHAT


def test_what_waits_and_who_is_banned_survives_too(tmp_path: Path) -> None:
    with WahaSimulator(data_dir=tmp_path, fast=True) as simulator:
        simulator.link()
        simulator.link("other", "5511900000009")
        simulator.trouble.ban("other", seconds=3600)
        with simulator.world.lock:
            simulator.session().stop()
        simulator.person_writes(number=ANA, to=NUMBER, body="Espera")
        simulator.person_writes(number=ANA, to=NUMBER, kind="typing")
    with WahaSimulator(data_dir=tmp_path, fast=True) as again:
        again.session().start()
        again.session("other").restart()
        again.wait_status("default", "WORKING")
        again.wait_status("other", "FAILED")
        device = again.session().device
        assert device is not None
        assert [message.body for message in device.history.all()] == ["Espera"]


def test_a_ledger_drops_a_line_that_a_crash_cut(tmp_path: Path) -> None:
    with WahaSimulator(data_dir=tmp_path, fast=True) as simulator:
        simulator.link()
        simulator.person_writes(number=ANA, body="Oi")
    path = tmp_path / "written.jsonl"
    path.write_bytes(path.read_bytes() + b'{"seq": 2, "bo')
    with WahaSimulator(data_dir=tmp_path, fast=True) as again:
        assert [row["text"] for row in again.written()] == ["Oi"]
        again.person_writes(number=ANA, body="De novo")
    with WahaSimulator(data_dir=tmp_path, fast=True) as once_more:
        assert [row["seq"] for row in once_more.written()] == [1, 2]


# --- the program ------------------------------------------------------------------------------------------


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ramal_whatsapp_web.testing", "--data-dir", str(tmp_path), "--fast"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert web.get(f"{url}/ping").json() == {"message": "pong"}
        linked = web.post(f"{url}/__control__/link", json={"session": "default"}).json()
        assert linked["status"] == "WORKING"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "world.json").exists()


def test_wrong_arguments_end_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--nonsense"])
    assert "--living" in capsys.readouterr().err


# --- living customers -------------------------------------------------------------------------------------


class Play:
    """A world whose customers act at seconds the test counts."""

    def __init__(self, simulator: WahaSimulator) -> None:
        simulator.link()
        self.simulator = simulator
        self.customers = LivingCustomers(simulator.world)
        self.now = 0.0
        self.customers.step(self.now)

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        """What customers wrote within the next ``seconds``."""
        before = len(self.simulator.written())
        end = self.now + seconds
        while self.now < end:
            self.now += 1
            self.customers.step(self.now)
        return self.simulator.written()[before:]

    def answer(self, row: dict[str, Any]) -> None:
        person = self.simulator.person(row["number"], row["lid"])
        assert send(self.simulator.url, self.simulator.api_key, "Claro!", person.address).status_code == 201


@pytest.fixture
def play(waha: WahaSimulator) -> Play:
    return Play(waha)


def test_each_arrives_once_and_then_waits(play: Play) -> None:
    rows = play.wait(EVERYONE)
    assert len(rows) == len(PERSONAS)
    assert any(row["kind"] == "voice" for row in rows)
    assert any(row["number"] is None for row in rows)


def test_an_answer_is_answered_and_silence_reminded_once(play: Play) -> None:
    rows = play.wait(EVERYONE)
    play.answer(rows[0])
    answers = play.wait(ANSWER[1] + TYPING + 1)
    assert [row["number"] for row in answers] == [rows[0]["number"]]
    assert answers[0]["kind"] == "image"
    assert len(play.wait(REMIND[1] + 1)) == len(PERSONAS)
    assert play.wait(REMIND[1] * 3) == []


def test_after_their_story_they_come_back_with_another(play: Play) -> None:
    persona = PERSONAS[0]
    (row,) = [row for row in play.wait(EVERYONE) if row["number"] == persona.who["number"]]
    told = 1
    while told < len(persona.stories[0]):
        play.answer(row)
        told += sum(item["number"] == row["number"] for item in play.wait(ANSWER[1] + TYPING + 1))
    later = [item for item in play.wait(RETURN[1] + TYPING + 1) if item["number"] == row["number"]]
    assert later[0]["text"] == persona.stories[1][0]["body"]


def test_stories_begin_again(play: Play) -> None:
    persona = PERSONAS[3]
    opening = persona.stories[0][0]["body"]
    heard = 0
    for _ in range(10):
        rows = [row for row in play.wait(RETURN[1] + TYPING + 1) if row["number"] == persona.who["number"]]
        heard += sum(row["text"] == opening for row in rows)
        if rows:
            play.answer(rows[-1])
    assert heard >= 2


def test_the_knob_brings_them_to_life(waha_callback: Callback) -> None:
    with WahaSimulator(living=True, fast=True) as simulator:
        simulator.link(webhook=waha_callback.url)
        (presence,) = waha_callback.wait("presence.update")
        assert presence["presences"][0]["lastKnownPresence"] == "typing"
