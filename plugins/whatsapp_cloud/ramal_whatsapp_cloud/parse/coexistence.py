"""A number used in the WhatsApp Business app and through the API at once.

Echoes are messages typed on the phone: outgoing, not ours. History arrives in chunks after
connecting. Both are filed without waking anything: bots and reply windows ignore them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ramal.api import AccountNotice, InboundItem, MessageRevoke, PartyRef
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.messages import Read, item_of, message_id
from ramal_whatsapp_cloud.parse.people import aliases_of
from ramal_whatsapp_cloud.parse.scope import Scope, errors_of, reason_of, unreadable
from ramal_whatsapp_cloud.schemas.account import StateSyncSchema
from ramal_whatsapp_cloud.schemas.fields import read
from ramal_whatsapp_cloud.schemas.messages import (
    HistoryMetadataSchema,
    HistorySchema,
    MessageSchema,
    ThreadSchema,
)

#: Files of the last 14 days follow in webhooks of their own; older ones never come.
MEDIA_FOLLOWS = timedelta(days=14)

_MESSAGE = MessageSchema()
_HISTORY = HistorySchema()
_HISTORY_METADATA = HistoryMetadataSchema()
_THREAD = ThreadSchema()
_STATE_SYNC = StateSyncSchema()


def parse_echo(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """A message that our own side typed on the phone; ``to`` is the person."""
    message = read(_MESSAGE, raw)
    if message is None:
        yield unreadable(scope, raw)
        return
    provider_id = message_id(message, raw, scope)
    moment = scope.time(message.get("timestamp"))
    party = _other_end(message, scope)
    if party is None:
        target = (message.get("revoke") or {}).get("original_message_id")
        yield MessageRevoke(target, moment, provider_id) if target else unreadable(scope, raw)
        return
    yield item_of(Read(message, raw, scope, party, provider_id, moment, direction="out"))


def _other_end(message: Mapping[str, Any], scope: Scope) -> PartyRef | None:
    """The person of an echo: ``to``, or ``from`` where the feed has the two swapped."""
    ours = scope.display_phone_number
    if ours and _digits(message.get("to")) == _digits(ours):
        return scope.people.find(message.get("from_"), users=[message.get("from_user_id")])
    users, parents = [message.get("to_user_id")], [message.get("to_parent_user_id")]
    return scope.people.find(message.get("to"), users=users, parents=parents)


def parse_history(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """One chunk of ``history[]``: its threads' messages both ways, and its progress or refusal."""
    history = read(_HISTORY, raw)
    if history is None:
        yield unreadable(scope, raw)
        return
    metadata = read(_HISTORY_METADATA, history.get("metadata")) or {}
    yield from _progress(history, metadata, scope)
    for thread in history.get("threads") or ():
        yield from _thread(thread, scope)


def _progress(history: Mapping[str, Any], metadata: Mapping[str, Any], scope: Scope) -> Iterator[InboundItem]:
    errors = list(errors_of(history.get("errors")))
    if errors:
        # 2593109: the business declined to share its history.
        title = _("WhatsApp history was not shared: %(reason)s", reason=reason_of(errors[0]))
    elif metadata:
        title = _("WhatsApp history: %(progress)s%% imported", progress=metadata.get("progress") or "?")
    else:
        return
    yield AccountNotice(
        title=title,
        key=scope.key({"metadata": metadata, "errors": errors}),
        occurred_at=scope.time(),
        payload={"field": "history", **dict(metadata), **({"errors": errors} if errors else {})},
    )


def _thread(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    thread = read(_THREAD, raw)
    if thread is None:
        yield unreadable(scope, raw)
        return
    for item in thread.get("messages") or ():
        yield from _old_message(item, thread.get("id"), scope)


def parse_history_media(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """A file of the last 14 days, sent on its own some time after its thread."""
    yield from _old_message(raw, None, scope)


def _old_message(raw: Any, thread_id: str | None, scope: Scope) -> Iterator[InboundItem]:
    message = read(_MESSAGE, raw)
    if message is None:
        yield unreadable(scope, raw)
        return
    moment = scope.time(message.get("timestamp"))
    if message.get("type") == "media_placeholder" and scope.received_at - moment <= MEDIA_FOLLOWS:
        return  # the same message comes again with its file, under the same id
    ours = bool(message.get("to")) or (_digits(message.get("from_")) == _digits(scope.display_phone_number) != "")
    other = thread_id or (message.get("to") if ours else message.get("from_"))
    party = scope.people.find(other) if other else None
    if party is None:
        yield unreadable(scope, raw)
        return
    yield item_of(
        Read(
            message,
            raw,
            scope,
            party,
            provider_id=message_id(message, raw, scope),
            occurred_at=moment,
            direction="out" if ours else "in",
            historic=True,
        )
    )


def parse_state_sync(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """A contact of the phone's address book was added, edited or removed."""
    state = read(_STATE_SYNC, raw)
    if state is None:
        yield unreadable(scope, raw)
        return
    contact = state.get("contact") or {}
    name = contact.get("full_name") or contact.get("phone_number") or "?"
    if state.get("action") == "remove":
        title = _("Removed from the phone's contacts: %(name)s", name=name)
    else:
        title = _("Saved in the phone's contacts: %(name)s", name=name)
    aliases = aliases_of(contact.get("phone_number"))
    yield AccountNotice(
        title=title,
        key=scope.key(raw),
        occurred_at=scope.time(),
        payload={"field": scope.field, "aliases": [a.value for a in aliases], "raw": dict(raw)},
    )


def _digits(number: str | None) -> str:
    return "".join(filter(str.isdigit, number or ""))
