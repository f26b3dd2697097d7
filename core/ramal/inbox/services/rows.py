"""What the inbox's use cases share: rows locked or found, and news about them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from ramal.accounts.models import Membership
from ramal.database.session import db
from ramal.errors import InvalidPayload, NotFound
from ramal.events.services import emit_event
from ramal.http.principal import principal_or_none
from ramal.i18n import gettext as _
from ramal.inbox.items import conversation_item
from ramal.inbox.models import Conversation
from ramal.inbox.models.conversation import LIVE
from ramal.inbox.visibility import visible


def locked(conversation_id: uuid.UUID) -> Conversation:
    """The conversation, held until the transaction ends. NotFound if the caller can't see it."""
    query = (
        select(Conversation)
        .where(Conversation.id == conversation_id, visible())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: Conversation | None = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such conversation."))
    return found


def is_live(conversation: Conversation) -> bool:
    """Open, pending or snoozed."""
    return conversation.status in LIVE


def actor_id() -> uuid.UUID | None:
    """The member who acts; None for plugins and workers."""
    principal = principal_or_none()
    return principal.user_id if principal else None


def tell(type_: str, conversation: Conversation, **extra: Any) -> dict[str, Any]:
    """Write the event about a conversation and answer with the item it carries."""
    db.session.flush()
    item = conversation_item(conversation)
    emit_event(
        type_,
        {"conversation": item, **extra},
        conversation_id=conversation.id,
        bucket=conversation.bucket,
        actor_id=actor_id(),
    )
    return item


def require_member(user_id: uuid.UUID) -> None:
    """InvalidPayload unless they are an active member of the organization."""
    query = select(Membership.id).where(Membership.user_id == user_id, Membership.active.is_(True))
    if db.session.execute(query).first() is None:
        message = _("This person is not an active member of the team.")
        raise InvalidPayload(message, {"assignee_id": [message]})
