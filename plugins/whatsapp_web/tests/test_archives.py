"""Archives: nobody but the password's owner opens one, nothing in it can be changed, and only one copy is live."""

from __future__ import annotations

import io
import json
import struct
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import pytest
from marshmallow import ValidationError

from ramal.api import HttpClient, InvalidPayload, channel_context
from ramal.plugins.services import enable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import TestOrganization
from ramal_whatsapp_web import archive
from ramal_whatsapp_web.channel import WhatsAppWebChannel
from ramal_whatsapp_web.schemas.archives import ArchiveSchema
from ramal_whatsapp_web.testing import NUMBER, WahaSimulator

from .pairing import BASE, CUSTOMER, Pairing

PASSWORD = "uma frase bem comprida"
CONTENT = {"number": "5511900000001", "state": "c2VjcmV0"}


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return archive.seal(CONTENT, PASSWORD)


def test_what_was_sealed_is_opened_by_its_password_alone(sealed: bytes) -> None:
    assert archive.open_archive(sealed, PASSWORD) == CONTENT
    assert b"5511900000001" not in sealed
    with pytest.raises(InvalidPayload) as error:
        archive.open_archive(sealed, "another password")
    assert "password" in error.value.details
    assert archive.seal(CONTENT, PASSWORD) != sealed


def test_no_byte_can_be_changed(sealed: bytes) -> None:
    for place in (3, 9, 40, len(sealed) // 2, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(InvalidPayload):
            archive.open_archive(bytes(changed), PASSWORD)
    for cut in (b"", sealed[:6], sealed[:30], sealed[:-1], sealed + b"x"):
        with pytest.raises(InvalidPayload):
            archive.open_archive(cut, PASSWORD)


def _with_header(sealed: bytes, **changes: Any) -> bytes:
    (length,) = struct.unpack(">I", sealed[8:12])
    header = {**json.loads(sealed[12 : 12 + length]), **changes}
    packed = json.dumps(header).encode()
    return sealed[:8] + struct.pack(">I", len(packed)) + packed + sealed[12 + length :]


def test_a_strangers_header_costs_nothing(sealed: bytes) -> None:
    (length,) = struct.unpack(">I", sealed[8:12])
    kdf = json.loads(sealed[12 : 12 + length])["kdf"]
    for wrong in ({"n": 2**30}, {"r": 900}, {"p": 0}, {"n": "x"}, {"n": float("inf")}, {"salt": None}):
        with pytest.raises(InvalidPayload, match="no archive"):
            archive.open_archive(_with_header(sealed, kdf={**kdf, **wrong}), PASSWORD)
    with pytest.raises(InvalidPayload, match="newer version"):
        archive.open_archive(_with_header(sealed, version=2), PASSWORD)
    with pytest.raises(InvalidPayload, match="no archive"):
        archive.open_archive(sealed[:8] + struct.pack(">I", 2**31) + sealed[12:], PASSWORD)
    with pytest.raises(InvalidPayload, match="no archive"):
        archive.open_archive(sealed[:8] + struct.pack(">I", 4000) + b"[" * 4000, PASSWORD)


def test_a_password_is_long_enough() -> None:
    with pytest.raises(InvalidPayload) as error:
        archive.seal(CONTENT, "short")
    assert "at least 10" in error.value.details["password"][0]


# --- moving ---------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(pairing: Pairing, waha: WahaSimulator, allowed: HttpClient) -> Iterator[WahaSimulator]:
    """A second server, on the same phone network."""
    with WahaSimulator(network=waha.network, start_delay=0.01, ack_delay=0.01, retry_delay=0.02) as other:
        hosts = tuple(urlsplit(one.url).netloc for one in (waha, other))
        client = pairing.app.extensions["ramal.http_client"] = HttpClient(allow=hosts)
        yield other
        pairing.app.extensions["ramal.http_client"] = allowed
        client.close()


def bring(desk: JsonClient, data: bytes, password: str = PASSWORD, **more: Any) -> Any:
    form = {"file": (io.BytesIO(data), "loja.ramal"), "password": password, **more}
    return desk.post(f"{BASE}/import", data=form, content_type="multipart/form-data")


def test_a_number_moves_and_stays_connected(
    pairing: Pairing,
    desk: JsonClient,
    elsewhere: WahaSimulator,
    api: Callable[..., JsonClient],
    other_organization: TestOrganization,
    acting_for: Callable[..., AbstractContextManager[None]],
) -> None:
    pairing.pair()
    live = desk.post(f"{BASE}/{pairing.id}/export", {"password": PASSWORD})
    assert live.status_code == 409
    assert "Stop it first" in live.json["error"]["message"]
    desk.post(f"{BASE}/{pairing.id}/stop")
    pairing.until("disconnected")
    assert desk.post(f"{BASE}/{pairing.id}/export", {"password": "short"}).status_code == 422
    answer = desk.post(f"{BASE}/{pairing.id}/export", {"password": PASSWORD})
    assert (answer.status_code, answer.data[:8]) == (200, archive.MAGIC)
    assert NUMBER.encode() not in answer.data
    item = pairing.item()
    assert (item["reason"], item["wanted"], bool(item["exported_at"])) == ("exported", False, True)
    assert desk.post(f"{BASE}/{pairing.id}/start").status_code == 409

    with acting_for(other_organization.id):
        enable_plugin("whatsapp_web")
        there = Pairing(pairing.app, api(other_organization.admin), elsewhere)
        assert bring(there.desk, answer.data, "a wrong password").status_code == 422
        assert bring(there.desk, b"nonsense").status_code == 422
        made = bring(there.desk, answer.data, server_url=elsewhere.url, api_key=elsewhere.api_key, name="Vinda de lá")
        assert made.status_code == 201, made.text
        there.id = made.json["id"]
        ready = there.until("ready")
        assert (ready["number"], ready["name"]) == (NUMBER, "Vinda de lá")
        assert "qrcode" not in there.history()
        assert ready["first_ready_at"] == item["first_ready_at"]
        elsewhere.person_writes(number=CUSTOMER, body="still there?")
        there.until(lambda: there.bodies() == ["still there?"])
        assert bring(there.desk, answer.data).status_code == 409
        moved = there.name
    actions = [one["action"] for one in desk.get("/audit").json["items"]]
    assert "whatsapp_web.session.exported" in actions

    # Removing the channel here does not unpair what lives there.
    WhatsAppWebChannel().disconnect(channel_context(uuid.UUID(pairing.item()["channel_id"])))
    assert elsewhere.session(moved).status == "WORKING"

    # Nobody's word starts it beside the copy that everybody could see: it is live in this installation.
    for said in ({}, {"ended_elsewhere": True}):
        beside = desk.post(f"{BASE}/{pairing.id}/start", said)
        assert (beside.status_code, "perhaps in another organization" in beside.text) == (409, True)
        assert other_organization.name not in beside.text

    # Nor while the copy there was stopped by a person, and its provider not told of it yet.
    with acting_for(other_organization.id):
        there.desk.post(f"{BASE}/{there.id}/stop")
        assert there.item()["wanted"] is False
        there.set(state="disconnected")
    assert desk.post(f"{BASE}/{pairing.id}/start", {"ended_elsewhere": True}).status_code == 409
    with acting_for(other_organization.id):
        there.until(lambda: there.item()["reason"] == "stopped")

    # It ended there, as far as this installation goes: now the word of the one who exported it counts.
    assert "say so" in desk.post(f"{BASE}/{pairing.id}/start").text
    again = desk.post(f"{BASE}/{pairing.id}/start", {"ended_elsewhere": True})
    assert again.status_code == 202
    assert again.json["exported_at"] is None
    pairing.until("ready")

    # It lives here again, so no organization of this installation takes the old archive in.
    with acting_for(other_organization.id):
        refused = bring(api(other_organization.admin), answer.data, server_url=elsewhere.url, api_key=elsewhere.api_key)
        assert (refused.status_code, "connected here already" in refused.text) == (409, True)

        # Nor is the copy there started again while this one runs.
        for said in ({}, {"ended_elsewhere": True}):
            restarted = there.desk.post(f"{BASE}/{there.id}/start", said)
            assert (restarted.status_code, "perhaps in another organization" in restarted.text) == (409, True)
    there.close()


def test_a_copy_whose_channel_was_removed_is_no_copy(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    desk.post(f"{BASE}/{pairing.id}/stop")
    pairing.until("disconnected")
    data = desk.post(f"{BASE}/{pairing.id}/export", {"password": PASSWORD}).data
    first = pairing.item()["channel_id"]
    back = bring(desk, data, name="De volta")
    assert back.status_code == 201, back.text
    pairing.id, exported = back.json["id"], pairing.id
    pairing.until("ready")
    assert desk.delete(f"/channels/{pairing.item()['channel_id']}").status_code == 204
    assert desk.get(f"/channels/{first}").status_code == 200
    assert desk.post(f"{BASE}/{exported}/start", {"ended_elsewhere": True}).status_code == 202


def test_a_new_pairing_is_no_copy_of_the_old_one(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    before = pairing.row.pairing_id
    desk.post(f"{BASE}/{pairing.id}/restart")
    pairing.until("ready")
    assert pairing.row.pairing_id == before
    desk.post(f"{BASE}/{pairing.id}/logout")
    pairing.until("logged_out")
    desk.post(f"{BASE}/{pairing.id}/start")
    pairing.until("qrcode")
    assert pairing.row.pairing_id != before


def test_what_the_provider_refuses_leaves_nothing(pairing: Pairing, desk: JsonClient) -> None:
    content = {
        "kind": "whatsapp_web",
        "name": "Falsa",
        "driver": "simulator",
        "pairing": str(uuid.uuid4()),
        "me": {"number": "5511900000009", "name": "x", "lid": None},
        "first_ready_at": None,
        "seen_until": None,
        "settings": {"server_url": pairing.waha.url, "api_key": pairing.waha.api_key},
        "state": "bm8gc3RhdGU=",
    }
    answer = bring(desk, archive.seal(content, PASSWORD))
    assert answer.status_code in (409, 502), answer.text
    assert desk.get(BASE).json["items"] == []
    assert desk.get("/channels").json["items"] == []
    assert bring(desk, archive.seal(content, PASSWORD), name="a\0b").status_code == 422
    incomplete = bring(desk, archive.seal({"name": "x"}, PASSWORD))
    assert incomplete.status_code == 422
    assert desk.post(f"{BASE}/import", data={}, content_type="multipart/form-data").status_code == 422


_ME = {"number": "5511900000009", "name": "Oficina Fictícia", "lid": None}
_HELD = {
    "name": "Loja",
    "driver": "simulator",
    "pairing": "0197a1f0-0000-7000-8000-000000000001",
    "me": _ME,
    "first_ready_at": "2026-01-05T12:00:00+00:00",
    "seen_until": None,
    "settings": {},
    "state": "bm8=",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 5},
        {"name": ""},
        {"name": "x\0"},
        {"driver": ["simulator"]},
        {"driver": "another"},
        {"pairing": "x"},
        {"me": []},
        {"me": {**_ME, "number": 5511900000009}},
        {"me": {**_ME, "number": "9" * 41}},
        {"me": {**_ME, "name": {"a": 1}}},
        {"me": {**_ME, "name": "x\0"}},
        {"me": {**_ME, "name": "x" * 201}},
        {"me": {**_ME, "lid": [1]}},
        {"me": {**_ME, "more": 1}},
        {"first_ready_at": 5},
        {"first_ready_at": "2026-01-01T00:00:00"},
        {"seen_until": "yesterday"},
        {"first_ready_at": "0001-01-01T00:00:00+14:00"},
        {"first_ready_at": "9999-12-31T23:59:59-14:00"},
        {"seen_until": "0001-01-01T00:00:00+14:00"},
        {"seen_until": "9999-12-31T23:59:59-14:00"},
        {"seen_until": "2200-01-01T00:00:00+00:00"},
        {"settings": "x"},
        {"state": 5},
        {"state": None},
    ],
    ids=repr,
)
def test_a_sealed_file_is_still_a_strangers(wrong: dict[str, Any]) -> None:
    ArchiveSchema().load({**_HELD, "of a newer version": 1})
    with pytest.raises(ValidationError):
        ArchiveSchema().load({**_HELD, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "\ud800"},
        {"me": {**_ME, "name": "\udfff"}},
        {"settings": {"server_url": "http://127.0.0.1:1", "api_key": "\ud800"}},
        {"settings": {"server_url": "http://127.0.0.1:1/\ud800"}},
        {"settings": {"server_url": "http://127.0.0.1:1", "proxy": "http://\ud800:x@proxy.example.com:3128"}},
        {"settings": {"\ud800": 1}},
        {"of a newer version": ["\udc00"]},
    ],
    ids=ascii,
)
def test_halves_of_characters_are_a_sentence(desk: JsonClient, wrong: dict[str, Any]) -> None:
    answer = bring(desk, archive.seal({**_HELD, **wrong}, PASSWORD))
    assert (answer.status_code, "no archive of a WhatsApp session" in answer.text) == (422, True), answer.text


@pytest.mark.parametrize("host", ["\u200b", "\u200b\u2060", "\u00a0", "a..b"])
def test_a_proxy_that_nobody_can_find_is_refused(desk: JsonClient, host: str) -> None:
    settings = {"server_url": "http://127.0.0.1:1", "proxy": f"http://{host}:3128"}
    brought = bring(desk, archive.seal({**_HELD, "settings": settings}, PASSWORD))
    assert (brought.status_code, list(brought.json["error"]["details"])) == (422, ["proxy"]), brought.text
    added = desk.post(BASE, {"name": "Loja", "risk_accepted": True, **settings})
    assert (added.status_code, list(added.json["error"]["details"])) == (422, ["proxy"]), added.text


def test_nothing_to_take_along(pairing: Pairing, desk: JsonClient) -> None:
    pairing.add()
    desk.post(f"{BASE}/{pairing.id}/stop")
    pairing.until("disconnected")
    answer = desk.post(f"{BASE}/{pairing.id}/export", {"password": PASSWORD})
    assert (answer.status_code, "No phone is paired" in answer.text) == (409, True)


def test_a_provider_that_lies_or_is_away_exports_nothing(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    desk.post(f"{BASE}/{pairing.id}/stop")
    pairing.until("disconnected")
    pairing.waha.session(pairing.name).start()
    pairing.waha.wait_status(pairing.name, "WORKING")
    assert desk.post(f"{BASE}/{pairing.id}/export", {"password": PASSWORD}).status_code == 409
    pairing.waha.go_down()
    away = desk.post(f"{BASE}/{pairing.id}/export", {"password": PASSWORD})
    assert (away.status_code, "can't say whether" in away.text) == (409, True)


def test_a_driver_that_cannot_shows_and_does_nothing(pairing: Pairing, desk: JsonClient) -> None:
    item = pairing.pair(driver="waha")
    assert "export" not in item["capabilities"]
    desk.post(f"{BASE}/{pairing.id}/stop")
    pairing.until("disconnected")
    answer = desk.post(f"{BASE}/{pairing.id}/export", {"password": PASSWORD})
    assert (answer.status_code, "can't hand its sessions over" in answer.text) == (409, True)
