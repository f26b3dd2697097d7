"""What every parser of an item needs to know about where the item stood."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ramal.api import AccountNotice
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.document import fingerprint
from ramal_whatsapp_cloud.parse.people import People
from ramal_whatsapp_cloud.schemas.envelope import ErrorSchema
from ramal_whatsapp_cloud.schemas.fields import read

_ERROR = ErrorSchema()

#: A provider's clock may run ahead of ours by this much; beyond it, its time is nonsense.
CLOCK_SKEW = timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Scope:
    """One ``change``: its field, its entry, the number it belongs to and the people it names."""

    received_at: datetime
    field: str
    entry_id: str = ""
    entry_time: datetime | None = None
    phone_number_id: str = ""
    display_phone_number: str = ""
    people: People = dataclasses.field(default_factory=People)
    #: ``value.errors``: said about the value as a whole.
    errors: tuple[Any, ...] = ()

    def time(self, *claimed: datetime | None) -> datetime:
        """The first believable of the provider's times, else the entry's, else our arrival time."""
        latest = self.received_at + CLOCK_SKEW
        for moment in (*claimed, self.entry_time):
            if moment is not None and moment <= latest:
                return moment
        return self.received_at

    def key(self, raw: Any) -> str:
        """The natural key of an item without an id of its own."""
        return fingerprint(self.field, self.phone_number_id, raw)


def unreadable(scope: Scope, raw: Any) -> AccountNotice:
    """What is shown for an item that is none; its raw form stays with it."""
    return AccountNotice(
        title=_("WhatsApp sent something that could not be read"),
        key=scope.key(raw),
        occurred_at=scope.time(),
        payload={"field": scope.field, "raw": raw},
        level="warning",
    )


def errors_of(raw: Any) -> Iterator[dict[str, Any]]:
    """Each entry of an ``errors`` list as ``{code, title, message, details}``, absent ones left out."""
    for item in raw or ():
        error = read(_ERROR, item)
        if error is None:
            continue
        details = (error.get("error_data") or {}).get("details") or error.get("details")
        picked = {key: error.get(key) for key in ("code", "title", "message")}
        yield {key: value for key, value in (picked | {"details": details}).items() if value}


def reason_of(error: Mapping[str, Any]) -> str:
    """The most telling sentence of an error."""
    words = error.get("details") or error.get("message") or error.get("title") or error.get("code")
    return str(words or "")


def objects_in(value: Mapping[str, Any], name: str) -> list[Any]:
    """A list that may be absent or null."""
    return list(value.get(name) or ())
