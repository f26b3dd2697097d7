"""Walk ``entry[] > changes[] > value`` and hand every item to the parser of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ramal.api import AccountNotice, Delivery, InboundItem
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.account import parse_account, parse_group, parse_value_errors
from ramal_whatsapp_cloud.parse.coexistence import (
    parse_echo,
    parse_history,
    parse_history_media,
    parse_state_sync,
)
from ramal_whatsapp_cloud.parse.document import fingerprint, load_document
from ramal_whatsapp_cloud.parse.messages import parse_message
from ramal_whatsapp_cloud.parse.people import People
from ramal_whatsapp_cloud.parse.persons import (
    parse_call,
    parse_call_status,
    parse_preference,
    parse_user_id_update,
)
from ramal_whatsapp_cloud.parse.scope import Scope, objects_in, unreadable
from ramal_whatsapp_cloud.parse.statuses import parse_status
from ramal_whatsapp_cloud.schemas.envelope import (
    ChangeSchema,
    DocumentSchema,
    EntrySchema,
    ValueSchema,
)
from ramal_whatsapp_cloud.schemas.fields import read

_DOCUMENT = DocumentSchema()
_ENTRY = EntrySchema()
_CHANGE = ChangeSchema()
_VALUE = ValueSchema()

ItemParser = Callable[[Any, Scope], Iterator[InboundItem]]

#: The lists of a value, by field: which list, read by which parser, in this order.
_LISTS: Mapping[str, tuple[tuple[str, ItemParser], ...]] = {
    "messages": (("messages", parse_message), ("statuses", parse_status)),
    "smb_message_echoes": (("message_echoes", parse_echo),),
    "history": (("history", parse_history), ("messages", parse_history_media)),
    "smb_app_state_sync": (("state_sync", parse_state_sync),),
    "calls": (("calls", parse_call), ("statuses", parse_call_status)),
    "user_preferences": (("user_preferences", parse_preference),),
    "group_lifecycle_update": (("groups", parse_group),),
    "group_participants_update": (("groups", parse_group),),
    "group_settings_update": (("groups", parse_group),),
    "group_status_update": (("groups", parse_group),),
}


@dataclass(frozen=True)
class Owner:
    """Whose items to take: this number's, and those of its account when the number is not named."""

    phone_number_id: str
    business_account_id: str
    received_at: datetime

    def owns_account(self, *ids: str | None) -> bool:
        """An account-level change belongs to us by its account; any does if we don't know ours."""
        return not self.business_account_id or self.business_account_id in ids


def parse_delivery(delivery: Delivery, *, phone_number_id: str, business_account_id: str = "") -> Iterator[InboundItem]:
    """Every item of ``delivery`` that belongs to this number, in order.

    Raises ValueError with a sentence when the body is no webhook of WhatsApp's. Items of other
    numbers are left out; where *nothing* belongs to this number, one notice says whose it was, so
    that a callback URL entered at the wrong number shows in settings.
    """
    document = read(_DOCUMENT, load_document(delivery.raw))
    entries = document.get("entry") if document else None
    if not entries:
        raise ValueError(_("The body is JSON, but not a webhook of WhatsApp."))
    owner = Owner(phone_number_id, business_account_id, delivery.received_at)
    return _walk(entries, owner)


def _walk(entries: list[Any], owner: Owner) -> Iterator[InboundItem]:
    strangers: list[str] = []
    found = False
    for raw_entry in entries:
        for item in _entry(raw_entry, owner, strangers):
            found = True
            yield item
    if strangers and not found:
        yield _foreign(strangers, owner)


def _entry(raw: Any, owner: Owner, strangers: list[str]) -> Iterator[InboundItem]:
    entry = read(_ENTRY, raw)
    if entry is None:
        yield unreadable(Scope(owner.received_at, "entry"), raw)
        return
    for raw_change in objects_in(entry, "changes"):
        yield from _change(raw_change, entry, owner, strangers)


def _change(raw: Any, entry: Mapping[str, Any], owner: Owner, strangers: list[str]) -> Iterator[InboundItem]:
    change = read(_CHANGE, raw)
    value = read(_VALUE, change.get("value")) if change else None
    if change is None or value is None:
        yield unreadable(Scope(owner.received_at, "change"), raw)
        return
    field = change.get("field") or ""
    number = (value.get("metadata") or {}).get("phone_number_id") or ""
    account = entry.get("id") or ""
    if number and number != owner.phone_number_id:
        strangers.append(number)
    elif not number and not owner.owns_account(account, _waba_of(value)):
        strangers.append(account)
    else:
        yield from _value(value, change["value"], _scope(field, entry, value, owner))


def _waba_of(value: Mapping[str, Any]) -> str | None:
    """The account that a partner's webhook is about; its entry holds the partner's own id."""
    info = value.get("waba_info")
    return str(info.get("waba_id")) if isinstance(info, dict) else None


def _scope(field: str, entry: Mapping[str, Any], value: Mapping[str, Any], owner: Owner) -> Scope:
    metadata = value.get("metadata") or {}
    return Scope(
        received_at=owner.received_at,
        field=field,
        entry_id=entry.get("id") or "",
        entry_time=entry.get("time"),
        phone_number_id=metadata.get("phone_number_id") or "",
        display_phone_number=metadata.get("display_phone_number") or "",
        people=People(objects_in(value, "contacts")),
        errors=tuple(objects_in(value, "errors")),
    )


def _value(value: Mapping[str, Any], raw: Any, scope: Scope) -> Iterator[InboundItem]:
    if scope.field == "user_id_update":
        yield from parse_user_id_update(raw, scope)
        return
    lists = [(value.get(name) or (), parser) for name, parser in _LISTS.get(scope.field, ())]
    if any(items for items, _parser in lists):
        for items, parser in lists:
            for item in items:
                yield from parser(item, scope)
    elif scope.errors:
        yield from parse_value_errors(scope)
    else:
        yield from parse_account(raw, scope)


def _foreign(strangers: list[str], owner: Owner) -> AccountNotice:
    others = sorted(set(strangers))
    return AccountNotice(
        title=_("A webhook for another number or account arrived here: %(ids)s", ids=", ".join(others[:5])),
        key=fingerprint("foreign", others),
        occurred_at=owner.received_at,
        payload={"field": "foreign", "ids": others},
        level="warning",
    )
