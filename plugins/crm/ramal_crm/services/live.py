"""Telling open screens that something about a contact changed: the panel beside the conversation looks again."""

from __future__ import annotations

import uuid

from ramal.api import emit_event
from ramal_crm.services.actors import actor

#: Of every change to a contact's leads, activities, notes and customers; deals have an event of their own.
CONTACT_CHANGED = "crm.contact.changed"


def contact_changed(contact_id: uuid.UUID | None) -> None:
    """In the caller's transaction; what is about nobody is shown beside no conversation."""
    if contact_id is not None:
        emit_event(CONTACT_CHANGED, {"contact_id": str(contact_id)}, actor_id=actor()[0])
