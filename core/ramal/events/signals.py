"""What is told but never stored: who is typing, who is looking, whose login to check again.

Typing and viewing are Redis keys with a time to live; changes go to every process's hub through
one Redis channel. Where Redis is away they are simply not known.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Collection
from typing import Any

from redis import RedisError

from ramal.database.session import current_organization_id
from ramal.events.connection import redis_link

log = logging.getLogger(__name__)

#: Milliseconds for which one person's typing is told once.
TYPING_MS = 2500
#: Seconds after which a viewer who says nothing more is gone.
VIEWING = 60


def announce_typing(
    conversation_id: uuid.UUID,
    *,
    by: str,
    name: str,
    user_id: uuid.UUID | None = None,
    organization_id: uuid.UUID | None = None,
) -> None:
    """Tell those who look at the conversation that ``name`` is typing. ``by``: contact or agent.

    Told at most every 2.5 seconds for each person. Of the current organization unless named.
    """
    organization_id = organization_id or current_organization_id()
    link = redis_link()
    client = link.usable()
    if client is None:
        return
    try:
        key = link.key("typing", organization_id, conversation_id, by, user_id or "")
        if not client.set(key, name, nx=True, px=TYPING_MS):
            return
    except RedisError as error:
        link.failed()
        log.debug("typing is not told: %s", error)
        return
    data = {"conversation_id": str(conversation_id), "by": by, "name": name}
    _publish("typing", organization_id, data, sender=user_id, visitor=by == "agent")


def announce_viewing(
    organization_id: uuid.UUID,
    conversation_id: uuid.UUID,
    viewer: tuple[uuid.UUID, str, str],
    *,
    present: bool,
) -> None:
    """A member opened, still has open, or left a conversation: its viewers are told when that changed.

    ``viewer`` is (user, name, socket): one person may look through two windows. Never raises.
    """
    link = redis_link()
    client = link.usable()
    if client is None:
        return
    user_id, name, socket_id = viewer
    member = json.dumps([str(user_id), name, socket_id])
    key = link.key("viewing", organization_id, conversation_id)
    try:
        pipeline = client.pipeline()
        pipeline.zremrangebyscore(key, 0, time.time())
        if present:
            pipeline.zadd(key, {member: time.time() + VIEWING})
        else:
            pipeline.zrem(key, member)
        pipeline.expire(key, VIEWING)
        pipeline.zrange(key, 0, -1)
        gone, changed, _expiry, members = pipeline.execute()
    except RedisError as error:
        link.failed()
        log.debug("viewing is not told: %s", error)
        return
    if gone or changed:
        people = {json.loads(one)[0]: json.loads(one)[1] for one in members}
        viewers = [{"id": id_, "name": shown} for id_, shown in sorted(people.items(), key=lambda item: item[1])]
        _publish("viewing", organization_id, {"conversation_id": str(conversation_id), "viewers": viewers})


def viewers_of(organization_id: uuid.UUID, conversation_ids: Collection[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """(conversation, member) of all who look at one of these right now; nobody where Redis is away."""
    link = redis_link()
    client = link.usable()
    if client is None or not conversation_ids:
        return set()
    ids = list(conversation_ids)
    try:
        pipeline = client.pipeline(transaction=False)
        for id_ in ids:
            pipeline.zrangebyscore(link.key("viewing", organization_id, id_), time.time(), "+inf")
        found = pipeline.execute()
    except RedisError as error:
        link.failed()
        log.debug("viewers are not known: %s", error)
        return set()
    return {
        (id_, uuid.UUID(json.loads(member)[0])) for id_, members in zip(ids, found, strict=True) for member in members
    }


def recheck(user_id: uuid.UUID) -> None:
    """Somebody's login or role changed: look at their sockets now. Never raises."""
    _send({"type": "recheck", "user_id": str(user_id)})


def _publish(
    type: str,
    organization_id: uuid.UUID,
    data: dict[str, Any],
    *,
    sender: uuid.UUID | None = None,
    visitor: bool = False,
) -> None:
    signal = {
        "type": type,
        "organization": str(organization_id),
        "data": data,
        "from": None if sender is None else str(sender),
        "visitor": visitor,
    }
    _send(signal)


def _send(signal: dict[str, Any]) -> None:
    link = redis_link()
    client = link.usable()
    if client is None:
        return
    try:
        client.publish(link.key("signals"), json.dumps(signal))
    except RedisError as error:
        link.failed()
        log.debug("a signal is lost: %s", error)
