"""Filling the gap: what the provider's history has and our inbox has not, by the normal way in."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from ramal.api import Delivery, InboundMessage, ingest_all, known_messages, new_id, transaction, utcnow
from ramal_whatsapp_web.drivers.base import Driver

#: Read again before where we were: clocks differ, and what came late stands earlier.
OVERLAP = timedelta(minutes=10)
#: Deliveries looked at together.
BATCH = 100


@dataclass(frozen=True, slots=True)
class Filled:
    """How many deliveries the history gave, and how many messages of others in them were news to us."""

    read: int
    new: int


def fill(driver: Driver, channel_id: uuid.UUID, since: datetime, go_on: Callable[[], None]) -> Filled:
    """Take in what is missing since a little before ``since``. ``go_on`` is called between batches.

    The core stores each message once whatever is handed to it; what is known is left out to spare the journal.
    ProviderError where the history can't be read to its end: what was read so far is taken in.
    """
    read = new = 0
    for batch in _batches(driver.history(since - OVERLAP)):
        fresh, missed = _unknown(driver, channel_id, batch)
        if fresh:
            ingest_all(channel_id, fresh)
        read, new = read + len(batch), new + missed
        go_on()
    return Filled(read, new)


def _batches(bodies: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(bodies, BATCH)):
        yield batch


def _unknown(driver: Driver, channel_id: uuid.UUID, bodies: Sequence[bytes]) -> tuple[list[bytes], int]:
    """Without those that hold nothing but messages of others which we have; and how many of these are missing.

    Ticks of our own messages may always be news.
    """
    ids = {body: _inbound_ids(driver, body) for body in bodies}
    asked = {id_ for found in ids.values() for id_ in found or ()}
    with transaction():
        missing = asked - known_messages(channel_id, asked)
    return [body for body in bodies if (found := ids[body]) is None or found & missing], len(missing)


def _inbound_ids(driver: Driver, body: bytes) -> set[str] | None:
    """The ids of the messages in it; None if there is anything else, or it can't be read."""
    try:
        items = list(driver.parse(Delivery(new_id(), body, utcnow())))
    except ValueError:
        return None
    found = {item.provider_id for item in items if isinstance(item, InboundMessage) and item.direction == "in"}
    return found if found and len(found) == len(items) else None
