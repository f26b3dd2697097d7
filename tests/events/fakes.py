"""Event types and plugins of the tests, importable from the processes that tests start."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.accounts.models import Setting
from ramal.database.session import db
from ramal.events.types import TYPES, EventType, register_event_type
from ramal.hookspecs import hookimpl

if "test.happened" not in TYPES:
    register_event_type(
        EventType(
            "test.happened",
            lambda data: "on_document_issued",
            lambda data: {"document": data},
            realtime="test.happened",
        )
    )
    register_event_type(EventType("test.silent", realtime="test.silent"))


class Writer:
    """Writes a row for each event: what it did can be counted."""

    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def on_document_issued(self, document: Any) -> None:
        write(self.name, document["number"], document["conversation"])


def write(name: str, number: int, conversation: str) -> None:
    """The effect; the same key twice is allowed on purpose, so that doubles show."""
    key = f"{name}:{number}:{uuid.uuid4().hex}"
    db.session.add(Setting(key=key, value={"by": name, "number": number, "in": conversation}))


class Misbehaving(Writer):
    """Writes, and then does ``act``."""

    def __init__(self, name: str, act: Any) -> None:
        super().__init__(name)
        self.act = act

    @hookimpl
    def on_document_issued(self, document: Any) -> None:
        write(self.name, document["number"], document["conversation"])
        self.act(document)
