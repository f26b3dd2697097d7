"""Files of messages: fetched from the provider's server, which keeps them for a few minutes only.

A link that is gone is asked for anew, through its message. Only the configured server ever sees our
key, whatever an event says; links of the server's own often name an address that only it can reach.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from urllib.parse import urlsplit, urlunsplit

from ramal.api import FailureClass, MediaRef, MediaStream
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.waha.client import FILE_TIMEOUT, WahaClient, check, page_instead, segment
from ramal_whatsapp_web.drivers.waha.parse.ids import message_id, text
from ramal_whatsapp_web.drivers.waha.parse.people import dig
from ramal_whatsapp_web.errors import ProviderError

_FILES = "/api/files/"
#: The link is gone; its message may give a new one.
_STALE = frozenset({401, 403, 404, 410})


def open_media(client: WahaClient, session: str, ref: MediaRef) -> MediaStream:
    """The file of a message. Its bytes are fetched when they are first read."""
    return MediaStream(_chunks(client, session, ref), ref.mime_type, ref.filename, ref.size)


def _chunks(client: WahaClient, session: str, ref: MediaRef) -> Iterator[bytes]:
    url = text(ref.ref.get("url"))
    if url is not None:
        stale = yield from _fetch(client, url, ref)
        if stale is None:
            return
    stale = yield from _fetch(client, _ask_again(client, session, ref), ref)
    if stale is not None:
        raise stale


def _fetch(client: WahaClient, url: str, ref: MediaRef) -> Generator[bytes, None, ProviderError | None]:
    """Yield the file's bytes; return the error instead when the link has gone stale, or is none."""
    try:
        address, ours = _address(client.base_url, url)
    except ValueError:
        return _gone()
    with client.stream(address, with_key=ours) as response:
        if response.is_success:
            if _is_other(response.headers.get("content-type", ""), ref.mime_type):
                return page_instead(response)
            yield from response.iter_bytes()
            return None
        response.read()
        try:
            check(response)
        except ProviderError as error:
            if response.status_code in _STALE:
                return error
            raise
    return None


def _is_other(answered: str, promised: str | None) -> bool:
    """A proxy's page says 200, too: one where something else was promised is not the person's file."""
    return "html" in answered.lower() and bool(promised) and "html" not in str(promised).lower()


def _address(base_url: str, url: str) -> tuple[str, bool]:
    """Where to fetch, and whether that is the configured server: its own links keep path and query only."""
    given, base = urlsplit(url), urlsplit(base_url)
    if _FILES in given.path:
        path = base.path.rstrip("/") + given.path[given.path.index(_FILES) :]
        return urlunsplit((base.scheme, base.netloc, path, given.query, "")), True
    return url, (given.scheme, given.netloc) == (base.scheme, base.netloc)


def _ask_again(client: WahaClient, session: str, ref: MediaRef) -> str:
    """A fresh link, by the message's own id. Raises ProviderError when the phone has the file no more."""
    full = text(ref.ref.get("id"))
    id_ = message_id(full)
    if full is None or id_ is None or id_.chat is None:
        raise _gone()
    path = f"/api/{session}/chats/{segment(id_.chat)}/messages/{segment(full)}"
    answer = client.get(path, downloadMedia="true", timeout=FILE_TIMEOUT)
    url = text(dig(answer, "media", "url"))
    if url is None:
        raise _gone()
    return url


def _gone() -> ProviderError:
    return ProviderError(_("The provider does not have this file any more."), "MEDIA_GONE", FailureClass.PERMANENT)
