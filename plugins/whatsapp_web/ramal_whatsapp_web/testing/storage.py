"""A simulator's world in a folder: what a provider and its phones still know after a restart."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ramal_whatsapp_web.testing.history import File, Message
from ramal_whatsapp_web.testing.network import Account, Ban, Device, Happening
from ramal_whatsapp_web.testing.people import Person, Seen
from ramal_whatsapp_web.testing.world import World

PAUSE = 1.0


class Storage:
    """``world.json`` and ``files/`` in ``folder``; written every second that brought something new."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._path = folder / "world.json"
        self._files = folder / "files"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._saved = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write the last of it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self.save()

    def save(self) -> None:
        with self._world.lock:
            text = json.dumps(_world(self._world), ensure_ascii=False)
        if text == self._saved:
            return
        self._files.mkdir(parents=True, exist_ok=True)
        for sha256, content in self._world.files.all().items():
            path = self._files / sha256
            if not path.exists():
                path.write_bytes(content)
        aside = self._path.with_suffix(".new")
        aside.write_text(text, "utf-8")
        aside.replace(self._path)
        self._saved = text

    def load(self) -> list[str]:
        """Restore what was saved; the names of sessions that ran."""
        if not self._path.exists():
            return []
        document = json.loads(self._path.read_text("utf-8"))
        for path in self._files.glob("*"):
            self._world.files.keep(path.read_bytes(), "", None)
        self._world.behaviour.update(document["behaviour"])
        people = [_read_person(item, self._world) for item in document["people"]]
        for item in document["accounts"]:
            _read_account(item, people, self._world)
        return _read_sessions(document["sessions"], self._world)

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE):
            self.save()


def _world(world: World) -> dict[str, Any]:
    places = {id(person): place for place, person in enumerate(world.network.people)}
    return {
        "behaviour": world.behaviour.as_dict(),
        "people": [dataclasses.asdict(person) for person in world.network.people],
        "accounts": [_account(account, places) for account in world.network.accounts.values()],
        "sessions": [
            {
                "name": session.name,
                "config": session.config,
                "runs": session.runs,
                "device": [session.device.account.number, session.device.secret] if session.device else None,
            }
            for session in world.sessions.values()
        ],
    }


def _account(account: Account, places: Mapping[int, int]) -> dict[str, Any]:
    return {
        "number": account.number,
        "name": account.name,
        "ban": dataclasses.asdict(account.ban) if account.ban else None,
        "restricted_until": account.restricted_until,
        "devices": [
            {
                "secret": device.secret,
                "messages": [_message(message, places) for message in device.history.all()],
                "waiting": [_happening(item, places) for item in device.waiting],
            }
            for device in account.devices
        ],
    }


def _message(message: Message, places: Mapping[int, int]) -> dict[str, Any]:
    fields = {item.name: getattr(message, item.name) for item in dataclasses.fields(message)}
    file = dataclasses.asdict(message.file) if message.file else None
    return fields | {"chat": places[id(message.chat)], "file": file}


def _happening(item: Happening, places: Mapping[int, int]) -> dict[str, Any]:
    message = _message(item.message, places) if item.message else None
    return {"event": item.event, "person": places[id(item.person)], "message": message, "details": item.details}


def _read_person(item: Mapping[str, Any], world: World) -> Person:
    known = {name: item[name] for name in ("name", "known", "addressing", "registered")}
    person = world.network.person(item["number"], item["lid"], **known)
    person.chats = {number: [Seen(**seen) for seen in chat] for number, chat in item["chats"].items()}
    return person


def _read_account(item: Mapping[str, Any], people: list[Person], world: World) -> None:
    account = world.network.account(item["number"], item["name"])
    account.ban = Ban(**item["ban"]) if item["ban"] else None
    account.restricted_until = item["restricted_until"]
    for held in item["devices"]:
        device = world.network.new_device(account, held["secret"])
        for message in held["messages"]:
            device.history.add(_read_message(message, people))
        device.waiting = [_read_happening(happening, people) for happening in held["waiting"]]


def _read_message(item: Mapping[str, Any], people: list[Person]) -> Message:
    file = File(**item["file"]) if item["file"] else None
    changed = {"chat": people[item["chat"]], "file": file, "vcards": tuple(item["vcards"])}
    return Message(**{**item, **changed})


def _read_happening(item: Mapping[str, Any], people: list[Person]) -> Happening:
    message = _read_message(item["message"], people) if item["message"] else None
    return Happening(item["event"], people[item["person"]], message, item["details"])


def _read_sessions(items: list[dict[str, Any]], world: World) -> list[str]:
    for item in items:
        session = world.create(item["name"], item["config"], start=False)
        session.device = _device(item["device"], world) if item["device"] else None
    return [item["name"] for item in items if item["runs"]]


def _device(place: list[str], world: World) -> Device | None:
    number, secret = place
    devices = world.network.account(number).devices
    return next((device for device in devices if device.secret == secret), None)
