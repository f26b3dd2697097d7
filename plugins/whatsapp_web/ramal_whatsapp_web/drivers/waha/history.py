"""What the provider remembers: chats by their newest message, and the messages of each.

It fills the gaps that webhooks leave. Each message becomes the delivery that its webhook would have
been; the text is the same each time it is read, so the journal takes it once.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ramal_whatsapp_web.drivers.waha.client import WahaClient, segment
from ramal_whatsapp_web.drivers.waha.parse.event import moment_of
from ramal_whatsapp_web.drivers.waha.parse.ids import jid, key_of
from ramal_whatsapp_web.drivers.waha.parse.people import dig

#: Chats, and messages of one chat, read at once.
PAGE = 100
_TIMEOUT = 60.0
_Dated = tuple[int, str, Mapping[str, Any]]


def history(
    client: WahaClient, session: str, me: Mapping[str, Any] | None, since: datetime, until: datetime | None = None
) -> Iterator[bytes]:
    """Deliveries of all messages from ``since`` to ``until``, oldest first, with every tick they have by now."""
    streams = [_messages(client, session, chat, since, until) for chat in chats_since(client, session, since)]
    seen = set()
    for at, key, message in heapq.merge(*streams, key=_order):
        if key not in seen:
            seen.add(key)
            yield _delivery(session, me, at, key, message)


def chats_since(client: WahaClient, session: str, since: datetime) -> Iterator[str]:
    """Chats with persons whose newest message is not older than ``since``, the latest ones first."""
    offset, told = 0, set[str]()
    while True:
        page = _overview(client, session, PAGE, offset)
        before = len(told)
        for chat in page:
            address = jid(dig(chat, "id"))
            newest = moment_of(dig(chat, "lastMessage", "timestamp"))
            if newest is not None and newest < since:
                return
            name = f"{address.user}@{address.server}" if address is not None else None
            if address is not None and address.is_person and name not in told:
                yield str(name)
            told |= {name} if name else set()
        # A server that does not know "offset" has the same page for ever.
        if len(page) < PAGE or len(told) == before:
            return
        offset += PAGE


def newest(client: WahaClient, session: str) -> datetime | None:
    """The time of the newest message of any chat."""
    times = (moment_of(dig(chat, "lastMessage", "timestamp")) for chat in _overview(client, session, 1, 0))
    return max((time for time in times if time is not None), default=None)


def _overview(client: WahaClient, session: str, limit: int, offset: int) -> list[Any]:
    found = client.get(f"/api/{session}/chats/overview", limit=limit, offset=offset, timeout=_TIMEOUT)
    return found if isinstance(found, list) else []


def _messages(client: WahaClient, session: str, chat: str, since: datetime, until: datetime | None) -> Iterator[_Dated]:
    """One chat's messages, oldest first.

    Read newest first, which every engine can: an older answer is a longer list, never a shifted one.
    """
    bounds = {"filter.timestamp.gte": int(since.timestamp())}
    if until is not None:
        bounds["filter.timestamp.lte"] = int(until.timestamp())
    found: dict[str, _Dated] = {}
    offset, told = 0, set[str]()
    while True:
        page = client.get(
            f"/api/{session}/chats/{segment(chat)}/messages",
            limit=PAGE,
            offset=offset,
            downloadMedia="false",
            timeout=_TIMEOUT,
            **bounds,
        )
        page = page if isinstance(page, list) else []
        before = len(told)
        for message in page:
            key, at = key_of(dig(message, "id")), moment_of(dig(message, "timestamp"))
            told |= {key} if key else set()
            if key and at is not None and at >= since:
                found.setdefault(key, (int(at.timestamp()), key, message))
        if len(page) < PAGE or len(told) == before:
            break
        offset += len(page)
    # Of one second, the order in which they came: the list is newest first, and sorting keeps it.
    oldest_first = list(found.values())[::-1]
    return iter(sorted(oldest_first, key=_order))


def _order(dated: _Dated) -> int:
    return dated[0]


def _delivery(session: str, me: Mapping[str, Any] | None, at: int, key: str, message: Mapping[str, Any]) -> bytes:
    envelope = {
        "id": f"history_{key}",
        "timestamp": at * 1000,
        "event": "message.any",
        "origin": "history",
        "session": session,
        "me": me,
        "payload": message,
    }
    return json.dumps(envelope, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
