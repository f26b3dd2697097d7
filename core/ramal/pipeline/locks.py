"""Advisory locks of the pipeline, each held to the end of the transaction that took it."""

from __future__ import annotations

import uuid

from sqlalchemy import text
from sqlalchemy.orm import Session

#: One process drains a channel at a time / one transaction at a time moves a channel's messages.
_DRAIN, _EFFECTS = 0x52414D01, 0x52414D02
_TRY, _WAIT = text("select pg_try_advisory_xact_lock(:kind, :key)"), text("select pg_advisory_xact_lock(:kind, :key)")


def try_lock_drain(session: Session, channel_id: uuid.UUID) -> bool:
    """Whether this transaction may drain the channel; no when another one does."""
    return bool(session.scalar(_TRY, {"kind": _DRAIN, "key": _number(channel_id)}))


def lock_channel_effects(session: Session, channel_id: uuid.UUID) -> None:
    """Wait until no other transaction moves this channel's messages (drain and sender meet here)."""
    session.execute(_WAIT, {"kind": _EFFECTS, "key": _number(channel_id)})


def _number(channel_id: uuid.UUID) -> int:
    """The random tail of a UUIDv7 as a signed 32-bit number."""
    return int.from_bytes(channel_id.bytes[-4:], "big", signed=True)
