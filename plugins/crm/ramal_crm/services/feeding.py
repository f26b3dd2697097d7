"""What hooks tell of, written into the timeline: conversations, and other plugins' documents and payments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ramal.api import ConversationInfo, NotFound, get_contact, new_id, utcnow
from ramal_crm.services import timeline

#: What of a document or a payment its line says; whatever else a plugin tells stays with that plugin.
_TOLD = ("type", "id", "number", "title", "amount", "due_date", "paid_at", "url")
#: Characters of each.
_LONGEST = 200


def conversation_opened(conversation: ConversationInfo) -> None:
    """A contact began to talk to us."""
    key = f"conversation.opened:{conversation.id}"
    at = _time(conversation.data.get("created_at"))
    contact = conversation.contact
    _conversation("conversation.opened", key, conversation, at=at, by=(None, contact.name[:120]))


def conversation_closed(conversation: ConversationInfo) -> None:
    """A conversation was resolved; it may be more than once."""
    _conversation("conversation.closed", f"conversation.closed:{conversation.id}:{new_id()}", conversation)


def document_issued(document: Mapping[str, Any]) -> None:
    """A document for one of our contacts; one for nobody has no timeline."""
    _paper("document.issued", document)


def payment_received(payment: Mapping[str, Any]) -> None:
    """A payment of one of our contacts."""
    _paper("payment.received", payment)


def _conversation(
    kind: str,
    key: str,
    conversation: ConversationInfo,
    *,
    at: datetime | None = None,
    by: tuple[uuid.UUID | None, str] | None = None,
) -> None:
    data = {"conversation_id": str(conversation.id), "channel_kind": conversation.channel_kind}
    contact_id = _known(str(conversation.contact.id))
    if contact_id is not None:
        timeline.note_entry(kind, key, data, contact_id=contact_id, at=at, by=by)


def _paper(kind: str, paper: Mapping[str, Any]) -> None:
    contact_id = _known(paper.get("contact_id"))
    if contact_id is None:
        return
    data = {name: str(paper[name])[:_LONGEST] for name in _TOLD if paper.get(name) not in (None, "")}
    key = f"{kind}:{data.get('type', '')}:{data.get('id') or new_id()}"[:120]
    timeline.note_entry(kind, key, data, contact_id=contact_id)


def _known(contact_id: Any) -> uuid.UUID | None:
    """The contact as it is now: events tell of the past, and contacts merge or go."""
    try:
        return get_contact(uuid.UUID(str(contact_id))).id
    except (ValueError, NotFound):
        return None


def _time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return utcnow()
