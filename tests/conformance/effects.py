"""What a webhook must bring about, read from the payload itself: without the plugin's parser."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Payload = dict[str, Any]

#: Kinds that change the message they name, when they name one.
CHANGES = {"reaction": "message_id", "edit": "original_message_id", "revoke": "original_message_id"}
TICKS = {"accepted", "sent", "delivered", "read", "played", "failed"}
#: Lists in a ``value`` whose entries may come in deliveries of their own.
LISTS = ("messages", "statuses", "message_echoes", "calls", "groups", "state_sync", "user_preferences")


@dataclass
class Effects:
    """Natural keys, each of which must have exactly one row."""

    bubbles: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    #: message id, status, and in a group whose it is
    ticks: set[tuple[str, str, str]] = field(default_factory=set)


def changes_of(payload: Payload) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each (entry, change)."""
    for entry in payload["entry"]:
        for change in entry.get("changes", ()):
            yield entry, change


def number_of(payload: Payload) -> str | None:
    """The number a payload is for; None when it is about the account."""
    for _, change in changes_of(payload):
        number = (change["value"].get("metadata") or {}).get("phone_number_id")
        if number:
            return str(number)
    return None


def effects_of(payloads: list[Payload]) -> Effects:
    """All that must be there afterwards."""
    found = Effects()
    for payload in payloads:
        for _, change in changes_of(payload):
            for message in _messages(change):
                _note_message(found, message)
            for status in change["value"].get("statuses", ()) if change["field"] == "messages" else ():
                _note_status(found, status)
    return found


def _messages(change: dict[str, Any]) -> Iterator[dict[str, Any]]:
    value = change["value"]
    yield from value.get("messages", ())
    yield from value.get("message_echoes", ())
    for chunk in value.get("history", ()):
        for thread in chunk.get("threads", ()):
            yield from thread.get("messages", ())


def _note_message(found: Effects, message: dict[str, Any]) -> None:
    kind = message.get("type")
    if kind == "system":
        return  # moves a person's identity, or leaves a line: the snapshot holds both
    target = CHANGES.get(str(kind))
    if target is not None and (message.get(str(kind)) or {}).get(target):
        found.changes.add(message["id"])
    else:
        found.bubbles.add(message["id"])


def _note_status(found: Effects, status: dict[str, Any]) -> None:
    if status["status"] in TICKS:
        participant = status.get("recipient_participant_id") or status.get("recipient_participant_user_id") or ""
        found.ticks.add((status["id"], status["status"], participant))
    elif status["status"] == "deleted":
        found.changes.add(f"deleted:{status['id']}")


def split(payload: Payload) -> list[Payload]:
    """One delivery for each entry of each list."""
    parts = []
    for entry, change in changes_of(payload):
        names = [name for name in LISTS if isinstance(change["value"].get(name), list)]
        rest = {key: item for key, item in change["value"].items() if key not in names}
        values = [{**rest, name: [item]} for name in names for item in change["value"][name]] or [rest]
        for value in values:
            whole = {**entry, "changes": [{**change, "value": value}]}
            parts.append({"object": payload["object"], "entry": [copy.deepcopy(whole)]})
    return parts


def mixed(payloads: list[Payload], chance: random.Random) -> list[Payload]:
    """The same facts in other deliveries: shuffled, split, and several in one.

    News about the account travels apart from a number's own, as each is taken by other channels.
    """
    parts = [part for payload in payloads for part in split(payload)]
    chance.shuffle(parts)
    lots: dict[str | None, list[Payload]] = {}
    for part in parts:
        lots.setdefault(number_of(part), []).append(part)
    deliveries = [delivery for lot in lots.values() for delivery in _merged(lot, chance)]
    chance.shuffle(deliveries)
    return deliveries


def _merged(parts: list[Payload], chance: random.Random) -> Iterator[Payload]:
    while parts:
        size = chance.randint(1, 6)
        taken, parts = parts[:size], parts[size:]
        yield {"object": taken[0]["object"], "entry": [entry for part in taken for entry in part["entry"]]}
