"""Fields about one person rather than a message: calls, preferences, new ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ramal.api import AccountNotice, IdentityChange, InboundItem, InboundMessage
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.people import address_of, aliases_of
from ramal_whatsapp_cloud.parse.scope import Scope, unreadable
from ramal_whatsapp_cloud.schemas.account import CallSchema, PreferenceSchema, UserIdUpdateSchema
from ramal_whatsapp_cloud.schemas.fields import read

_CALL = CallSchema()
_PREFERENCE = PreferenceSchema()
_USER_ID_UPDATE = UserIdUpdateSchema()


def parse_call(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """One step of a voice call. A call by a person is a line that opens their conversation."""
    call = read(_CALL, raw)
    if call is None:
        yield unreadable(scope, raw)
        return
    outgoing = (call.get("direction") or "").upper() == "BUSINESS_INITIATED"
    phone, user = ("to", "to_user_id") if outgoing else ("from_", "from_user_id")
    party = scope.people.find(call.get(phone), users=[call.get(user)])
    if party is None:
        yield unreadable(scope, raw)
        return
    event = call.get("event") or "?"
    yield InboundMessage(
        party=party,
        provider_id=f"{call.get('id') or scope.key(raw)}:{event}",
        kind="system",
        occurred_at=scope.time(call.get("timestamp")),
        body=_call_text(event, outgoing),
        payload={"event": "call", "raw": dict(raw)},
        direction="out" if outgoing else "in",
        opens_conversation=not outgoing and event == "connect",
        opens_window=False,
    )


def _call_text(event: str, outgoing: bool) -> str:
    if event == "terminate":
        return _("Voice call ended")
    return _("Voice call to this person") if outgoing else _("Voice call from this person")


def parse_call_status(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """A ringing or answered outgoing call; calls are not messages, so it ticks nothing."""
    call = read(_CALL, raw)
    if call is None:
        yield unreadable(scope, raw)
        return
    yield AccountNotice(
        title=_("Voice call: %(status)s", status=call.get("status") or "?"),
        key=scope.key(raw),
        occurred_at=scope.time(call.get("timestamp")),
        payload={"field": scope.field, "raw": dict(raw)},
    )


def parse_preference(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """A person stopped or resumed marketing messages: a line in the conversation they may have.

    ``payload`` is ``{event: "user_preferences", category, value, detail}``; ``value`` "stop" means
    that no marketing may be sent until "resume".
    """
    preference = read(_PREFERENCE, raw)
    party = preference and scope.people.find(
        preference.get("wa_id"),
        users=[preference.get("user_id")],
        parents=[preference.get("parent_user_id")],
    )
    if not preference or not party:
        yield unreadable(scope, raw)
        return
    details = {key: preference.get(key) for key in ("category", "value", "detail")}
    yield InboundMessage(
        party=party,
        provider_id=f"user_preferences:{scope.key(raw)}",
        kind="system",
        occurred_at=scope.time(preference.get("timestamp")),
        body=_preference_text(preference.get("value") or "?"),
        payload={"event": "user_preferences", **details},
        opens_conversation=False,
        opens_window=False,
    )


def _preference_text(value: str) -> str:
    known = {
        "stop": _("This person asked to receive no more marketing messages"),
        "resume": _("This person accepts marketing messages again"),
    }
    return known.get(value) or _("Marketing preference: %(value)s", value=value)


def parse_user_id_update(value: Mapping[str, Any], scope: Scope) -> Iterator[InboundItem]:
    """A person's business-scoped id changed; ``value`` holds one change, or a list of them."""
    changes = value.get("user_id_update")
    if changes is None:
        changes = [value]
    for raw in changes if isinstance(changes, list) else [changes]:
        yield _user_id_update(raw, scope)


def _user_id_update(raw: Any, scope: Scope) -> InboundItem:
    update = read(_USER_ID_UPDATE, raw)
    if update is None:
        return unreadable(scope, raw)
    user, parent = update.get("user_id") or {}, update.get("parent_user_id") or {}
    phone = update.get("wa_id")
    new = aliases_of(phone, users=[user.get("current")], parents=[parent.get("current")])
    before = aliases_of(phone, users=[user.get("previous")], parents=[parent.get("previous")])
    old = tuple(alias for alias in before if alias not in new) or aliases_of(phone)
    if not old or not new or old == new:
        return unreadable(scope, raw)
    return IdentityChange(
        old=old,
        new=new,
        occurred_at=scope.time(update.get("timestamp")),
        key=scope.key(raw),
        reason="user_id_update",
        address=address_of(new),
    )
