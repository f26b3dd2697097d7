"""Sessions of the simulator: states, QR and pairing codes, what ends a connection."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import zxingcpp
from PIL import Image

from ramal_whatsapp_web.testing import NUMBER, Callback, ManualClock, PairingError, WahaSimulator
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback

web = httpx2.Client(timeout=60.0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def still(clock: ManualClock) -> Iterator[WahaSimulator]:
    """A simulator whose time the test moves."""
    with WahaSimulator(clock=clock, start_delay=0.0) as simulator:
        yield simulator


def status(simulator: WahaSimulator, session: str = "default") -> str:
    return str(simulator.call("GET", f"/api/sessions/{session}").json()["status"])


def create(simulator: WahaSimulator, name: str = "default", **config: Any) -> dict[str, Any]:
    answer = simulator.call("POST", "/api/sessions", json={"name": name, "config": config})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def picture(content: bytes) -> str:
    """What a phone reads in the picture."""
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)))
    return str(code.text)


# --- life -----------------------------------------------------------------------------------------------


def test_without_the_key_nobody_gets_in(waha: WahaSimulator) -> None:
    for headers in ({}, {"X-Api-Key": "another"}):
        answer = web.get(f"{waha.url}/api/sessions", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized", "statusCode": 401})
    assert web.get(f"{waha.url}/ping").json() == {"message": "pong"}


def test_a_session_starts_and_asks_for_a_scan(waha: WahaSimulator) -> None:
    created = create(waha, metadata={"channel": "7"})
    assert (created["name"], created["status"], created["me"]) == ("default", "STARTING", None)
    assert created["config"] == {"metadata": {"channel": "7"}}
    waha.wait_status("default", "SCAN_QR_CODE")
    assert waha.call("POST", "/api/sessions", json={"name": "default"}).status_code == 422
    assert waha.call("GET", "/api/sessions/default/me").json() is None


def test_start_stop_and_delete_can_be_repeated(waha: WahaSimulator) -> None:
    create(waha)
    for _ in range(2):
        assert waha.call("POST", "/api/sessions/default/stop").status_code == 201
        assert status(waha) == "STOPPED"
    for _ in range(2):
        assert waha.call("POST", "/api/sessions/default/start").status_code == 201
    waha.wait_status("default", "SCAN_QR_CODE")
    for _ in range(2):
        assert waha.call("DELETE", "/api/sessions/default").status_code == 200
    answer = waha.call("GET", "/api/sessions/default")
    assert (answer.status_code, answer.json()["statusCode"]) == (404, 404)
    assert waha.call("POST", "/api/sessions/default/start").status_code == 404


def test_a_session_can_wait_to_be_started_and_gets_a_name(waha: WahaSimulator) -> None:
    created = waha.call("POST", "/api/sessions", json={"start": False}).json()
    assert created["name"].startswith("session_")
    assert created["status"] == "STOPPED"
    assert waha.call("GET", "/api/sessions").json() == []
    (listed,) = waha.call("GET", "/api/sessions?all=true").json()
    assert listed["name"] == created["name"]


def test_a_new_configuration_restarts_a_session_and_keeps_it_linked(waha: WahaSimulator) -> None:
    waha.link()
    before = waha.session().device
    answer = waha.call("PUT", "/api/sessions/default", json={"config": {"metadata": {"a": "b"}}})
    assert answer.json()["config"] == {"metadata": {"a": "b"}}
    waha.wait_status("default", "WORKING")
    states = [item["status"] for item in waha.session().statuses]
    assert states == ["STOPPED", "STARTING", "WORKING"]
    assert waha.session().device is before


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a b"},
        {"config": {"webhooks": [{"url": "ftp://x", "events": ["message"]}]}},
        {"config": {"webhooks": [{"url": "http://x"}]}},
        {"config": {"proxy": {"username": "u"}}},
        {"config": {"proxy": {"server": "http://proxy:3128"}}},
    ],
)
def test_a_wrong_configuration_is_refused(waha: WahaSimulator, body: dict[str, Any]) -> None:
    answer = waha.call("POST", "/api/sessions", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")


def test_the_state_goes_to_the_webhook_with_the_last_three(waha: WahaSimulator, waha_callback: Callback) -> None:
    waha.link(webhook=waha_callback.url)
    states = waha_callback.wait("session.status", 2)
    assert [item["status"] for item in states] == ["STARTING", "WORKING"]
    assert [item["status"] for item in states[-1]["statuses"]] == ["STARTING", "WORKING"]
    working = waha_callback.bodies("session.status")[-1]
    assert working["me"]["id"] == f"{NUMBER}@c.us"
    assert working["id"].startswith("evt_")
    assert (working["engine"], working["session"]) == ("GOWS", "default")


# --- linking --------------------------------------------------------------------------------------------


def test_the_shown_picture_links_the_phone_that_scans_it(waha: WahaSimulator) -> None:
    create(waha)
    waha.wait_status("default", "SCAN_QR_CODE")
    png = waha.call("GET", "/api/default/auth/qr?format=image")
    assert png.headers["content-type"] == "image/png"
    value = picture(png.content)
    document = waha.call("GET", "/api/default/auth/qr", headers={"Accept": "application/json"}).json()
    assert document["mimetype"] == "image/png"
    assert picture(base64.b64decode(document["data"])) == value
    assert waha.call("GET", "/api/default/auth/qr?format=raw").json() == {"value": value}
    waha.scan(value, "5511900000003", "Padaria Fictícia")
    waha.wait_status("default", "WORKING")
    me = waha.call("GET", "/api/sessions/default/me").json()
    assert (me["id"], me["pushName"]) == ("5511900000003@c.us", "Padaria Fictícia")
    assert me["lid"].endswith("@lid")
    assert waha.call("GET", "/api/default/auth/qr").status_code == 422


def test_codes_change_after_60_then_20_seconds_and_end_after_six(still: WahaSimulator, clock: ManualClock) -> None:
    create(still)
    seen = [still.qr_value()]
    clock.advance(59.9)
    assert still.qr_value() == seen[0]
    clock.advance(0.2)
    seen.append(still.qr_value())
    for _ in range(4):
        clock.advance(20)
        seen.append(still.qr_value())
    assert len(set(seen)) == 6
    clock.advance(20)
    assert status(still) == "FAILED"
    assert still.call("GET", "/api/sessions/default").json()["data"]["reason"] == "qr_timeout"
    still.call("POST", "/api/sessions/default/start")
    assert status(still) == "FAILED"
    still.call("POST", "/api/sessions/default/restart")
    assert status(still) == "SCAN_QR_CODE"


def test_every_new_code_is_announced(still: WahaSimulator, clock: ManualClock, waha_callback: Callback) -> None:
    create(still, webhooks=[{"url": waha_callback.url, "events": ["session.status"]}])
    clock.advance(60)
    clock.advance(20)
    states = [item["status"] for item in waha_callback.wait("session.status", 4)]
    assert states == ["STARTING", "SCAN_QR_CODE", "SCAN_QR_CODE", "SCAN_QR_CODE"]


def test_only_the_code_on_show_can_be_scanned(still: WahaSimulator, clock: ManualClock) -> None:
    create(still)
    old = still.qr_value()
    clock.advance(60)
    for value, problem in ((old, "expired"), ("2@nonsense", "unknown")):
        with pytest.raises(PairingError) as caught:
            still.scan(value)
        assert caught.value.problem == problem
    still.scan(still.qr_value())
    assert status(still) == "WORKING"


def test_speed_makes_codes_expire_sooner() -> None:
    with WahaSimulator(speed=2000.0, fast=True) as simulator:
        create(simulator)
        simulator.wait_status("default", "FAILED")


def test_a_pairing_code_links_the_number_it_was_asked_for(waha: WahaSimulator) -> None:
    create(waha)
    waha.wait_status("default", "SCAN_QR_CODE")
    answer = waha.call("POST", "/api/default/auth/request-code", json={"phoneNumber": "5511990000001"})
    code = answer.json()["code"]
    assert [len(part) for part in code.split("-")] == [4, 4]
    with pytest.raises(PairingError, match="wrong_number"):
        waha.enter_code(code, "5511900000009")
    waha.enter_code(code.lower(), "551190000001")
    waha.wait_status("default", "WORKING")
    assert waha.call("POST", "/api/default/auth/request-code", json={"phoneNumber": "1"}).status_code == 422


def test_a_pairing_code_lives_three_minutes_and_is_replaced(still: WahaSimulator, clock: ManualClock) -> None:
    still.configure(qr_first=1000.0)
    create(still)
    first, second = (still.session().request_code(NUMBER) for _ in range(2))
    with pytest.raises(PairingError, match="expired"):
        still.enter_code(first)
    clock.advance(180)
    with pytest.raises(PairingError, match="expired"):
        still.enter_code(second)
    with pytest.raises(PairingError, match="unknown"):
        still.enter_code("AAAA-0000")
    assert still.call("POST", "/api/default/auth/request-code", json={"phoneNumber": "+55"}).status_code == 422


@pytest.mark.parametrize("confirmation", [False, True])
def test_linking_may_ask_for_a_passkey(waha: WahaSimulator, waha_callback: Callback, confirmation: bool) -> None:
    waha.configure(passkey=True, passkey_confirmation=confirmation)
    create(waha, webhooks=[{"url": waha_callback.url, "events": ["session.status"]}])
    waha.wait_status("default", "SCAN_QR_CODE")
    waha.scan(waha.qr_value())
    challenge = waha.call("GET", "/api/default/auth/passkey/challenge").json()
    assert challenge["rpId"] == "web.whatsapp.com"
    asked = waha_callback.wait("session.status", 3)[-1]
    assert (asked["status"], asked["data"]["challenge"]) == ("PASSKEY_REQUIRED", challenge["challenge"])
    response = {"clientDataJSON": "e30", "authenticatorData": "e30", "signature": "e30"}
    assertion = {"id": "1", "rawId": "1", "type": "public-key", "response": response}
    assert waha.call("POST", "/api/default/auth/passkey", json=assertion).status_code == 201
    if confirmation:
        assert len(waha.call("GET", "/api/default/auth/passkey/confirmation").json()["code"]) == 4
        assert waha.call("POST", "/api/default/auth/passkey/confirm").status_code == 201
    waha.wait_status("default", "WORKING")
    for method, path in (("GET", "challenge"), ("GET", "confirmation"), ("POST", "confirm")):
        assert waha.call(method, f"/api/default/auth/passkey/{path}").status_code == 422


def test_a_person_signs_the_passkey(waha: WahaSimulator) -> None:
    waha.configure(passkey=True, passkey_confirmation=True)
    create(waha)
    waha.wait_status("default", "SCAN_QR_CODE")
    waha.scan(waha.qr_value())
    waha.trouble.sign_passkey()
    waha.wait_status("default", "WORKING")


# --- the end of a connection ----------------------------------------------------------------------------


def test_after_logout_the_session_asks_for_a_scan_again(waha: WahaSimulator) -> None:
    waha.link()
    waha.call("POST", "/api/sessions/default/logout")
    waha.wait_status("default", "SCAN_QR_CODE")
    assert waha.network.account(NUMBER).devices == []


def test_logged_out_on_the_phone(waha: WahaSimulator, waha_callback: Callback) -> None:
    waha.link(webhook=waha_callback.url)
    waha.trouble.log_out()
    assert status(waha) == "FAILED"
    told = waha_callback.wait("session.status", 3)[-1]
    assert (told["status"], told["data"]["reason"], told["data"]["code"]) == ("FAILED", "logged_out", 401)
    waha.call("POST", "/api/sessions/default/restart")
    waha.wait_status("default", "SCAN_QR_CODE")


def test_removed_while_stopped_is_found_out_at_the_start(waha: WahaSimulator) -> None:
    waha.link()
    waha.call("POST", "/api/sessions/default/stop")
    waha.trouble.log_out()
    waha.call("POST", "/api/sessions/default/start")
    waha.wait_status("default", "FAILED")
    assert waha.session().data is not None
    assert waha.session().data["reason"] == "logged_out"


def test_replaced_elsewhere_and_won_back(waha: WahaSimulator) -> None:
    waha.link()
    waha.trouble.replace()
    described = waha.call("GET", "/api/sessions/default").json()
    assert (described["status"], described["data"]["reason"]) == ("FAILED", "conflict")
    waha.call("POST", "/api/sessions/default/restart")
    waha.wait_status("default", "WORKING")


def test_a_temporary_ban_outlives_restarts_and_ends(still: WahaSimulator, clock: ManualClock) -> None:
    still.link()
    still.trouble.ban(seconds=3600, code=104)
    for _ in range(2):
        described = still.call("GET", "/api/sessions/default").json()
        assert described["status"] == "FAILED"
        assert (described["data"]["reason"], described["data"]["code"]) == ("temporary_ban", 104)
        assert described["data"]["until"] == int(clock.time()) + 3600
        still.call("POST", "/api/sessions/default/restart")
    clock.advance(3600)
    still.call("POST", "/api/sessions/default/restart")
    assert status(still) == "WORKING"


def test_a_ban_for_good_refuses_links_too(waha: WahaSimulator) -> None:
    waha.link()
    waha.trouble.ban()
    assert waha.session().data is not None
    assert (waha.session().data["reason"], waha.session().data["until"]) == ("banned", None)
    create(waha, "other")
    waha.wait_status("other", "SCAN_QR_CODE")
    with pytest.raises(PairingError, match="banned"):
        waha.scan(waha.qr_value("other"))


def test_reasons_may_be_missing_as_in_older_versions(waha: WahaSimulator, waha_callback: Callback) -> None:
    waha.configure(status_data=False)
    waha.link(webhook=waha_callback.url)
    waha.trouble.log_out()
    assert "data" not in waha_callback.wait("session.status", 3)[-1]
    assert "data" not in waha.call("GET", "/api/sessions/default").json()


def test_a_short_loss_of_the_network_heals_by_itself(still: WahaSimulator, clock: ManualClock) -> None:
    still.link()
    still.trouble.drop(seconds=30)
    assert status(still) == "STARTING"
    clock.advance(30)
    assert status(still) == "WORKING"


def test_what_a_session_cannot_do_in_its_state_says_so(waha: WahaSimulator) -> None:
    create(waha)
    waha.wait_status("default", "SCAN_QR_CODE")
    body = {"session": "default", "chatId": "5511900000002@c.us", "text": "Oi"}
    answer = waha.call("POST", "/api/sendText", json=body)
    assert answer.status_code == 422
    assert (answer.json()["status"], answer.json()["expected"]) == ("SCAN_QR_CODE", ["WORKING"])
    with pytest.raises(TimeoutError, match="SCAN_QR_CODE"):
        waha.wait_status("default", "WORKING", timeout=0.02)
