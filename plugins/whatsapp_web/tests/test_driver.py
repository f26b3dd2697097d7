"""The driver against the simulator's real HTTP: sessions, sends, history, and every kind of trouble."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from marshmallow import ValidationError
from pytest_httpserver import HTTPServer

from ramal.api import (
    ChannelContext,
    FailureClass,
    HttpClient,
    InvalidPayload,
    MediaRef,
    Outbound,
    OutboundFile,
    SignatureInvalid,
    SignatureMissing,
    WebhookRequest,
)
from ramal_whatsapp_web import errors, limits
from ramal_whatsapp_web.channel import WhatsAppWebChannel
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.drivers.base import Driver, DriverCapability, Me, SessionState
from ramal_whatsapp_web.drivers.waha import WahaDriver
from ramal_whatsapp_web.drivers.waha.driver import proxy_of
from ramal_whatsapp_web.drivers.waha.signature import sign
from ramal_whatsapp_web.schemas.sessions import ServerSchema
from ramal_whatsapp_web.settings import WhatsAppWebSettings
from ramal_whatsapp_web.testing import NUMBER, WahaSimulator

from .shop import CUSTOMER

WEBHOOK = "http://127.0.0.1:9/hook"
CHAT = f"{CUSTOMER}@c.us"


@pytest.fixture(autouse=True)
def _context(ramal_app: Flask) -> Iterator[None]:
    """Sentences are in somebody's language."""
    with ramal_app.app_context():
        yield


def driver_at(url: str, *, api_key: str = "", **more: Any) -> WahaDriver:
    settings = WhatsAppWebSettings().load({"driver": "simulator", "server_url": url, "api_key": api_key, **more})
    http = HttpClient(allow=(urlsplit(url).netloc,))
    driver = driver_of(ChannelContext(uuid.uuid4(), uuid.uuid4(), "Teste", settings, http))
    assert isinstance(driver, WahaDriver)
    return driver


@pytest.fixture
def driver(waha: WahaSimulator) -> WahaDriver:
    """A driver whose session is not there yet."""
    return driver_at(waha.url, api_key=waha.api_key)


@pytest.fixture
def linked(waha: WahaSimulator, driver: WahaDriver) -> WahaDriver:
    """A driver whose session works, and a person with WhatsApp."""
    waha.link(driver.session)
    waha.person(CUSTOMER)
    return driver


def outbound(**changes: Any) -> Outbound:
    values: dict[str, Any] = {
        "message_id": uuid.uuid4(),
        "client_ref": str(uuid.uuid4()),
        "address": CHAT,
        "aliases": (),
        "kind": "text",
        "body": "Bom dia!",
    }
    return Outbound(**(values | changes))


# --- the session ----------------------------------------------------------------------------------------


def test_a_session_is_made_scanned_and_ready(waha: WahaSimulator, driver: WahaDriver) -> None:
    assert driver.status().state is SessionState.DISCONNECTED
    driver.start(WEBHOOK)
    waha.wait_status(driver.session, "SCAN_QR_CODE")
    qr = driver.qr()
    assert qr is not None
    assert qr.png.startswith(b"\x89PNG")
    assert qr.expires_at is not None
    waha.scan(qr.value, NUMBER, "Loja")
    waha.wait_status(driver.session, "WORKING")
    status = driver.status()
    assert (status.state, status.me and status.me.number) == (SessionState.READY, NUMBER)
    assert driver.qr() is None


def test_a_session_is_paired_by_a_code(waha: WahaSimulator, driver: WahaDriver) -> None:
    driver.start(WEBHOOK)
    waha.wait_status(driver.session, "SCAN_QR_CODE")
    waha.enter_code(driver.request_code(f"+{NUMBER}"), NUMBER)
    waha.wait_status(driver.session, "WORKING")


def test_starting_twice_changes_nothing_and_a_new_webhook_is_told(waha: WahaSimulator, linked: WahaDriver) -> None:
    linked.start(WEBHOOK)
    waha.wait_status(linked.session, "WORKING")
    before = len(waha.session(linked.session).statuses)
    assert linked.start(WEBHOOK).state is SessionState.READY
    assert len(waha.session(linked.session).statuses) == before
    linked.start(f"{WEBHOOK}2")
    (webhook,) = waha.session(linked.session).config["webhooks"]
    assert webhook["url"] == f"{WEBHOOK}2"
    assert "message.any" in webhook["events"]
    assert "message" not in webhook["events"]
    assert len(webhook["hmac"]["key"]) > 30


def test_a_proxy_is_handed_over(waha: WahaSimulator) -> None:
    driver = driver_at(waha.url, api_key=waha.api_key, proxy="http://ana:segredo@proxy.example:3128")
    driver.start(WEBHOOK)
    proxy = {"server": "proxy.example:3128", "username": "ana", "password": "segredo"}
    assert waha.session(driver.session).config["proxy"] == proxy
    assert proxy_of("http://proxy.example:3128") == {"server": "proxy.example:3128"}


def test_stop_restart_logout_and_delete(waha: WahaSimulator, linked: WahaDriver) -> None:
    assert linked.stop().state is SessionState.DISCONNECTED
    linked.restart()
    waha.wait_status(linked.session, "WORKING")
    linked.logout()
    waha.wait_status(linked.session, "SCAN_QR_CODE")
    linked.delete()
    linked.delete()
    assert linked.status().reason == "missing"
    assert linked.stop().reason == "missing"
    with pytest.raises(errors.SessionMissingError):
        linked.restart()


def test_the_state_moves_to_another_provider(waha: WahaSimulator, linked: WahaDriver) -> None:
    with WahaSimulator(network=waha.network, start_delay=0.01) as elsewhere:
        other = driver_at(elsewhere.url, api_key=elsewhere.api_key)
        state = linked.export_state()
        linked.stop()
        other.import_state(state)
        other.start(WEBHOOK)
        elsewhere.wait_status(other.session, "WORKING")
        status = other.status()
        assert status.me is not None
        assert status.me.number == NUMBER
        with pytest.raises(errors.ProviderError):
            other.import_state(state)


def test_only_the_simulator_moves_sessions(waha: WahaSimulator) -> None:
    driver = driver_at(waha.url, driver="waha")
    assert DriverCapability.EXPORT not in driver.capabilities
    with pytest.raises(errors.UnsupportedError):
        driver.export_state()
    with pytest.raises(errors.UnsupportedError):
        driver.import_state(b"")


def test_what_a_driver_lacks_says_so(waha: WahaSimulator, driver: WahaDriver) -> None:
    class Poor(Driver):
        name, title = "poor", "Poor"

    poor = Poor(driver.context)
    since = datetime.now(UTC)
    for call in (
        poor.qr, poor.last_activity, lambda: poor.request_code("55"), lambda: poor.history(since),
        lambda: poor.mark_read(CHAT, []), lambda: poor.typing(CHAT, True), lambda: poor.react(CHAT, "K", None),
        lambda: poor.edit(CHAT, "K", "x"), lambda: poor.revoke(CHAT, "K"), lambda: poor.fetch_media(MediaRef({})),
    ):  # fmt: skip
        with pytest.raises(errors.UnsupportedError, match="Poor"):
            call()


# --- messages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["gows", "webjs", "noweb"])
def test_the_messages_id_is_read_from_every_engines_answer(waha: WahaSimulator, linked: WahaDriver, shape: str) -> None:
    waha.configure(id_shape=shape)
    result = linked.send(outbound())
    assert result.provider_id == waha.ledger("sendText")[0]["key"]


def test_a_typed_number_is_looked_up_in_either_spelling(waha: WahaSimulator, linked: WahaDriver) -> None:
    person = waha.person("551187650009", known="both")
    result = linked.send(outbound(address="5511987650009"))
    assert result.address == "551187650009@c.us"
    assert [(alias.kind, alias.value) for alias in result.aliases] == [("lid", person.lid)]
    assert waha.ledger("sendText")[0]["to"] == "551187650009@c.us"


def test_a_typed_number_without_whatsapp_is_refused(linked: WahaDriver) -> None:
    with pytest.raises(errors.ProviderError) as caught:
        linked.send(outbound(address="5511988880000"))
    assert errors.classify(caught.value).code == "NOT_ON_WHATSAPP"
    assert errors.classify(caught.value).failure is FailureClass.PERMANENT
    assert not linked.resolve("5511988880000").exists


def test_an_address_that_is_none_is_refused(linked: WahaDriver) -> None:
    with pytest.raises(InvalidPayload):
        linked.send(outbound(address="visitor"))


def test_reactions_edits_and_deletions_of_ours(waha: WahaSimulator, linked: WahaDriver) -> None:
    key = waha.person_writes(number=CUSTOMER, body="Oi")
    ours = linked.send(outbound()).provider_id or ""
    assert waha.wait_idle()
    linked.react(CHAT, key, "👍")
    linked.edit(CHAT, ours, "Boa tarde!")
    theirs, mine = waha.screen(CUSTOMER)
    assert (list(theirs["reactions"].values()), mine["text"], mine["edited"]) == (["👍"], "Boa tarde!", True)
    linked.react(CHAT, key, None)
    linked.revoke(CHAT, ours)
    theirs, mine = waha.screen(CUSTOMER)
    assert (theirs["reactions"], mine["revoked"]) == ({}, True)


def test_typing_is_shown_and_ends(waha: WahaSimulator, linked: WahaDriver) -> None:
    WhatsAppWebChannel().send_typing(outbound(), linked.context)
    linked.typing(CHAT, active=False)
    assert [row["presence"] for row in waha.ledger("presence")] == ["typing", "paused"]


@pytest.mark.parametrize("kind", ["image", "video", "voice", "audio", "document"])
def test_a_files_bytes_travel_in_the_request(
    waha: WahaSimulator, linked: WahaDriver, tmp_path: Path, kind: str
) -> None:
    content = bytes(range(256)) * 2_000  # several pieces, and no multiple of three
    path = tmp_path / "file"
    path.write_bytes(content)
    types = {"image": "image/png", "video": "video/mp4", "voice": "audio/ogg", "audio": "audio/mpeg"}
    file = OutboundFile("arquivo", types.get(kind, "application/pdf"), len(content), "-", str(path))
    linked.send(outbound(kind=kind, body=None, files=(file,)))
    (bubble,) = waha.screen(CUSTOMER)
    assert waha.file(bubble["file"]["sha256"]) == content


def test_a_caption_may_say_anything(waha: WahaSimulator, linked: WahaDriver, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    hole = '"data": "@@file@@"'
    for caption in ("@@file@@", hole, json.dumps(hole)):
        file = OutboundFile("@@file@@", "image/png", 7, "-", str(path))
        linked.send(outbound(kind="image", body=caption, files=(file,)))
        assert waha.screen(CUSTOMER)[-1]["text"] == caption


def test_a_large_file_is_fetched_by_its_link(
    waha: WahaSimulator, linked: WahaDriver, tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramal_whatsapp_web.drivers.waha.outbound.INLINE", 10)
    httpserver.expect_request("/file").respond_with_data(b"from the link")
    file = OutboundFile("a.pdf", "application/pdf", 13, "-", str(tmp_path), url=httpserver.url_for("/file"))
    linked.send(outbound(kind="document", body="Segue", files=(file,)))
    (bubble,) = waha.screen(CUSTOMER)
    assert waha.file(bubble["file"]["sha256"]) == b"from the link"


def a_file(**changes: Any) -> OutboundFile:
    values = {"filename": "a", "mime_type": "image/png", "size": 10, "sha256": "-", "path": "/none"}
    return OutboundFile(**(values | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"body": ""},
        {"body": "x" * (limits.TEXT + 1)},
        {"kind": "template"},
        {"kind": "image", "files": ()},
        {"kind": "image", "files": (a_file(size=0),)},
        {"kind": "image", "files": (a_file(size=limits.MEDIA["image"] + 1),)},
        {"kind": "image", "files": (a_file(mime_type="image/tiff"),)},
        {"kind": "image", "files": (a_file(),), "body": "x" * (limits.CAPTION + 1)},
        {"kind": "voice", "files": (a_file(mime_type="audio/ogg"),), "body": "text"},
        {"kind": "location", "payload": {"latitude": 1}},
        {"kind": "contact", "payload": {"contacts": []}},
        {"kind": "contact", "payload": {"contacts": [{"name": "", "phones": []}]}},
    ],
)
def test_what_whatsapp_would_refuse_does_not_leave(
    waha: WahaSimulator, linked: WahaDriver, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidPayload) as caught:
        linked.send(outbound(**changes))
    assert errors.classify(caught.value).failure is FailureClass.PERMANENT
    assert waha.ledger() == []


def test_a_card_keeps_a_number_that_is_none(waha: WahaSimulator, linked: WahaDriver) -> None:
    linked.send(outbound(kind="contact", payload={"contacts": [{"name": "Portaria", "phones": ["ramal 12"]}]}))
    (bubble,) = waha.screen(CUSTOMER)
    assert "TEL;type=CELL:ramal 12" in bubble["details"]["vcards"][0]


def test_a_file_that_is_gone_fails_for_good(linked: WahaDriver) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        linked.send(outbound(kind="image", body=None, files=(a_file(),)))
    assert errors.classify(caught.value).code == "FILE_MISSING"


# --- trouble --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "kind", "failure"),
    [
        ({"kind": "error", "status": 400}, errors.ProviderError, FailureClass.PERMANENT),
        ({"kind": "error", "status": 401}, errors.RefusedKeyError, FailureClass.ACCOUNT),
        (
            {"kind": "error", "status": 404, "message": "no session"},
            errors.SessionMissingError,
            FailureClass.ACCOUNT,
        ),
        ({"kind": "error", "status": 429}, errors.ProviderError, FailureClass.THROTTLE),
        ({"kind": "error", "status": 500}, errors.ProviderError, FailureClass.UNKNOWN),
        ({"kind": "error", "status": 503}, errors.UnreachableError, FailureClass.THROTTLE),
        (
            {"kind": "error", "status": 500, "message": "server returned error 463"},
            errors.ProviderError,
            FailureClass.PERMANENT,
        ),
        ({"kind": "html", "status": 200}, errors.HtmlAnswerError, FailureClass.ACCOUNT),
        ({"kind": "html", "status": 404}, errors.HtmlAnswerError, FailureClass.ACCOUNT),
        ({"kind": "html", "status": 502}, errors.HtmlAnswerError, FailureClass.UNKNOWN),
        ({"kind": "html", "status": 503}, errors.UnreachableError, FailureClass.THROTTLE),
        ({"kind": "drop_before"}, errors.NoAnswerError, FailureClass.UNKNOWN),
        ({"kind": "drop_after"}, errors.NoAnswerError, FailureClass.UNKNOWN),
    ],
)  # fmt: skip
def test_trouble_has_a_class_and_a_sentence(
    waha: WahaSimulator, linked: WahaDriver, trouble: dict[str, Any], kind: type[Exception], failure: FailureClass
) -> None:
    waha.fail(**trouble)
    with pytest.raises(kind) as caught:
        linked.send(outbound())
    found = errors.classify(caught.value)
    assert (found.failure, bool(found.message)) == (failure, True)
    assert "<" not in found.message
    if failure is FailureClass.THROTTLE:
        assert found.retry_after


def test_a_slow_answer_is_unknown(waha: WahaSimulator, linked: WahaDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ramal_whatsapp_web.drivers.waha.driver.SEND_TIMEOUT", 0.2)
    waha.fail("slow", seconds=1)
    with pytest.raises(errors.NoAnswerError) as caught:
        linked.send(outbound())
    assert caught.value.failure is FailureClass.UNKNOWN


def test_a_session_that_is_not_connected_makes_the_queue_wait(waha: WahaSimulator, linked: WahaDriver) -> None:
    linked.stop()
    with pytest.raises(errors.SessionNotReadyError) as caught:
        linked.send(outbound())
    assert errors.classify(caught.value).failure is FailureClass.THROTTLE


def test_a_server_that_is_off_makes_the_queue_wait(waha: WahaSimulator, linked: WahaDriver) -> None:
    waha.go_down()
    with pytest.raises(errors.UnreachableError) as caught:
        linked.send(outbound())
    assert errors.classify(caught.value).failure is FailureClass.THROTTLE
    with pytest.raises(errors.UnreachableError):
        linked.status()


def test_a_wrong_key_says_so(waha: WahaSimulator) -> None:
    with pytest.raises(errors.RefusedKeyError):
        driver_at(waha.url, api_key="another").status()


def test_a_private_address_is_not_called(waha: WahaSimulator, driver: WahaDriver) -> None:
    guarded = WahaDriver(ChannelContext(uuid.uuid4(), uuid.uuid4(), "Teste", driver.settings, HttpClient()))
    with pytest.raises(errors.UnreachableError) as caught:
        guarded.status()
    assert caught.value.failure is FailureClass.ACCOUNT


def test_a_key_that_fits_into_no_header_is_refused_in_words(waha: WahaSimulator, driver: WahaDriver) -> None:
    for key in ("chavé", "“key”", "key\n"):
        with pytest.raises(ValidationError, match="Copy the key anew"):
            ServerSchema().load({"server_url": waha.url, "api_key": key})
        settings = {**driver.settings, "api_key": key}
        kept = WahaDriver(ChannelContext(uuid.uuid4(), uuid.uuid4(), "Teste", settings, driver.client.http))
        with pytest.raises(errors.RefusedKeyError) as caught:
            kept.send(outbound())
        assert errors.classify(caught.value).failure is FailureClass.ACCOUNT


def test_an_answer_without_end_is_an_error_of_the_providers(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/sendText").respond_with_data(
        b'"' + b"x" * (9 * 1024 * 1024) + b'"', content_type="application/json", status=201
    )
    with pytest.raises(errors.UnreadableAnswerError) as caught:
        driver_at(httpserver.url_for("")).send(outbound())
    assert caught.value.failure is FailureClass.UNKNOWN


def test_what_no_database_keeps_is_taken_out_of_the_providers_words(httpserver: HTTPServer) -> None:
    server = driver_at(httpserver.url_for(""))
    path = f"/api/sessions/{server.session}"
    me = {"id": "5511988887777@c.us", "pushName": "A\0B\ud83d"}
    answers = ({"status": "WORKING", "me": me}, {"status": "ODD\0\ud800"}, {"message": "no\0\ud800"})
    for answer, status in zip(answers, (200, 200, 500), strict=True):
        httpserver.expect_oneshot_request(path).respond_with_data(json.dumps(answer), status, content_type="text/json")
    assert server.status().me == Me("5511988887777", "AB?")
    assert server.status().reason == "odd?"
    with pytest.raises(errors.ProviderError, match=r"no\?$"):
        server.status()
    httpserver.expect_request(path).respond_with_data(json.dumps({"status": "WORKING"}))
    httpserver.expect_request(f"/api/{server.session}/chats/overview").respond_with_data(
        json.dumps([{"id": CHAT, "lastMessage": {"timestamp": 10**400}}])
    )
    assert server.last_activity() is None


@pytest.mark.parametrize("body", ["", "null", "[]", '{"ok": true}', "cut off {"])
def test_a_yes_that_names_no_message_is_unknown(httpserver: HTTPServer, body: str) -> None:
    httpserver.expect_request("/api/sendText").respond_with_data(body, content_type="application/json", status=201)
    with pytest.raises(errors.NoAnswerError) as caught:
        driver_at(httpserver.url_for("")).send(outbound())
    assert caught.value.failure is FailureClass.UNKNOWN


@pytest.mark.parametrize("body", ["null", "[]", "7"])
def test_a_session_that_is_no_session_is_said(httpserver: HTTPServer, body: str) -> None:
    server = driver_at(httpserver.url_for(""))
    httpserver.expect_request(f"/api/sessions/{server.session}").respond_with_data(
        body, content_type="application/json"
    )
    with pytest.raises(errors.NoAnswerError):
        server.status()


def test_an_answer_cut_in_the_middle_is_unknown() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def cut() -> None:
        connection, _address = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{")
        connection.close()

    thread = threading.Thread(target=cut)
    thread.start()
    with pytest.raises(errors.NoAnswerError):
        driver_at(f"http://127.0.0.1:{listener.getsockname()[1]}").send(outbound())
    thread.join()
    listener.close()


def test_a_qr_code_in_json_is_read_too(httpserver: HTTPServer, driver: WahaDriver) -> None:
    server = driver_at(httpserver.url_for(""))
    path = f"/api/{server.session}/auth/qr"
    picture = {"mimetype": "image/png", "data": "iVBORw0KGgo="}
    httpserver.expect_request(path, query_string="format=image").respond_with_json(picture)
    httpserver.expect_request(path, query_string="format=raw").respond_with_json({"value": "2@abc"})
    qr = server.qr()
    assert qr is not None
    assert (qr.value, qr.png[:4]) == ("2@abc", b"\x89PNG")
    httpserver.clear()
    httpserver.expect_request(path).respond_with_json({"nothing": 1})
    assert server.qr() is None


# --- webhooks and history -------------------------------------------------------------------------------


def test_any_of_several_secrets_may_have_signed() -> None:
    secrets = ["a secret of the past", "a secret of today"]
    driver = driver_at("http://127.0.0.1:9", webhook_secrets=secrets)
    for secret in secrets:
        driver.verify(WebhookRequest("POST", {"x-webhook-hmac": sign(b"{}", secret).upper()}, {}, b"{}"))
    with pytest.raises(SignatureInvalid):
        driver.verify(WebhookRequest("POST", {"x-webhook-hmac": sign(b"{}", "a stranger's secret")}, {}, b"{}"))
    with pytest.raises(SignatureMissing):
        driver.verify(WebhookRequest("POST", {}, {}, b"{}"))
    headers = {"x-webhook-hmac": sign(b"{}", secrets[0]), "x-webhook-hmac-algorithm": "sha1"}
    with pytest.raises(SignatureInvalid):
        driver.verify(WebhookRequest("POST", headers, {}, b"{}"))


def test_the_history_is_read_oldest_first_over_all_chats(
    waha: WahaSimulator, linked: WahaDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramal_whatsapp_web.drivers.waha.history.PAGE", 3)
    start = int(datetime.now(UTC).timestamp()) - 100
    numbers = [f"551198765{place:04}" for place in range(5)]
    for place in range(20):
        waha.person_writes(number=numbers[place % 5], body=f"{place:02}", timestamp=start + place // 2)
    waha.owner_writes(number=numbers[0], body="20", timestamp=start + 30)
    since = datetime.fromtimestamp(start + 4, UTC)
    bodies = list(linked.history(since))
    texts = [json.loads(body)["payload"]["body"] for body in bodies]
    assert sorted(texts) == [f"{place:02}" for place in range(8, 21)]
    times = [json.loads(body)["payload"]["timestamp"] for body in bodies]
    assert times == sorted(times)
    assert bodies == list(linked.history(since))
    until = [json.loads(body)["payload"]["body"] for body in linked.history(since, since + timedelta(seconds=2))]
    assert sorted(until) == ["08", "09", "10", "11", "12", "13"]
    assert linked.last_activity() == datetime.fromtimestamp(start + 30, UTC)


def test_a_session_without_messages_has_no_history(linked: WahaDriver) -> None:
    assert list(linked.history(datetime.now(UTC))) == []
    assert linked.last_activity() is None


def test_a_file_elsewhere_is_fetched_without_our_key(httpserver: HTTPServer, waha: WahaSimulator) -> None:
    httpserver.expect_request("/bucket/x").respond_with_data(b"bytes")
    driver = driver_at(waha.url, api_key=waha.api_key)
    http = HttpClient(allow=(urlsplit(waha.url).netloc, urlsplit(httpserver.url_for("")).netloc))
    driver = WahaDriver(ChannelContext(uuid.uuid4(), uuid.uuid4(), "Teste", driver.settings, http))
    stream = driver.fetch_media(MediaRef({"url": httpserver.url_for("/bucket/x")}))
    assert b"".join(stream.chunks) == b"bytes"
    ((request, _response),) = httpserver.log
    assert "X-Api-Key" not in request.headers


@pytest.mark.parametrize("ref", [{}, {"url": None, "id": "BARE"}, {"url": None, "id": f"false_{CHAT}_NONE"}])
def test_a_file_that_nobody_has_any_more_is_said(linked: WahaDriver, ref: dict[str, Any]) -> None:
    stream = linked.fetch_media(MediaRef(ref))
    with pytest.raises(errors.ProviderError):
        b"".join(stream.chunks)


def test_a_files_server_in_trouble_is_an_error(waha: WahaSimulator, linked: WahaDriver) -> None:
    waha.fail("error", on="media", status=500)
    stream = linked.fetch_media(MediaRef({"url": f"{waha.url}/api/files/x/y.pdf"}))
    with pytest.raises(errors.ProviderError):
        b"".join(stream.chunks)


# --- settings -------------------------------------------------------------------------------------------


def test_each_number_gets_a_webhook_secret_of_its_own() -> None:
    one, other = (WhatsAppWebSettings().load({"server_url": "http://127.0.0.1:9"}) for _ in range(2))
    assert one["webhook_secrets"] != other["webhook_secrets"]


@pytest.mark.parametrize(
    "proxy", ["proxy.example:3128", "ftp://proxy.example:21", "http://proxy.example", "http://[:1"]
)
def test_a_proxy_is_written_whole(proxy: str) -> None:
    assert "proxy" in WhatsAppWebSettings().validate({"server_url": "http://127.0.0.1:9", "proxy": proxy})


def test_what_a_channel_can_do_is_what_its_driver_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = WhatsAppWebChannel()
    assert "voice" in channel.capabilities_of({"driver": "waha"}).kinds
    monkeypatch.setattr(WahaDriver, "capabilities", frozenset({DriverCapability.QR}))
    poor = channel.capabilities_of({"driver": "waha"})
    assert (poor.kinds, poor.read_receipts) == (frozenset({"text", "location", "contact"}), False)
