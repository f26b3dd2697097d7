"""Leads and activities for the demo organization."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from ramal.api import conversations_of_contact, find_contacts, session, utcnow
from ramal_crm.models import Lead
from ramal_crm.services import activities, customers, leads

_SOURCES = ("site", "indicação", "anúncio")
#: type, title, days from now.
_TO_DO = (
    ("call", "Ligar para confirmar o pedido", -1),
    ("task", "Enviar a proposta", 0),
    ("visit", "Levar amostras", 3),
)


def seed(agents: Sequence[uuid.UUID]) -> None:
    """Once; an organization that has leads keeps them as they are."""
    if session.execute(select(Lead.id).limit(1)).first() is not None:
        return
    strangers = [one for one in find_contacts(page_size=8).items if not customers.customers_of_contact(one.id)]
    for place, contact in enumerate(strangers[: len(_SOURCES)]):
        talks = conversations_of_contact(contact.id, page_size=1).items
        talk = uuid.UUID(talks[0]["id"]) if talks else None
        leads.open_lead(contact.id, conversation_id=talk, source=_SOURCES[place])
        type_, title, days = _TO_DO[place]
        about = {"contact_id": contact.id, "conversation_id": talk, "assignee_id": agents[0] if agents else None}
        activities.create_activity({"type": type_, "title": title, "due_at": utcnow() + timedelta(days=days), **about})
