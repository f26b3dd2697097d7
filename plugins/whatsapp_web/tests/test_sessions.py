"""A session's life: paired by QR code or by a code, watched, lost and found again, and never driven by two."""

from __future__ import annotations

import base64
import io
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import Engine, text

from ramal.api import AnswerTooLarge, HttpClient, current_organization, transaction, utcnow
from ramal.testing.client import JsonClient
from ramal.testing.waiting import wait_for
from ramal_whatsapp_web.drivers.base import LONGEST
from ramal_whatsapp_web.drivers.waha import WahaDriver
from ramal_whatsapp_web.services import driving, leases, supervisor
from ramal_whatsapp_web.testing import NUMBER, Ban, WahaSimulator

from .pairing import BASE, CUSTOMER, Pairing


def decoded(png: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return str(found.text)


# --- pairing --------------------------------------------------------------------------------------


def test_a_number_is_paired_by_its_qr_code(pairing: Pairing, desk: JsonClient) -> None:
    item = pairing.add("WhatsApp da loja")
    assert (item["state"], item["wanted"], item["number"]) == ("connecting", True, None)
    pairing.until("qrcode")
    qr = desk.get(f"{BASE}/{pairing.id}/qr").json
    assert decoded(base64.b64decode(qr["png"])) == qr["value"] == pairing.waha.qr_value(pairing.name)
    pairing.waha.scan(qr["value"], NUMBER, "Padaria Central")
    item = pairing.until("ready")
    assert (item["number"], item["account_name"]) == (NUMBER, "Padaria Central")
    assert item["first_ready_at"]
    assert item["sentence"] == "Messages come in and go out."
    states = pairing.history()
    assert states[0] == "connecting"
    assert states[-1] == "ready"
    assert states.index("qrcode") < states.index("ready")
    assert len(states) == len(set(states))
    assert desk.get(f"{BASE}/{pairing.id}/qr").status_code == 404
    assert desk.get(f"/channels/{item['channel_id']}").json["status"] == "ready"


def test_a_new_qr_code_is_told_without_the_code(pairing: Pairing, owner_engine: Any) -> None:
    pairing.add()
    pairing.until("qrcode")
    first = pairing.row.qr_hash
    with pairing.waha.world.lock:  # its time is up
        pairing.waha.session(pairing.name)._show_code(2)
    pairing.until(lambda: pairing.row.qr_hash != first)
    with owner_engine.connect() as connection:
        rows = connection.execute(text("select data::text from event where type = 'whatsapp_web.qrcode'"))
        events = list(rows.scalars())
    assert len(events) == 2
    assert all(pairing.id in data for data in events)
    assert pairing.waha.qr_value(pairing.name)[:20] not in "".join(events)


def test_a_number_is_paired_by_a_code(pairing: Pairing, desk: JsonClient) -> None:
    pairing.add()
    early = desk.post(f"{BASE}/{pairing.id}/pairing-code", {"phone": "(11) 90000-0001"})
    assert early.status_code == 409
    pairing.until("qrcode")
    wrong = desk.post(f"{BASE}/{pairing.id}/pairing-code", {"phone": "not a number at all"})
    assert (wrong.status_code, list(wrong.json["error"]["details"])) == (422, ["phone"])
    code = desk.post(f"{BASE}/{pairing.id}/pairing-code", {"phone": "(11) 90000-0001"}).json["code"]
    pairing.waha.enter_code(code, NUMBER)
    assert pairing.until("ready")["number"] == NUMBER


def test_pairing_codes_are_rationed(pairing: Pairing, desk: JsonClient) -> None:
    pairing.add()
    pairing.until("qrcode")
    answers = [desk.post(f"{BASE}/{pairing.id}/pairing-code", {"phone": "(11) 90000-0001"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


def test_nobody_reads_the_code(pairing: Pairing, desk: JsonClient) -> None:
    """It ends, says so, is not restarted by itself, and begins anew when asked."""
    pairing.waha.configure(qr_first=0.05, qr_next=0.05, qr_count=2)
    pairing.add()
    item = pairing.until("failed")
    assert (item["reason"], item["wanted"], item["next_look_at"]) == ("qr_timeout", False, None)
    pairing.turn()
    assert pairing.item()["state"] == "failed"
    pairing.waha.configure(qr_first=60.0)
    assert desk.post(f"{BASE}/{pairing.id}/start").status_code == 202
    pairing.until("qrcode")


def test_the_risk_must_be_accepted(pairing: Pairing, desk: JsonClient) -> None:
    body = {"name": "x", "driver": "simulator", "server_url": pairing.waha.url}
    answer = desk.post(BASE, body)
    assert (answer.status_code, list(answer.json["error"]["details"])) == (422, ["risk_accepted"])
    assert desk.get(BASE).json["items"] == []


# --- what a person does -----------------------------------------------------------------------------


def test_it_is_stopped_started_restarted_and_logged_out(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    for verb in ("stop", "start", "restart", "logout"):
        assert desk.post(f"{BASE}/{pairing.id}/{verb}").status_code == 202
        if verb == "stop":
            assert pairing.until("disconnected")["reason"] == "stopped"
            assert pairing.waha.session(pairing.name).status == "STOPPED"
            assert desk.post(f"{BASE}/{pairing.id}/restart").status_code == 409
        elif verb == "logout":
            item = pairing.until("logged_out")
            assert (item["reason"], item["wanted"]) == ("logged_out_here", False)
            assert pairing.waha.session(pairing.name).device is None
        else:
            pairing.until("ready")
    actions = [one["action"] for one in desk.get("/audit").json["items"]]
    expected = ["logged_out", "restarted", "started", "stopped", "added"]
    assert [a.rpartition(".")[2] for a in actions if a.startswith("whatsapp_web.session")] == expected


def test_a_stop_that_the_provider_did_not_hear_is_told_again(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    pairing.waha.go_down()
    desk.post(f"{BASE}/{pairing.id}/stop")
    pairing.until(lambda: pairing.row.reason == "unreachable")
    assert pairing.row.wish == "stop"
    pairing.waha.come_up()
    pairing.until(lambda: pairing.row.reason == "stopped")
    assert pairing.waha.session(pairing.name).status == "STOPPED"
    assert pairing.row.next_at is None


def test_a_proxy_goes_to_the_provider_and_nowhere_else(pairing: Pairing, desk: JsonClient, owner_engine: Any) -> None:
    pairing.pair()
    secret = "http://ana:segredo-do-proxy@proxy.example.com:3128"
    assert desk.put(f"{BASE}/{pairing.id}/proxy", {"proxy": "nonsense"}).status_code == 422
    answer = desk.put(f"{BASE}/{pairing.id}/proxy", {"proxy": secret})
    assert (answer.status_code, answer.json["has_proxy"]) == (200, True)
    pairing.until(lambda: pairing.waha.session(pairing.name).config.get("proxy"))
    proxy = pairing.waha.session(pairing.name).config["proxy"]
    assert proxy == {"server": "proxy.example.com:3128", "username": "ana", "password": "segredo-do-proxy"}
    pairing.until("ready")
    with owner_engine.connect() as connection:
        for table in ("channel", "event", "audit_event", "job", "channel_notice"):
            rows = connection.execute(text(f'select t::text from "{table}" t')).scalars()
            assert "segredo-do-proxy" not in "".join(rows), table
    assert desk.delete(f"{BASE}/{pairing.id}/proxy").status_code == 204
    pairing.until(lambda: "proxy" not in pairing.waha.session(pairing.name).config)
    assert pairing.until("ready")["has_proxy"] is False


def test_another_server_needs_the_key_again(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    moved = desk.put(f"{BASE}/{pairing.id}/server", {"server_url": "http://127.0.0.1:1"})
    assert (moved.status_code, list(moved.json["error"]["details"])) == (422, ["api_key"])
    assert pairing.item()["state"] == "ready"
    wrong = desk.put(f"{BASE}/{pairing.id}/server", {"server_url": pairing.waha.url, "api_key": "another"})
    assert wrong.status_code == 200
    item = pairing.until("failed")
    assert (item["reason"], item["wanted"]) == ("key_refused", False)
    assert "Enter the right one" in item["sentence"]


# --- staying connected ------------------------------------------------------------------------------


def test_a_gap_is_filled_in_order_and_once(pairing: Pairing) -> None:
    pairing.pair()
    pairing.waha.person_writes(number=CUSTOMER, body="before", timestamp=int(utcnow().timestamp()) - 60)
    pairing.until(lambda: pairing.bodies() == ["before"])
    pairing.waha.go_down()
    item = pairing.until("disconnected")
    assert item["reason"] == "unreachable"
    assert "can't be reached" in item["sentence"]
    missed = [f"missed {number}" for number in range(5)]
    now = int(utcnow().timestamp())
    for place, body in enumerate(missed):
        pairing.waha.person_writes(number=CUSTOMER, body=body, timestamp=now + place - 10)
    pairing.waha.come_up()
    pairing.until("ready")
    pairing.until(lambda: len(pairing.bodies()) == 6)
    assert pairing.bodies() == ["before", *missed]
    notices = pairing.desk.get(f"/channels/{pairing.item()['channel_id']}/notices").json["items"]
    assert any("5 messages that had not come through were fetched" in notice["title"] for notice in notices)
    pairing.waha.person_writes(number=CUSTOMER, body="after", timestamp=now + 30)
    pairing.until(lambda: len(pairing.bodies()) == 7)
    assert pairing.bodies() == ["before", *missed, "after"]


def test_an_id_that_can_not_be_stored_does_not_stop_the_gap_being_filled(
    pairing: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairing.pair()
    pairing.waha.go_down()
    pairing.until("disconnected")
    key = pairing.waha.person_writes(number=CUSTOMER, body="odd")
    pairing.waha.person_writes(number=CUSTOMER, body="plain")
    told = WahaDriver.history

    def odd(driver: WahaDriver, since: datetime, until: datetime | None = None) -> Iterator[bytes]:
        for body in told(driver, since, until):
            yield body.replace(key.encode(), key.encode() + rb"\u0000\ud800")

    monkeypatch.setattr(WahaDriver, "history", odd)
    pairing.waha.come_up()
    pairing.until("ready")
    pairing.until(lambda: not pairing.row.gap_open)
    pairing.until(lambda: sorted(pairing.bodies()) == ["odd", "plain"])


def test_what_was_written_meanwhile_leaves_afterwards(pairing: Pairing) -> None:
    pairing.pair()
    pairing.quick()
    pairing.waha.person_writes(number=CUSTOMER, body="oi")
    pairing.until(lambda: pairing.bodies() == ["oi"])
    pairing.waha.go_down()
    pairing.until("disconnected")
    conversation = pairing.desk.get("/conversations", status="all").json["items"][0]["id"]
    client_id = str(uuid.uuid4())
    sent = pairing.desk.post(
        f"/conversations/{conversation}/messages", {"client_id": client_id, "kind": "text", "body": "já respondo"}
    )
    assert sent.status_code == 202, sent.text
    for _ in range(5):
        pairing.turn()
    pairing.waha.come_up()
    pairing.until(lambda: pairing.waha.ledger("sendText"))
    assert [row["text"] for row in pairing.waha.ledger("sendText")] == ["já respondo"]


def test_tries_are_further_and_further_apart(pairing: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    pauses = [driving.backoff(attempts).total_seconds() for attempts in range(12)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    monkeypatch.undo()
    drawn = {driving.backoff(8).total_seconds() for _ in range(50)}
    assert len(drawn) > 40
    assert all(128 <= pause <= 256 for pause in drawn)
    pairing.add()
    pairing.waha.go_down()
    pairing.until("disconnected")
    before = pairing.row.attempts
    pairing.until(lambda: pairing.row.attempts >= before + 3)
    planned = pairing.row.next_at
    assert planned is not None
    assert planned - utcnow() < timedelta(seconds=300)


@pytest.mark.parametrize(
    ("failure", "reason", "words"),
    [
        ({"kind": "html", "on": "session", "status": 200}, "html", "A web page answers"),
        ({"kind": "drop_after", "on": "session"}, "no_answer", "does not answer in time"),
        ({"kind": "error", "on": "session", "status": 500}, "provider", "This failure was ordered"),
    ],
)
def test_a_provider_that_answers_nonsense_has_a_clear_state(
    pairing: Pairing, failure: dict[str, Any], reason: str, words: str
) -> None:
    pairing.pair()
    pairing.waha.fail(**failure)
    item = pairing.until("disconnected")
    assert item["reason"] == reason
    assert words in item["sentence"]
    pairing.waha.configure(failures=[])
    pairing.until("ready")


@pytest.mark.parametrize("method", ["status", "last_activity"])
def test_a_mistake_in_a_driver_is_told_and_tried_again_ever_more_slowly(
    pairing: Pairing, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    pairing.pair()

    def broken(driver: WahaDriver) -> Any:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(WahaDriver, method, broken)
    monkeypatch.setattr(WahaDriver, "start", broken)
    item = pairing.until("disconnected")
    assert (item["reason"], "not at the server" in item["sentence"]) == ("internal", True)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    pairing.until(lambda: pairing.row.attempts >= 5)
    row = pairing.row
    assert row.next_at is not None
    assert row.next_at - utcnow() > timedelta(seconds=10)
    monkeypatch.undo()
    pairing.until("ready")


@pytest.mark.parametrize("how", ["nested too deeply", "larger than anything it could have to say"])
def test_an_answer_that_can_not_be_read_has_a_clear_state(
    pairing: Pairing, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    pairing.pair()

    def answer(*args: Any, **more: Any) -> httpx2.Response:
        if how != "nested too deeply":
            raise AnswerTooLarge("The answer is larger than 8388608 bytes.")
        return httpx2.Response(200, content=b"[" * 100_000, headers={"content-type": "application/json"})

    monkeypatch.setattr(HttpClient, "request", answer)
    item = pairing.until("disconnected")
    assert (item["reason"], "can't be read" in item["sentence"]) == ("unreadable", True)
    monkeypatch.undo()
    pairing.until("ready")


def test_a_private_address_says_who_can_allow_it(pairing: Pairing) -> None:
    pairing.add(server_url="http://127.0.0.1:1")
    item = pairing.until("disconnected")
    assert (item["reason"], "RAMAL_OUTBOUND_ALLOW" in item["sentence"]) == ("private", True)


def test_a_name_that_no_database_keeps_stops_no_session(pairing: Pairing) -> None:
    pairing.pair()
    pairing.waha.network.account(NUMBER).name = "Padaria\0 Central"
    pairing.hurry()
    pairing.until(lambda: pairing.item()["account_name"] == "Padaria Central")
    assert pairing.item()["state"] == "ready"


def test_a_server_that_forgot_the_session_gets_it_anew(pairing: Pairing) -> None:
    pairing.pair()
    pairing.waha.world.delete(pairing.name)
    pairing.until("qrcode")
    pairing.waha.scan(pairing.waha.qr_value(pairing.name), NUMBER)
    pairing.until("ready")


def test_it_stops_when_logged_out_banned_or_taken_over(pairing: Pairing, desk: JsonClient) -> None:
    endings = (
        (pairing.waha.trouble.log_out, "logged_out", "read a new QR code"),
        (pairing.waha.trouble.ban, "banned", "has banned this number"),
    )
    for ruin, state, words in endings:
        pairing.pair(str(int(NUMBER) + len(state)))
        ruin(pairing.name)
        item = pairing.until(state)
        assert words in item["sentence"]
        assert (item["wanted"], item["next_look_at"]) == (False, None)
        assert supervisor.due_sessions() == []
        told = [one for one in desk.get("/notifications").json["items"] if one["code"] == "whatsapp_web.SESSION_DOWN"]
        assert told[0]["url"] == f"/p/whatsapp_web/sessions/{pairing.id}"
    pairing.pair(str(int(NUMBER) + 50))
    pairing.waha.trouble.replace(pairing.name)
    item = pairing.until("failed")
    assert (item["reason"], item["wanted"]) == ("conflict", False)
    assert desk.post(f"{BASE}/{pairing.id}/start").status_code == 202
    pairing.until("ready")


def test_a_ban_for_a_while_says_so(pairing: Pairing) -> None:
    pairing.pair()
    pairing.waha.trouble.ban(pairing.name, seconds=3600)
    item = pairing.until("banned")
    assert item["reason"] == "temporary_ban"
    assert "for a while" in item["sentence"]
    assert Ban is not None


def test_a_failure_has_one_restart_and_then_a_person(pairing: Pairing, waha: WahaSimulator) -> None:
    pairing.pair()
    session = waha.session(pairing.name)
    waha.configure(status_data=False)
    session._fail("unknown", "it broke")
    pairing.until(lambda: pairing.row.restarted)
    pairing.until("ready")
    session._fail("unknown", "it broke again")
    item = pairing.until(lambda: pairing.item() if not pairing.item()["wanted"] else None)
    assert (item["state"], item["next_look_at"]) == ("failed", None)
    assert pairing.history().count("ready") == 2


def test_what_lasted_is_forgiven(pairing: Pairing) -> None:
    pairing.pair()
    pairing.set(attempts=7, restarted=True, ready_at=utcnow() - timedelta(minutes=2))
    pairing.look()
    assert (pairing.row.attempts, pairing.row.restarted) == (0, False)


def test_a_passkey_waits_for_a_person(pairing: Pairing) -> None:
    pairing.waha.configure(passkey=True)
    pairing.add()
    pairing.until("qrcode")
    pairing.waha.scan(pairing.waha.qr_value(pairing.name), NUMBER)
    item = pairing.until("action_required")
    assert "web.whatsapp.com" in item["sentence"]
    pairing.waha.trouble.sign_passkey(pairing.name)
    pairing.until("ready")


def test_working_but_silent_is_found_out(pairing: Pairing) -> None:
    """The provider says WORKING and posts nothing: it is restarted, and what it kept to itself is fetched."""
    pairing.pair()
    pairing.waha.person_writes(number=CUSTOMER, body="heard")
    pairing.until(lambda: pairing.bodies() == ["heard"])
    pairing.look()
    pairing.waha.trouble.silence(pairing.name)
    then = utcnow() - timedelta(minutes=5)
    pairing.set(last_probe_at=utcnow() + timedelta(seconds=10))
    pairing.waha.person_writes(number=CUSTOMER, body="kept", timestamp=int(utcnow().timestamp()) + 2)
    pairing.look()
    assert pairing.row.activity_noticed_at is not None
    assert pairing.item()["state"] == "ready"
    pairing.set(activity_noticed_at=then)
    pairing.look()
    assert pairing.item()["reason"] == "silent"
    pairing.until("ready")
    pairing.until(lambda: pairing.bodies() == ["heard", "kept"])


def test_what_was_lost_unnoticed_is_reconciled(pairing: Pairing) -> None:
    pairing.pair()
    pairing.waha.configure(loss_rate=1.0)
    pairing.waha.person_writes(number=CUSTOMER, body="lost")
    pairing.waha.configure(loss_rate=0.0)
    for _ in range(3):
        pairing.look()
        pairing.turn()
    assert pairing.bodies() == []
    pairing.set(seen_until=utcnow() - driving.RECONCILE, activity_noticed_at=None)
    pairing.until(lambda: pairing.bodies() == ["lost"])


def test_a_history_that_breaks_off_leaves_the_gap_open(pairing: Pairing) -> None:
    pairing.pair()
    pairing.set(gap_open=True)
    pairing.waha.fail("html", on="read", count=2)
    pairing.look()
    assert pairing.row.gap_open
    pairing.until("ready")
    pairing.until(lambda: not pairing.row.gap_open)


def test_one_that_never_gets_ready_is_started_anew(pairing: Pairing) -> None:
    pairing.waha.configure(start_delay=3600.0)
    pairing.add()
    pairing.until(lambda: pairing.waha.world.sessions)
    pairing.set(state_at=utcnow() - timedelta(minutes=5))
    item = pairing.until("disconnected")
    assert item["reason"] == "stuck"
    pairing.waha.configure(start_delay=0.01)
    pairing.until("qrcode")


def test_a_disconnected_channel_is_left_alone(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    channel = pairing.item()["channel_id"]
    assert desk.delete(f"/channels/{channel}").status_code == 204
    pairing.look()
    row = pairing.row
    assert (row.wanted, row.next_at) == (False, None)
    assert desk.get(f"{BASE}/{pairing.id}").status_code == 404


def test_a_channel_from_the_core_has_a_session_too(pairing: Pairing, desk: JsonClient) -> None:
    given = {"driver": "simulator", "server_url": pairing.waha.url, "api_key": pairing.waha.api_key}
    made = desk.post("/channels", {"kind": "whatsapp_web", "name": "Outra", "settings": given}).json
    (item,) = desk.get(BASE).json["items"]
    assert (item["channel_id"], item["state"], item["reason"]) == (made["id"], "disconnected", "new")
    pairing.id = item["id"]
    assert desk.post(f"{BASE}/{item['id']}/start").status_code == 202
    pairing.until("qrcode")


# --- one at a time ----------------------------------------------------------------------------------


def test_two_workers_never_drive_one_session(pairing: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both try at the same moment, again and again; the provider never hears two of them."""
    pairing.pair()
    inside, most, looks = 0, 0, 0
    lock = threading.Lock()
    status = WahaDriver.status

    def counted(driver: WahaDriver) -> Any:
        nonlocal inside, most, looks
        with lock:
            inside += 1
            looks += 1
            most = max(most, inside)
        try:
            return status(driver)
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(WahaDriver, "status", counted)
    organization = pairing.desk.user.organization_id  # type: ignore[union-attr]
    barrier = threading.Barrier(4)

    def work() -> None:
        for _ in range(5):
            barrier.wait()
            supervisor._drive(pairing.app, (organization, uuid.UUID(pairing.id)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert 5 <= looks < 20
    assert pairing.row.lease_owner is None


def test_whose_number_it_is_reaches_the_screens_after_the_news_that_it_works(
    pairing: Pairing, owner_engine: Engine
) -> None:
    pairing.pair()
    told = text("select count(*) from event where type = 'whatsapp_web.session'")
    pairing.set(me_number=None, me_name=None)
    with owner_engine.begin() as connection:
        before = connection.scalar(told)
    pairing.look()
    pairing.look()
    with owner_engine.begin() as connection:
        assert connection.scalar(told) == before + 1
    assert pairing.item()["number"] == NUMBER


def test_slow_servers_hold_up_only_their_like(pairing: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SLOW", -1.0)  # whatever was looked at once is slow from then on
    answers, held, looks = threading.Event(), uuid.uuid4(), list[str]()

    def drive(session_id: str) -> None:
        looks.append(session_id)
        if session_id == str(held) and looks.count(session_id) == 2:
            answers.wait(60)

    monkeypatch.setattr(driving, "drive", drive)
    organization = current_organization()
    with ThreadPoolExecutor(1) as quick, ThreadPoolExecutor(1) as slow:
        lanes = supervisor.Lanes(pairing.app, quick, slow)
        lanes.look((organization, held)).result(60)
        again = lanes.look((organization, held))
        try:
            assert lanes.look((organization, held)) is again  # one at a time
            lanes.look((organization, uuid.uuid4())).result(30)
            assert not again.done()
        finally:
            answers.set()
    assert len(looks) == 3


def test_nobody_waits_for_a_provider_in_the_job_queue(pairing: Pairing, owner_engine: Engine) -> None:
    pairing.add()
    pairing.desk.post(f"{BASE}/{pairing.id}/stop")
    with owner_engine.begin() as connection:
        assert connection.scalar(text("select count(*) from job where plugin = 'whatsapp_web'")) == 0
    assert [str(id_) for id_ in supervisor.due_sessions()] == [pairing.id]


def test_a_dead_workers_lease_runs_out(pairing: Pairing) -> None:
    pairing.pair()
    id_ = uuid.UUID(pairing.id)
    assert leases.take(id_, "first")
    assert not leases.take(id_, "second")
    assert supervisor.due_sessions() == []
    pairing.set(lease_until=utcnow() - timedelta(seconds=1))
    assert leases.take(id_, "second")
    with pytest.raises(leases.LeaseLost):
        leases.renew(id_, "first")
    with pytest.raises(leases.LeaseLost), transaction():
        leases.hold(id_, "first")
    leases.release(id_, "first")
    assert pairing.row.lease_owner == "second"
    leases.renew(id_, "second")
    leases.release(id_, "second")
    assert pairing.row.lease_owner is None


def test_the_lease_is_kept_for_as_long_as_the_work_takes(pairing: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each request it is renewed, so it never ends while the provider is being asked."""
    pairing.pair()
    request, left = HttpClient.request, []

    def late(client: HttpClient, *args: Any, **more: Any) -> httpx2.Response:
        until = pairing.row.lease_until
        assert until is not None
        left.append((until - utcnow()).total_seconds())
        assert more["within"] < left[-1]
        pairing.set(lease_until=utcnow() + timedelta(seconds=1))  # as if the last request had taken nearly all of it
        return request(client, *args, **more)

    monkeypatch.setattr(HttpClient, "request", late)
    pairing.look()
    assert len(left) >= 2
    assert min(left) > LONGEST


def test_whoever_lost_the_lease_asks_nothing_more(pairing: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    pairing.pair()
    request, asked = HttpClient.request, []

    def losing(client: HttpClient, *args: Any, **more: Any) -> httpx2.Response:
        asked.append(args)
        pairing.set(lease_owner="another", lease_until=utcnow() + timedelta(minutes=1))
        return request(client, *args, **more)

    monkeypatch.setattr(HttpClient, "request", losing)
    pairing.desk.post(f"{BASE}/{pairing.id}/restart")
    pairing.look()
    assert len(asked) == 1
    assert pairing.row.lease_owner == "another"


def test_what_a_slow_worker_learnt_is_not_written(pairing: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lease ran out while the provider kept it waiting, and another one took over."""
    pairing.pair()
    status = WahaDriver.status

    def slow(driver: WahaDriver) -> Any:
        pairing.set(lease_owner="another", lease_until=utcnow() + timedelta(minutes=1))
        return status(driver)

    monkeypatch.setattr(WahaDriver, "status", slow)
    before = pairing.row.next_at
    pairing.look()
    assert pairing.row.next_at == before
    assert pairing.row.lease_owner == "another"


def test_the_supervisor_looks_by_itself(pairing: Pairing) -> None:
    """The service as a worker runs it: it finds what is due in every organization, until it is stopped."""
    pairing.add()
    stop = threading.Event()

    def serve() -> None:
        with pairing.app.app_context():
            supervisor.run(stop)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        wait_for(lambda: pairing.item()["state"] == "qrcode", lambda: str(pairing.history()), timeout=20)
        pairing.waha.scan(pairing.waha.qr_value(pairing.name), NUMBER)
        wait_for(lambda: pairing.item()["state"] == "ready", lambda: str(pairing.history()), timeout=20)
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
