"""Deals and the conversations in which they are talked about: many to many, seen from both sides."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ramal.api import NotFound, current_organization, get_conversation, new_id, session, transaction
from ramal.api import gettext as _
from ramal_crm.models import Deal, DealConversation
from ramal_crm.services.deals.finding import get_deal
from ramal_crm.services.timeline import note_entry


def link_conversation(deal_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """They belong together; twice is once. NotFound for either, also for a conversation the caller may not see."""
    with transaction():
        attach(get_deal(deal_id), conversation_id)


def unlink_conversation(deal_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """They belong together no longer. NotFound if they did not."""
    with transaction():
        link = DealConversation.deal_id == get_deal(deal_id).id, DealConversation.conversation_id == conversation_id
        if session.execute(delete(DealConversation).where(*link).returning(DealConversation.id)).first() is None:
            raise NotFound(_("They are not linked."))


def attach(deal: Deal, conversation_id: uuid.UUID) -> None:
    """In the caller's transaction; a deal without a contact gets the conversation's."""
    conversation = get_conversation(conversation_id)
    values = {
        "id": new_id(),
        "organization_id": current_organization(),
        "deal_id": deal.id,
        "conversation_id": conversation_id,
    }
    session.execute(insert(DealConversation).values(values).on_conflict_do_nothing())
    contact_id = uuid.UUID(str(conversation["contact"]["id"]))
    if deal.contact_id is None:
        deal.contact_id = contact_id
    data = {"deal_id": str(deal.id), "title": deal.title, "conversation_id": str(conversation_id)}
    key = f"deal:{deal.id}:conversation:{conversation_id}"
    note_entry("deal.linked", key, data, customer_id=deal.customer_id, contact_id=deal.contact_id, deal_id=deal.id)


def conversations_of(deal_id: uuid.UUID) -> Sequence[Mapping[str, Any]]:
    """The linked conversations that the caller may see, as the API's items, the last linked first."""
    query = select(DealConversation.conversation_id).where(DealConversation.deal_id == deal_id)
    found = []
    for conversation_id in session.execute(query.order_by(DealConversation.id.desc()).limit(20)).scalars():
        try:
            found.append(get_conversation(conversation_id))
        except NotFound:
            continue  # not for these eyes
    return found


def deals_of_conversation(conversation_id: uuid.UUID) -> Sequence[Deal]:
    """The deals talked about in a conversation, newest first. NotFound if the caller may not see it."""
    get_conversation(conversation_id)
    query = select(Deal).join(DealConversation, DealConversation.deal_id == Deal.id)
    query = query.where(DealConversation.conversation_id == conversation_id).order_by(Deal.id.desc()).limit(20)
    found: Sequence[Deal] = session.execute(query).scalars().all()
    return found
