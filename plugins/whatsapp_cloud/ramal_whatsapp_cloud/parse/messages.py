"""One message of ``messages[]``: a bubble, or a change to the bubble it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ramal.api import (
    AccountNotice,
    InboundItem,
    InboundMessage,
    MessageEdit,
    MessageRevoke,
    PartyRef,
    Reaction,
)
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.content import Content, content_of, placeholder
from ramal_whatsapp_cloud.parse.people import group_party
from ramal_whatsapp_cloud.parse.scope import Scope, unreadable
from ramal_whatsapp_cloud.parse.system import parse_system
from ramal_whatsapp_cloud.schemas.fields import read
from ramal_whatsapp_cloud.schemas.messages import MessageSchema

_MESSAGE = MessageSchema()
#: What the envelope of a message is made of; the rest of its fields are the provider's news.
_ENVELOPE = frozenset(_MESSAGE.fields) | {"from"}
#: Envelope fields worth keeping beside the content.
_KEPT = ("referral", "identity")


@dataclass(frozen=True)
class Read:
    """A message after its schema, with what every kind of item needs of it."""

    message: Mapping[str, Any]
    raw: Mapping[str, Any]
    scope: Scope
    party: PartyRef
    provider_id: str
    occurred_at: datetime
    direction: Literal["in", "out"] = "in"
    #: History is filed away: it reopens nothing and starts no reply window.
    historic: bool = False


def parse_message(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """The item of one entry of ``messages[]``."""
    message = read(_MESSAGE, raw)
    if message is None:
        yield unreadable(scope, raw)
        return
    if message.get("type") == "system":
        yield from parse_system(message, raw, scope)
        return
    party = scope.people.find(
        message.get("from_"),
        users=[message.get("from_user_id")],
        parents=[message.get("from_parent_user_id")],
    )
    if party is None:
        yield _without_sender(scope, raw)
        return
    yield item_of(_read(message, raw, scope, party))


def _read(message: Mapping[str, Any], raw: Mapping[str, Any], scope: Scope, sender: PartyRef) -> Read:
    group = message.get("group_id")
    return Read(
        message,
        raw,
        scope,
        party=group_party(group) if group else sender,
        provider_id=message_id(message, raw, scope),
        occurred_at=scope.time(message.get("timestamp")),
    )


def message_id(message: Mapping[str, Any], raw: Any, scope: Scope) -> str:
    """The wamid; for a message without one, a hash that stays the same on redelivery."""
    return message.get("id") or f"sha256:{scope.key(raw)}"


def item_of(read_message: Read) -> InboundItem:
    """A reaction, edit or revocation of the message it names, else a bubble."""
    change = _CHANGES.get(read_message.message.get("type") or "")
    item = change(read_message) if change else None
    return item or bubble(read_message)


def bubble(source: Read) -> InboundMessage:
    """A message to show; a placeholder when its content is unknown."""
    message, scope = source.message, source.scope
    if message.get("type") in _CHANGES:
        content = placeholder(message, source.raw, scope.errors)
    else:
        content = content_of(message, source.raw, scope.errors)
    context = message.get("context") or {}
    return InboundMessage(
        party=source.party,
        provider_id=source.provider_id,
        kind=content.kind,
        occurred_at=source.occurred_at,
        body=content.body,
        payload={**content.payload, **_surroundings(source)},
        attachments=content.attachments,
        reply_to=context.get("id") or None,
        direction=source.direction,
        forwarded=bool(context.get("forwarded") or context.get("frequently_forwarded")),
        opens_conversation=not source.historic,
        opens_window=source.direction == "in" and not source.historic,
    )


def _surroundings(source: Read) -> dict[str, Any]:
    """What came around the content: the advert, the product, who spoke in a group, news."""
    message, raw = source.message, source.raw
    kept: dict[str, Any] = {key: raw[key] for key in _KEPT if raw.get(key)}
    context = message.get("context") or {}
    for key in ("referred_product", "frequently_forwarded"):
        if context.get(key):
            kept[key] = context[key]
    if message.get("group_id"):
        kept["author"] = _author(message, source.scope)
    if source.historic:
        kept["history"] = True
    if message.get("errors"):
        kept["errors"] = message["errors"]
    known = {message.get("type"), *_ENVELOPE, *_KEPT, "history_context", "origin"}
    if extra := {key: value for key, value in raw.items() if key not in known}:
        kept["extra"] = extra
    return kept


def _author(message: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    sender = scope.people.find(message.get("from_"), users=[message.get("from_user_id")])
    return {"address": sender.address, "name": sender.name} if sender else {}


def _reaction(source: Read) -> InboundItem | None:
    reaction = source.message.get("reaction") or {}
    if not reaction.get("message_id"):
        return None
    return Reaction(
        target=reaction["message_id"],
        party=source.party,
        occurred_at=source.occurred_at,
        key=source.provider_id,
        emoji=reaction.get("emoji") or None,
        direction=source.direction,
    )


def _edit(source: Read) -> InboundItem | None:
    edit = source.message.get("edit") or {}
    inner = read(_MESSAGE, edit.get("message"))
    if not edit.get("original_message_id") or inner is None:
        return None
    content: Content = content_of(inner, edit["message"], source.scope.errors)
    if content.kind == "unsupported":
        return None
    files = [dict(attachment.ref) for attachment in content.attachments]
    return MessageEdit(
        target=edit["original_message_id"],
        occurred_at=source.occurred_at,
        key=source.provider_id,
        party=source.party,
        body=content.body,
        payload={**content.payload, **({"media": files} if files else {})},
    )


def _revoke(source: Read) -> InboundItem | None:
    target = (source.message.get("revoke") or {}).get("original_message_id")
    if not target:
        return None
    return MessageRevoke(target, source.occurred_at, source.provider_id, source.party)


def _without_sender(scope: Scope, raw: Any) -> AccountNotice:
    return AccountNotice(
        title=_("A message without a sender arrived"),
        key=scope.key(raw),
        occurred_at=scope.time(),
        payload={"field": scope.field, "raw": raw},
        level="warning",
    )


_CHANGES: Mapping[str, Callable[[Read], InboundItem | None]] = {
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
}
