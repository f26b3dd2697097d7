"""From a raw delivery to clean items: parsed by the channel, checked and made storable."""

from __future__ import annotations

import dataclasses
import enum
import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from ramal.channels.base import Channel, ChannelContext
from ramal.channels.types import (
    AccountNotice,
    Delivery,
    IdentityChange,
    InboundItem,
    InboundMessage,
    MessageEdit,
    MessageRevoke,
    Reaction,
    SessionNews,
    StatusUpdate,
    Typing,
)
from ramal.contacts.parties import alias_key, aliases_of
from ramal.i18n import gettext as _

_KINDS = get_args(InboundItem)
#: PostgreSQL can index no longer text for search; the whole of it stays in the journal.
MAX_BODY = 65_536
_MAX_KEY, _MAX_PROVIDER_ID = 250, 300
_TIMED = (
    InboundMessage,
    StatusUpdate,
    MessageEdit,
    MessageRevoke,
    Reaction,
    IdentityChange,
    AccountNotice,
    SessionNews,
)


class Unreadable(Exception):
    """A delivery that can't be turned into items; the text is shown under "unprocessed"."""


@dataclass(frozen=True, slots=True)
class PendingItem:
    """An item on its way in. ``position`` is its place in the delivery; ``party_key`` what orders it."""

    delivery_id: uuid.UUID
    position: int
    item: InboundItem
    party_key: str


def read_delivery(channel: Channel, delivery: Delivery, context: ChannelContext) -> list[PendingItem]:
    """All items of a delivery, clean and in order. Unreadable if the channel can't parse it."""
    try:
        items = list(channel.parse(delivery, context))
    except ValueError as error:
        raise Unreadable(str(error) or _("The channel could not read this delivery.")) from error
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    for item in items:
        if not isinstance(item, _KINDS):
            raise Unreadable(_("The channel made something that is no item: %(what)s.", what=type(item).__name__))
    now = datetime.now(UTC)
    return [_pending(delivery.id, position, item, now) for position, item in enumerate(items)]


def _pending(delivery_id: uuid.UUID, position: int, item: InboundItem, now: datetime) -> PendingItem:
    try:
        clean = _clean(item, now)
        key = party_key(clean)
    except Exception as error:
        raise Unreadable(_("Item %(n)s is malformed: %(error)s", n=position + 1, error=str(error))) from error
    return PendingItem(delivery_id, position, clean, key)


def party_key(item: InboundItem) -> str:
    """What an item waits in line by: its person, or the message it speaks of."""
    if isinstance(item, StatusUpdate):
        return f"message:{item.provider_id}"[:_MAX_KEY]
    if isinstance(item, AccountNotice | SessionNews):
        return f"notice:{item.key}"[:_MAX_KEY]
    if isinstance(item, IdentityChange):
        return ":".join(alias_key((*item.old, *item.new)[0]))[:_MAX_KEY]
    if item.party is None:
        assert isinstance(item, MessageEdit | MessageRevoke)
        return f"message:{item.target}"[:_MAX_KEY]
    return ":".join(alias_key(aliases_of(item.party)[0]))[:_MAX_KEY]


def summary(item: InboundItem) -> str:
    """A line for the list of unprocessed items: what it is and from whom, no content."""
    name = type(item).__name__
    if isinstance(item, InboundMessage):
        return f"{name} {item.kind} {item.provider_id}"
    if isinstance(item, StatusUpdate):
        return f"{name} {item.status} {item.provider_id}"
    if isinstance(item, Typing):
        return name
    return f"{name} {item.key}"


# --- cleaning -----------------------------------------------------------------------------------


def _clean(item: InboundItem, now: datetime) -> InboundItem:
    changes: dict[str, Any] = {}
    for name in item.__dataclass_fields__:
        value = getattr(item, name)
        clean = storable(value)
        if clean is not value:
            changes[name] = clean
    if isinstance(item, _TIMED) and (moment := _clamp(item.occurred_at, now)) is not item.occurred_at:
        changes["occurred_at"] = moment
    if isinstance(item, InboundMessage):
        changes |= _check_message(item)
    return dataclasses.replace(item, **changes) if changes else item


def _check_message(item: InboundMessage) -> dict[str, Any]:
    if not item.provider_id or len(item.provider_id) > _MAX_PROVIDER_ID:
        raise ValueError(_("a message without a usable id"))
    if item.body is not None and len(item.body) > MAX_BODY:
        body = storable(item.body[: MAX_BODY - 1]) + "…"
        return {"body": body, "payload": {**storable(item.payload), "truncated": True}}
    return {}


def _clamp(moment: datetime, now: datetime) -> datetime:
    """Not in the future: a provider's clock must not keep a message at the bottom for hours."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(moment, now)


def storable(value: Any) -> Any:  # noqa: PLR0911 - one answer a type
    """``value`` without what PostgreSQL can't hold: NUL, half of a surrogate pair, NaN.

    The same object when there is nothing to mend.
    """
    if value is None or value == () or isinstance(value, datetime | uuid.UUID | enum.Enum | bool | int):
        return value
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        pairs = {storable(key): storable(inner) for key, inner in value.items()}
        same = len(pairs) == len(value) and all(value.get(key) is inner for key, inner in pairs.items())
        return value if same else pairs
    if isinstance(value, list | tuple):
        return _clean_sequence(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _clean_fields(value)
    return value


def _clean_fields(value: Any) -> Any:
    inner = {name: getattr(value, name) for name in value.__dataclass_fields__}
    changed = {name: new for name, old in inner.items() if (new := storable(old)) is not old}
    return dataclasses.replace(value, **changed) if changed else value


def _clean_sequence(value: list[Any] | tuple[Any, ...]) -> Any:
    mended = [storable(inner) for inner in value]
    if all(new is old for new, old in zip(mended, value, strict=True)):
        return value
    return tuple(mended) if isinstance(value, tuple) else mended


def _clean_text(value: str) -> str:
    if value.isascii() and "\x00" not in value:
        return value
    mended = value.replace("\x00", "")
    try:
        mended.encode()
    except UnicodeEncodeError:
        mended = mended.encode(errors="replace").decode()
    return value if mended == value else mended


def of_kind(items: Iterable[PendingItem], *kinds: type[Any]) -> list[Any]:
    """The items of these kinds, in order."""
    return [pending.item for pending in items if isinstance(pending.item, kinds)]
