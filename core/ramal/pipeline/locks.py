"""Advisory locks of the pipeline, each held to the end of the transaction that took it."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

#: One process drains a channel at a time / one transaction at a time moves a channel's messages.
_DRAIN, _EFFECTS = 0x52414D01, 0x52414D02


def try_lock_drain(session: Session, channel_id: uuid.UUID) -> bool:
    """Whether this transaction may drain the channel; no when another one does."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_DRAIN, _number(channel_id)))))


def lock_channel_effects(session: Session, channel_id: uuid.UUID) -> None:
    """Wait until no other transaction moves this channel's messages (drain and sender meet here)."""
    session.execute(select(func.pg_advisory_xact_lock(_EFFECTS, _number(channel_id))))


def _number(channel_id: uuid.UUID) -> int:
    """The random tail of a UUIDv7 as a signed 32-bit number."""
    return int.from_bytes(channel_id.bytes[-4:], "big", signed=True)
