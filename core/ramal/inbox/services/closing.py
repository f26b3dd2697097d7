"""Resolve and reopen."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ramal.accounts.models import Membership
from ramal.database.base import utcnow
from ramal.database.session import current_organization_id, db, transaction
from ramal.errors import Conflict
from ramal.i18n import gettext as _
from ramal.inbox.items import conversation_item, person
from ramal.inbox.models import Conversation
from ramal.inbox.models.conversation import LIVE
from ramal.inbox.serialize import conversation_info
from ramal.inbox.services.lines import line_payload, write_line
from ramal.inbox.services.rows import actor_id, is_live, locked, tell
from ramal.plugins.dispatch import veto


def resolve(conversation_id: uuid.UUID) -> Conversation:
    """Close a conversation. Conflict with the reason where a plugin objects; twice is once."""
    with transaction():
        conversation = locked(conversation_id)
        if not is_live(conversation):
            return conversation
        info = conversation_info(conversation_item(conversation), current_organization_id())
        objection = veto("before_close", conversation=info)
        if objection is not None:
            raise Conflict(objection.reason)
        conversation.status = "resolved"
        conversation.resolved_at = utcnow()
        conversation.waiting_since = None
        conversation.control = "none"
        item = tell("conversation.closed", conversation)
        write_line(conversation, item, line_payload("resolved", person(actor_id())), conversation.resolved_at)
    return conversation


def reopen(conversation_id: uuid.UUID) -> Conversation:
    """Bring a closed conversation back. Conflict where the same person has a live one by now."""
    try:
        with transaction():
            conversation = locked(conversation_id)
            if is_live(conversation):
                return conversation
            _refuse_second_live(conversation)
            conversation.status = "open"
            conversation.resolved_at = None
            conversation.opened_at = utcnow()
            conversation.control = "human" if _keeps_assignee(conversation) else "none"
            item = tell("conversation.reopened", conversation)
            write_line(conversation, item, line_payload("reopened", person(actor_id())))
    except IntegrityError:
        # An inbound message opened one between our look and our write.
        raise Conflict(_("This person already has an open conversation.")) from None
    return conversation


def _refuse_second_live(conversation: Conversation) -> None:
    query = select(Conversation.id).where(Conversation.party_id == conversation.party_id, Conversation.status.in_(LIVE))
    other = db.session.execute(query).scalar_one_or_none()
    if other is not None:
        message = _("This person already has an open conversation.")
        raise Conflict(message, conversation_id=str(other))


def _keeps_assignee(conversation: Conversation) -> bool:
    """Whoever left the team does not get old conversations back."""
    query = select(Membership.id).where(Membership.user_id == conversation.assignee_id, Membership.active.is_(True))
    if conversation.assignee_id is not None and db.session.execute(query).first() is None:
        conversation.assignee_id = None
    return conversation.assignee_id is not None
