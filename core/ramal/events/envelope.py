"""Events as sockets see them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ramal.events.attempt import own_session
from ramal.events.frames import text_frame
from ramal.events.types import TYPES, EventType

VERSION = "v1"


def envelope(type: str, organization_id: uuid.UUID, data: Any, *, id: int | None, at: datetime) -> dict[str, Any]:
    """What every message on the socket looks like; ``id`` is the position, null if it can't be resumed."""
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "version": VERSION,
        "id": id,
        "type": type,
        "organization": str(organization_id),
        "at": stamp,
        "data": data,
    }


def shown_types() -> list[str]:
    """The types of event that sockets see at all."""
    return [name for name, type_ in TYPES.items() if type_.realtime is not None]


class Shown:
    """An event on its way to sockets: each form of it is encoded once, when first asked for."""

    def __init__(self, row: Any) -> None:
        self._row = row
        self.type: EventType = TYPES[row.type]
        self._member: bytes | None = None
        self._visitor: bytes | None = None

    @property
    def data(self) -> Mapping[str, Any]:
        """The event's own data."""
        data: Mapping[str, Any] = self._row.data
        return data

    def for_member(self) -> bytes:
        """The frame for the organization's members."""
        if self._member is None:
            self._member = self._frame(self.type.envelope(self._row.data))
        return self._member

    def for_visitor(self) -> bytes | None:
        """The frame for the conversation's visitor; None if it is not for them."""
        if self.type.visitor is None:
            return None
        if self._visitor is None:
            with own_session(self._row.organization_id):
                data = self.type.visitor(self._row.data)
            self._visitor = b"" if data is None else self._frame(data)
        return self._visitor or None

    def _frame(self, data: Any) -> bytes:
        row = self._row
        assert self.type.realtime is not None
        return text_frame(envelope(self.type.realtime, row.organization_id, data, id=row.position, at=row.created_at))
