"""Event types and plugins of the tests, importable from the processes that tests start."""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

from ramal.accounts.models import Setting
from ramal.database.session import db, transaction
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


def write_job(number: int) -> None:
    """A job with an effect that can be counted."""
    with transaction():
        write("job", number, "")


class Stuck(Writer):
    """Hangs in number 3 where no alarm reaches it."""

    @hookimpl
    def on_document_issued(self, document: Any) -> None:
        if document["number"] == 3:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
            time.sleep(60)
        write(self.name, document["number"], document["conversation"])


class Slow(Writer):
    """Takes a moment, so that a kill strikes in the middle."""

    @hookimpl
    def on_document_issued(self, document: Any) -> None:
        write(self.name, document["number"], document["conversation"])
        db.session.flush()
        time.sleep(0.002)


class Ticking:
    """A service that writes down when it runs."""

    def __init__(self, path: str) -> None:
        self.path = path

    def run(self, stop: Any) -> None:
        while not stop.wait(0.05):
            with Path(self.path).open("a") as file:
                file.write(f"{os.getpid()}\n")


class Misbehaving(Writer):
    """Writes, and then does ``act``."""

    def __init__(self, name: str, act: Any) -> None:
        super().__init__(name)
        self.act = act

    @hookimpl
    def on_document_issued(self, document: Any) -> None:
        write(self.name, document["number"], document["conversation"])
        self.act(document)
