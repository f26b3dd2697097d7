"""Connected channels by id or by the provider's id, ready to be used, remembered for two seconds.

Read as the system role: for a webhook the organization is not known yet.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute

from ramal.channels.base import Channel, ChannelContext
from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import registry
from ramal.database.bulk import among
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
    found = _remembered(cache().by_id, [channel_id], lambda ids: _load_by(ConnectedChannel.id, ids))
    return next(iter(found[channel_id]), None)


def targets_by_refs(kind: str, refs: Sequence[str]) -> list[Target]:
    """The channels of any organization that stand for these ids of the provider's, in the order of the ids.

    One query at most: whoever asks may be a stranger who made the ids up.
    """
    # PostgreSQL holds no text with a NUL, and refuses to look for it.
    keys = [(kind, ref) for ref in dict.fromkeys(refs) if "\0" not in ref]
    found = _remembered(cache().by_ref, keys, _load_by_ref)
    return [target for key in keys for target in found[key]]


def targets_of_kinds(kinds: Sequence[str]) -> list[Target]:
    """Every channel of these kinds; for a handshake on the shared URL only."""
    return _load(select(ConnectedChannel).where(ConnectedChannel.kind.in_(kinds)).order_by(ConnectedChannel.id))


def kinds_of(segment: str) -> list[str]:
    """The channel kinds a URL's first part stands for: a kind by itself, or all of a plugin."""
    return [kind for kind, (_channel, plugin) in registry().kinds.items() if segment in (kind, plugin)]


def _load(query: Select[ConnectedChannel]) -> list[Target]:
    return [target for _row, target in _loaded(query)]


def _load_by(
    column: InstrumentedAttribute[Any], values: Sequence[Any], *conditions: ColumnElement[bool]
) -> dict[Any, tuple[Target, ...]]:
    found: dict[Any, tuple[Target, ...]] = {}
    for row, target in _loaded(select(ConnectedChannel).where(among(column, values), *conditions)):
        value = getattr(row, column.key)
        found[value] = (*found.get(value, ()), target)
    return found


def _load_by_ref(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[Target, ...]]:
    kind = keys[0][0]
    found = _load_by(ConnectedChannel.external_ref, [ref for _kind, ref in keys], ConnectedChannel.kind == kind)
    return {(kind, ref): targets for ref, targets in found.items()}


def _loaded(query: Select[ConnectedChannel]) -> list[tuple[ConnectedChannel, Target]]:
    with system_transaction() as session:
        rows = session.scalars(query.where(ConnectedChannel.deleted_at.is_(None))).all()
    return [(row, target) for row in rows if (target := _target(row)) is not None]


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


def _remembered(
    known: dict[_Key, _Entry], keys: Iterable[_Key], load: Callable[[list[_Key]], Mapping[_Key, tuple[Target, ...]]]
) -> dict[_Key, tuple[Target, ...]]:
    """The targets of each key: what is known from lately, and one load of the rest."""
    now = time.monotonic()
    answer: dict[_Key, tuple[Target, ...]] = {}
    asked = []
    for key in keys:
        entry = known.get(key)
        if entry is not None and entry[0] > now:
            answer[key] = entry[1]
            continue
        if entry is not None:
            # One request asks again; those that come meanwhile take the old answer.
            known[key] = (now + GRACE, entry[1])
        asked.append(key)
    found = load(asked) if asked else {}
    for key in asked:
        answer[key] = found.get(key, ())
        _remember(known, key, answer[key], now + TTL)
    return answer


def _remember(known: dict[_Key, _Entry], key: _Key, found: tuple[Target, ...], until: float) -> None:
    if not found:
        known.pop(key, None)
        return
    if len(known) >= _MOST:
        known.clear()
    known[key] = (until, found)
