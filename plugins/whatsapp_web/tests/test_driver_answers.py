"""Whatever JSON a server answers with: an error of ours with a sentence, or something that can be kept."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from ramal.api import (
    AnswerTooLarge,
    ChannelContext,
    Delivery,
    FailureClass,
    HttpClient,
    MediaRef,
    SendResult,
    new_id,
    utcnow,
)
from ramal_whatsapp_web import errors
from ramal_whatsapp_web.drivers.waha import WahaDriver
from ramal_whatsapp_web.services import driving
from ramal_whatsapp_web.settings import WhatsAppWebSettings

from .test_driver import CHAT, outbound

_WORDS = st.sampled_from([
    "id", "me", "lid", "status", "WORKING", "FAILED", "value", "code", "png", "data", "chatId", "numberExists", "key",
    "_serialized", "timestamp", "lastMessage", "pushName", "name", "message", "error", "exception", "body", CHAT,
    "5511900000001@c.us", "12345678901234@lid", f"true_{CHAT}_3EB0", "2026-01-01T00:00:00Z", "\ud83d", "a\0b",
])  # fmt: skip
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | _WORDS
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.text(max_size=4), inner, max_size=6),
    max_leaves=20,
)
_SESSION = st.fixed_dictionaries({
    "status": st.sampled_from(["WORKING", "FAILED", "STARTING", "a\0b", "\ud83d", ""]) | _LEAVES,
    "me": st.fixed_dictionaries({
        "id": st.sampled_from(["5511900000001@c.us", "1\0@c.us", "\ud83d@lid"]) | _LEAVES,
        "lid": st.sampled_from(["1\x002@lid", "12@lid"]) | _LEAVES,
        "pushName": st.text(max_size=5) | st.sampled_from(["Loja \ud83d", "a\0b"]),
    }) | _LEAVES,
})  # fmt: skip
_CALLS: dict[str, Callable[[WahaDriver], Any]] = {
    "status": lambda driver: driver.status(),
    "start": lambda driver: driver.start("http://127.0.0.1/hook"),
    "restart": lambda driver: driver.restart(),
    "qr": lambda driver: driver.qr(),
    "code": lambda driver: driver.request_code("+5511900000001"),
    "resolve": lambda driver: driver.resolve("5511900000001"),
    "send": lambda driver: driver.send(outbound()),
    "react": lambda driver: driver.react(CHAT, "K", "👍"),
    "edit": lambda driver: driver.edit(CHAT, "K", "Oi"),
    "revoke": lambda driver: driver.revoke(CHAT, "K"),
    "activity": lambda driver: driver.last_activity(),
    "history": lambda driver: [_parsed(driver, body) for body in driver.history(datetime(2026, 1, 1, tzinfo=UTC))],
}


class Answering(HttpClient):
    """A server that has one answer to everything."""

    def __init__(self, answer: Callable[[], httpx2.Response]) -> None:
        super().__init__()
        self._answer = answer

    def request(self, method: str, url: str, *, max_bytes: int = 0, **options: Any) -> httpx2.Response:
        return self._answer()


class Paging(HttpClient):
    """A server with chats that hold nothing; ``page(offset)`` is the list of them. It counts what it is asked."""

    def __init__(self, page: Callable[[int], list[Any]], messages: list[Any]) -> None:
        super().__init__()
        self._page, self._messages = page, messages
        self.asked: list[str] = []

    def request(self, method: str, url: str, *, max_bytes: int = 0, **options: Any) -> httpx2.Response:
        self.asked.append(url)
        assert len(self.asked) < 500, "it is asked for ever"
        if "/api/sessions/" in url:
            return json_answer(b"{}")
        overview = url.endswith("/chats/overview")
        return json_answer(json.dumps(self._page(options["params"]["offset"]) if overview else self._messages).encode())


@pytest.fixture(autouse=True)
def _context(ramal_app: Flask) -> Iterator[None]:
    """Sentences are in somebody's language."""
    with ramal_app.app_context():
        yield


def driver_that_hears(answer: Callable[[], httpx2.Response]) -> WahaDriver:
    return driver_at(Answering(answer))


def driver_at(http: HttpClient) -> WahaDriver:
    given = WhatsAppWebSettings().load({"server_url": "http://127.0.0.1:1"})
    return WahaDriver(ChannelContext(uuid.uuid4(), uuid.uuid4(), "Teste", given, http))


@pytest.mark.parametrize("call", _CALLS)
@given(found=_JSON | _SESSION, status=st.sampled_from([200, 200, 201, 400, 404, 422, 429, 500, 503]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_an_answer_or_an_error_of_ours(call: str, found: Any, status: int) -> None:
    driver = driver_that_hears(lambda: json_answer(json.dumps(found).encode(), status))
    try:
        result = _CALLS[call](driver)
    except errors.ProviderError as error:
        result = errors.classify(error)
    _storable(result)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b'{"status": "WORK'])
@pytest.mark.parametrize("call", ["status", "send", "edit", "activity"])
def test_what_can_not_be_read_is_never_taken_for_a_refusal(call: str, body: bytes) -> None:
    driver = driver_that_hears(lambda: json_answer(body))
    with pytest.raises(errors.UnreadableAnswerError) as caught:
        _CALLS[call](driver)
    assert errors.classify(caught.value).failure is FailureClass.UNKNOWN
    for status in (400, 404, 422, 500):
        refusing = driver_that_hears(lambda status=status: json_answer(body, status))  # type: ignore[misc]
        with pytest.raises(errors.ProviderError):
            _CALLS["send"](refusing)


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    def endless() -> httpx2.Response:
        raise AnswerTooLarge("The answer is larger than 8388608 bytes.")

    with pytest.raises(errors.UnreadableAnswerError):
        driver_that_hears(endless).status()


_CHATS = [{"id": f"55119000000{place:02}@c.us"} for place in range(100)]
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_server_that_knows_no_pages_is_read_once() -> None:
    messages = [{"id": f"false_{CHAT}_K{place}", "timestamp": _SINCE.timestamp()} for place in range(100)]
    server = Paging(lambda offset: _CHATS, messages)
    assert len(list(driver_at(server).history(_SINCE))) == 100
    server = Paging(lambda offset: [None] * 100, [])
    assert list(driver_at(server).history(_SINCE)) == []


def test_nonsense_on_a_page_does_not_hide_the_next_page() -> None:
    last = {"id": "5511900009999@c.us"}
    server = Paging(lambda offset: [*_CHATS[:99], None] if offset == 0 else [last], [])
    list(driver_at(server).history(_SINCE))
    assert any("5511900009999" in url for url in server.asked)


@pytest.mark.parametrize("body", [b"{}", b'{"status": null}', b'{"status": ["WORKING"]}', b'{"status": 7}'])
def test_a_session_without_a_state_is_not_taken_for_a_failed_one(body: bytes) -> None:
    with pytest.raises(errors.UnreadableAnswerError):
        driver_that_hears(lambda: json_answer(body)).status()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_address_that_leads_on_keeps_the_message(status: int) -> None:
    moved = httpx2.Response(status, headers={"location": "https://other.example.com/"}, content=b"<html>moved</html>")
    with pytest.raises(errors.RedirectedError) as caught:
        driver_that_hears(lambda: moved).send(outbound())
    assert errors.classify(caught.value).failure is FailureClass.ACCOUNT
    assert driving.status_of(caught.value).reason == "redirected"


def test_a_page_is_not_the_picture_that_was_promised(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data(b"<html>log in</html>", content_type="text/html")
    driver = driver_at(HttpClient(allow=(urlsplit(httpserver.url_for("")).netloc,)))

    def fetched(mime_type: str | None) -> bytes:
        return b"".join(driver.fetch_media(MediaRef({"url": httpserver.url_for("/x")}, mime_type)).chunks)

    with pytest.raises(errors.ProviderError):
        fetched("image/jpeg")
    assert fetched("text/html") == fetched(None) == b"<html>log in</html>"


def test_a_files_address_that_is_none_is_a_file_that_is_gone() -> None:
    driver = driver_that_hears(lambda: json_answer(b"{}"))
    with pytest.raises(errors.ProviderError) as caught:
        b"".join(driver.fetch_media(MediaRef({"url": "http://[bad/api/files/x"})).chunks)
    assert caught.value.provider_code == "MEDIA_GONE"


def json_answer(body: bytes, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, content=body, headers={"content-type": "application/json"})


def _parsed(driver: WahaDriver, body: bytes) -> list[Any]:
    return list(driver.parse(Delivery(new_id(), body, utcnow())))


def _storable(found: Any) -> None:
    """PostgreSQL keeps no NUL, and no half of a character."""
    if isinstance(found, str):
        assert "\0" not in found
        found.encode()
    elif isinstance(found, SendResult):
        _storable(found.provider_id)
    elif dataclasses.is_dataclass(found) and not isinstance(found, type):
        for field in dataclasses.fields(found):
            _storable(getattr(found, field.name))
