"""``statuses[]``: the ticks of what we sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ramal.api import AccountNotice, InboundItem, MessageRevoke, Status, StatusUpdate
from ramal.api import gettext as _
from ramal_whatsapp_cloud.parse.scope import Scope, errors_of, unreadable
from ramal_whatsapp_cloud.schemas.fields import read
from ramal_whatsapp_cloud.schemas.statuses import StatusSchema

_STATUS = StatusSchema()
_KNOWN: Mapping[str, Status] = {
    "accepted": Status.ACCEPTED,
    "sent": Status.SENT,
    "delivered": Status.DELIVERED,
    "read": Status.READ,
    "played": Status.PLAYED,
    "failed": Status.FAILED,
}
_IDENTITY = frozenset({"id", "status", "timestamp", "errors", "biz_opaque_callback_data"})


def parse_status(raw: Any, scope: Scope) -> Iterator[InboundItem]:
    """The item of one entry of ``statuses[]``; ``contacts`` beside it may be absent."""
    status = read(_STATUS, raw)
    if status is None or not status.get("id"):
        yield unreadable(scope, raw)
        return
    word = (status.get("status") or "").lower()
    if word in _KNOWN:
        yield _tick(status, raw, scope, _KNOWN[word])
    elif word == "deleted":
        # Older accounts report a person's deletion of their own message as its status.
        moment = scope.time(status.get("timestamp"))
        yield MessageRevoke(status["id"], moment, f"deleted:{status['id']}")
    else:
        yield _unknown(status, raw, scope)


def _tick(status: Mapping[str, Any], raw: Mapping[str, Any], scope: Scope, word: Status) -> InboundItem:
    errors = list(errors_of(status.get("errors")))
    payload = {key: value for key, value in raw.items() if key not in _IDENTITY}
    if len(errors) > 1:
        payload["errors"] = errors
    participant = status.get("recipient_participant_id") or status.get("recipient_participant_user_id")
    return StatusUpdate(
        provider_id=status["id"],
        status=word,
        occurred_at=scope.time(status.get("timestamp")),
        client_ref=status.get("biz_opaque_callback_data") or None,
        error=errors[0] if errors else None,
        payload=payload,
        recipient=participant or "",
    )


def _unknown(status: Mapping[str, Any], raw: Mapping[str, Any], scope: Scope) -> AccountNotice:
    return AccountNotice(
        title=_("A message has a status that is not known yet: %(status)s", status=status.get("status") or "?"),
        key=scope.key(raw),
        occurred_at=scope.time(status.get("timestamp")),
        payload={"field": scope.field, "raw": dict(raw)},
    )
