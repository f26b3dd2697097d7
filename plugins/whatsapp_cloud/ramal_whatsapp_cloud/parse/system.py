"""``system`` messages: a person changed number or id, or their security code changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ramal.api import AccountNotice, IdentityChange, InboundItem, InboundMessage
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.people import address_of, aliases_of
from ramal_whatsapp_cloud.parse.scope import Scope

Message = Mapping[str, Any]


def parse_system(message: Message, raw: Mapping[str, Any], scope: Scope) -> Iterator[InboundItem]:
    """An identity change when it names a new identity, else a line in the conversation."""
    system = message.get("system") or {}
    key = message.get("id") or f"sha256:{scope.key(raw)}"
    moment = scope.time(message.get("timestamp"))
    change = _identity_change(message, system, key, moment)
    yield change or _line(message, raw, scope, key, moment)


def _identity_change(message: Message, system: Message, key: str, moment: datetime) -> IdentityChange | None:
    """None unless both a new identity and an old one are named, and they differ."""
    new = aliases_of(
        system.get("new_wa_id"),
        system.get("wa_id"),
        users=[system.get("user_id")],
        parents=[system.get("parent_user_id")],
    )
    old = aliases_of(
        message.get("from_"),
        system.get("customer"),
        users=[system.get("previous_user_id") or message.get("from_user_id")],
        parents=[system.get("previous_parent_user_id")],
    )
    old = tuple(alias for alias in old if alias not in new)
    if not old or not new or system.get("type") == "customer_identity_changed":
        return None
    return IdentityChange(
        old=old,
        new=new,
        occurred_at=moment,
        key=key,
        reason=system.get("type") or "user_changed_number",
        address=address_of(new),
        body=system.get("body") or None,
        provider_id=message.get("id") or None,
    )


def _line(message: Message, raw: Mapping[str, Any], scope: Scope, key: str, moment: datetime) -> InboundItem:
    system = message.get("system") or {}
    party = scope.people.find(
        message.get("from_"),
        system.get("customer"),
        system.get("wa_id"),
        users=[message.get("from_user_id"), system.get("user_id")],
    )
    if party is None:
        return AccountNotice(
            title=system.get("body") or _("A person's WhatsApp identity changed"),
            key=key,
            occurred_at=moment,
            payload={"field": scope.field, "raw": dict(raw)},
        )
    return InboundMessage(
        party=party,
        provider_id=key,
        kind="system",
        occurred_at=moment,
        body=system.get("body") or _("This person's WhatsApp identity changed"),
        payload={"event": system.get("type") or "system", "raw": dict(raw)},
        opens_conversation=False,
        opens_window=False,
    )
