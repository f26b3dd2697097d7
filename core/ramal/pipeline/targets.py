"""Connected channels by id or by the provider's id, ready to be used, remembered for two seconds.

Read as the system role: for a webhook the organization is not known yet.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from flask import current_app
from sqlalchemy import Select, select

from ramal.channels.base import Channel, ChannelContext
from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import registry
from ramal.database.session import system_transaction

log = structlog.get_logger(__name__)

#: Seconds for which what was read is used, and for how much longer while somebody reads it again:
#: a process may not know of changed settings for the two together.
TTL, GRACE = 1.5, 0.5
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Target:
    """A connected channel with its code and its context."""

    channel_id: uuid.UUID
    organization_id: uuid.UUID
    plugin: str
    code: Channel
    context: ChannelContext


#: Until when the answer is used, and the answer.
_Entry = tuple[float, tuple[Target, ...]]
_Key = TypeVar("_Key")


@dataclass
class TargetCache:
    """Targets this process used lately; what does not exist is asked for every time."""

    by_id: dict[uuid.UUID, _Entry] = field(default_factory=dict)
    by_ref: dict[tuple[str, str], _Entry] = field(default_factory=dict)

    def forget(self) -> None:
        """Ask the database again at the next delivery."""
        self.by_id.clear()
        self.by_ref.clear()


def cache() -> TargetCache:
    """The cache of the current application."""
    found = current_app.extensions.setdefault("ramal.channel_targets", TargetCache())
    assert isinstance(found, TargetCache)
    return found


def target_of(channel_id: uuid.UUID) -> Target | None:
    """The channel with this id; None if there is none, or it is not usable."""
    query = select(ConnectedChannel).where(ConnectedChannel.id == channel_id)
    return next(iter(_remembered(cache().by_id, channel_id, query)), None)


def targets_by_ref(kind: str, ref: str) -> tuple[Target, ...]:
    """The channels of any organization that stand for this id of the provider's."""
    if "\0" in ref:
        return ()  # PostgreSQL holds no such text, and refuses to look for it
    query = select(ConnectedChannel).where(ConnectedChannel.kind == kind, ConnectedChannel.external_ref == ref)
    return _remembered(cache().by_ref, (kind, ref), query)


def targets_of_kinds(kinds: Sequence[str]) -> list[Target]:
    """Every channel of these kinds; for a handshake on the shared URL only."""
    return _load(select(ConnectedChannel).where(ConnectedChannel.kind.in_(kinds)).order_by(ConnectedChannel.id))


def kinds_of(segment: str) -> list[str]:
    """The channel kinds a URL's first part stands for: a kind by itself, or all of a plugin."""
    return [kind for kind, (_channel, plugin) in registry().kinds.items() if segment in (kind, plugin)]


def _load(query: Select[ConnectedChannel]) -> list[Target]:
    with system_transaction() as session:
        rows = session.scalars(query.where(ConnectedChannel.deleted_at.is_(None))).all()
    return [target for row in rows if (target := _target(row)) is not None]


def _target(row: ConnectedChannel) -> Target | None:
    """None where the plugin is not loaded, or the settings can't be opened: that is no other channel's problem."""
    entry = registry().kinds.get(row.kind)
    if entry is None:
        return None
    try:
        return Target(row.id, row.organization_id, row.plugin, entry[0], context_for(row))
    except Exception:
        log.exception("channel.unusable", channel=str(row.id))
        return None


def _remembered(known: dict[_Key, _Entry], key: _Key, query: Select[ConnectedChannel]) -> tuple[Target, ...]:
    entry = known.get(key)
    now = time.monotonic()
    if entry is not None:
        if entry[0] > now:
            return entry[1]
        # One request asks again; those that come meanwhile take the old answer.
        known[key] = (now + GRACE, entry[1])
    found = tuple(_load(query))
    if not found:
        known.pop(key, None)
        return found
    if len(known) >= _MOST:
        known.clear()
    known[key] = (now + TTL, found)
    return found
