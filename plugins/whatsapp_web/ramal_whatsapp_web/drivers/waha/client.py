"""WAHA's HTTP API: one request, one answer, and what every kind of trouble means.

Source: WAHA documentation ("Sessions", "Send messages", "Chats"). Nothing but JSON comes from it,
so a web page means that somebody else answered. A request that may have been carried out is never
repeated: its error is of class UNKNOWN.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from ramal.api import AddressRefused, AnswerTooLarge, FailureClass, HttpClient
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.waha.parse.ids import writable
from ramal_whatsapp_web.errors import (
    HtmlAnswerError,
    NoAnswerError,
    ProviderError,
    RedirectedError,
    RefusedKeyError,
    SessionMissingError,
    SessionNotReadyError,
    UnreachableError,
    UnreadableAnswerError,
)
from ramal_whatsapp_web.settings import is_key

#: Seconds for a whole answer. A send waits long: a late answer costs less than a message whose fate is unknown.
CALL_TIMEOUT, SEND_TIMEOUT, FILE_TIMEOUT = 15.0, 60.0, 300.0
#: Seconds until a provider that is down, or a session that is not connected, is tried again.
PAUSE = 10.0
_RETRY_MOST = 3600.0
_MISSING = re.compile(r"session.{0,80}(not found|n.t exist|not exist)|(find|no) a? ?session", re.I | re.S)
#: What WhatsApp itself refused, in the words of the engines: nothing was sent.
_NEW_CHATS_LIMITED = re.compile(r"error 463")
_NOT_ON_WHATSAPP = re.compile(r"no LID found|not registered", re.I)
#: The server itself says that it took nothing.
_AWAY = frozenset({503, 521, 523})
_WORDS = 300


@dataclass(frozen=True)
class WahaClient:
    """One server, with our key. ``before`` is called before each request."""

    http: HttpClient
    base_url: str
    api_key: str
    before: Callable[[], None] = lambda: None

    def get(self, path: str, *, timeout: float = CALL_TIMEOUT, **params: Any) -> Any:
        """The JSON of a GET; parameters that are None are left out."""
        wanted = {key: value for key, value in params.items() if value is not None}
        return self.call("GET", path, params=wanted, timeout=timeout)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, timeout: float = CALL_TIMEOUT) -> Any:
        """The JSON of a POST."""
        return self.call("POST", path, json=dict(body or {}), timeout=timeout)

    def call(self, method: str, path: str, *, timeout: float = CALL_TIMEOUT, **content: Any) -> Any:
        """Send a request and read its JSON; None for an empty answer. Raises ProviderError."""
        headers = self.headers() | content.pop("headers", {})
        with _translated():
            response = self._request(method, path, headers=headers, timeout=timeout, **content)
        check(response)
        return _json_of(response)

    def raw(self, path: str, *, accept: str, timeout: float = CALL_TIMEOUT, **params: Any) -> httpx2.Response:
        """An answer that is no JSON (a picture, an archive). Raises ProviderError."""
        headers = self.headers() | {"Accept": accept}
        with _translated():
            response = self._request("GET", path, headers=headers, timeout=timeout, params=params)
        check(response)
        return response

    def _request(self, method: str, path: str, *, timeout: float, **content: Any) -> httpx2.Response:
        self.before()
        return self.http.request(method, f"{self.base_url}{path}", timeout=timeout, within=timeout, **content)

    @contextmanager
    def stream(self, url: str, *, with_key: bool) -> Iterator[httpx2.Response]:
        """An open download."""
        with (
            _translated(),
            self.http.stream("GET", url, headers=self.headers() if with_key else {}, timeout=FILE_TIMEOUT) as response,
        ):
            yield response

    def headers(self) -> dict[str, str]:
        """What every request carries. RefusedKeyError for a key that fits into no header."""
        if not is_key(self.api_key):
            sentence = _("No server takes this API key: it has accents or other signs that keys don't have.")
            raise RefusedKeyError(sentence, "KEY_REFUSED", FailureClass.ACCOUNT)
        return {"Accept": "application/json"} | ({"X-Api-Key": self.api_key} if self.api_key else {})


def segment(value: str) -> str:
    """A value as one part of a path."""
    return quote(value, safe="@.")


@contextmanager
def _translated() -> Iterator[None]:
    """Transport errors as ours: what was surely not handed over, and what may have been."""
    try:
        yield
    except (AddressRefused, httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        sentence = _("The provider's address may not be called: %(reason)s", reason=str(error))
        raise UnreachableError(sentence, "ADDRESS_REFUSED", FailureClass.ACCOUNT) from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        sentence = _("The provider's server can't be reached. It may be switched off.")
        raise UnreachableError(sentence, "UNREACHABLE", FailureClass.THROTTLE, retry_after=PAUSE) from error
    except (AnswerTooLarge, httpx2.DecodingError) as error:
        raise unreadable() from error
    except httpx2.HTTPError as error:
        sentence = _("The provider took the request and did not answer.")
        raise NoAnswerError(sentence, "NO_ANSWER", FailureClass.UNKNOWN) from error


def check(response: httpx2.Response) -> None:
    """Raise what an answer's status and form mean; nothing for a good one."""
    status = response.status_code
    if response.is_success and not _is_page(response):
        return
    words = writable(_words(response))
    if status in _AWAY:
        sentence = _("The provider's server is not available now.")
        raise _error(UnreachableError, sentence, "UNAVAILABLE", FailureClass.THROTTLE, response, words)
    if response.is_redirect:
        sentence = _("The provider's address leads on to another one, and nothing is sent there. Enter the right one.")
        raise _error(RedirectedError, sentence, "REDIRECTED", FailureClass.ACCOUNT, response, words)
    if _is_page(response):
        raise page_instead(response, words)
    raise _refusal(response, words)


def page_instead(response: httpx2.Response, words: str = "") -> ProviderError:
    """The error of a web page where something else belongs."""
    failure = FailureClass.UNKNOWN if response.status_code >= 500 else FailureClass.ACCOUNT
    sentence = _("A web page answered where the provider should. Check the server's address and its proxy.")
    return _error(HtmlAnswerError, sentence, "HTML_ANSWER", failure, response, words)


def _refusal(response: httpx2.Response, words: str) -> ProviderError:
    status = response.status_code
    if status in {401, 403}:
        sentence = _("The provider refuses our API key.")
        return _error(RefusedKeyError, sentence, "KEY_REFUSED", FailureClass.ACCOUNT, response, words)
    if status == 429:
        sentence = _("The provider asks us to slow down.")
        return _error(ProviderError, sentence, "THROTTLED", FailureClass.THROTTLE, response, words)
    if status in {404, 422} and _MISSING.search(words):
        sentence = _("The provider does not know this session any more.")
        return _error(SessionMissingError, sentence, "SESSION_MISSING", FailureClass.ACCOUNT, response, words)
    if status == 422 and _session_status(response):
        sentence = _("The number is not connected to WhatsApp now.")
        return _error(SessionNotReadyError, sentence, "SESSION_NOT_READY", FailureClass.THROTTLE, response, words)
    if (refused := _whatsapp_refusal(words)) is not None:
        sentence, code = refused
        return _error(ProviderError, sentence, code, FailureClass.PERMANENT, response, words)
    failure = FailureClass.UNKNOWN if status >= 500 else FailureClass.PERMANENT
    sentence = _("The provider answers: %(words)s", words=words or f"HTTP {status}")
    return _error(ProviderError, sentence, f"HTTP_{status}", failure, response, words)


def _whatsapp_refusal(words: str) -> tuple[str, str] | None:
    """Sentence and code of what WhatsApp itself refused; the provider reports it as an error of its own."""
    if _NEW_CHATS_LIMITED.search(words):
        return _("WhatsApp does not let this number write to new contacts now."), "NEW_CHATS_LIMITED"
    if _NOT_ON_WHATSAPP.search(words):
        return _("This person is not on WhatsApp."), "NOT_ON_WHATSAPP"
    return None


def _error(
    kind: type[ProviderError],
    sentence: str,
    code: str,
    failure: FailureClass,
    response: httpx2.Response,
    words: str,
) -> ProviderError:
    retry_after = _seconds(response.headers.get("retry-after"))
    if failure is FailureClass.THROTTLE:
        retry_after = retry_after or PAUSE
    return kind(
        sentence,
        code,
        failure,
        status=response.status_code,
        retry_after=retry_after,
        raw={"words": words} if words else None,
    )


def _is_page(response: httpx2.Response) -> bool:
    return "html" in response.headers.get("content-type", "").lower() or response.content[:200].lstrip()[:1] == b"<"


def _session_status(response: httpx2.Response) -> str | None:
    """The session's status in a refusal that is about it."""
    try:
        found = response.json()
    except (RecursionError, ValueError):
        return None
    status = found.get("status") if isinstance(found, dict) else None
    return status if isinstance(status, str) else None


def _words(response: httpx2.Response) -> str:
    """The provider's own words in an error answer, as they can be stored."""
    return writable(_said(response))[:_WORDS]


def _said(response: httpx2.Response) -> str:
    """``message``, ``error``, or the body."""
    try:
        found = response.json()
    except (RecursionError, ValueError):
        return "" if _is_page(response) else response.text
    if not isinstance(found, dict):
        return json.dumps(found)
    exception = found.get("exception")
    parts = [
        found.get("message"),
        found.get("error"),
        exception.get("message") if isinstance(exception, dict) else None,
    ]
    return " · ".join(_text(part) for part in parts if part)


def _text(part: Any) -> str:
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)


def _json_of(response: httpx2.Response) -> Any:
    if not response.content.strip():
        return None
    try:
        return response.json()
    except (RecursionError, ValueError):
        raise unreadable(response.status_code) from None


def unreadable(status: int | None = None) -> UnreadableAnswerError:
    """The error of an answer that makes no sense: what was asked for may have been done."""
    sentence = _("The provider's answer could not be read.")
    return UnreadableAnswerError(sentence, "UNREADABLE_ANSWER", FailureClass.UNKNOWN, status=status)


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, min(float(header or ""), _RETRY_MOST))
    except ValueError:
        return None
