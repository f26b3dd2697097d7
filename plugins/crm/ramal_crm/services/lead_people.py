"""Leads and activities of a contact: followed when two become one, shown and erased when the law wants it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import delete, select, update

from ramal.api import gettext as _
from ramal.api import session
from ramal_crm.models import Activity, Lead
from ramal_crm.services import leads


def follow_merge(contact_id: uuid.UUID, absorbed_id: uuid.UUID) -> None:
    """What was the absorbed contact's is the other's now; of two open leads the older goes on."""
    both = select(Lead).where(Lead.contact_id.in_([contact_id, absorbed_id]), Lead.state == "open")
    for lead in session.execute(both.order_by(Lead.id).with_for_update()).scalars().all()[1:]:
        leads.close(lead, "discarded", reason=_("Its contact was merged with another, who has an open lead."))
    session.flush()
    for table in (Lead, Activity):
        session.execute(update(table).where(table.contact_id == absorbed_id).values(contact_id=contact_id))


def export(contact_id: uuid.UUID) -> dict[str, Any]:
    """All leads and activities of a contact, as JSON data."""
    found = session.execute(select(Lead).where(Lead.contact_id == contact_id).order_by(Lead.id)).scalars()
    tasks = session.execute(select(Activity).where(Activity.contact_id == contact_id).order_by(Activity.id)).scalars()
    return {
        "leads": [
            {
                "opened_at": lead.created_at.isoformat(),
                "state": lead.state,
                "source": lead.source,
                "campaign": lead.campaign,
                "first_message": lead.first_message,
                "reason": lead.reason,
            }
            for lead in found
        ],
        "activities": [
            {"type": task.type, "title": task.title, "note": task.note, "due_at": task.due_at.isoformat()}
            for task in tasks
        ],
    }


def erase(contact_id: uuid.UUID) -> dict[str, Any]:
    """Remove them: a lead keeps what the person wrote, and an activity's title may."""
    gone = {}
    for name, table in (("leads_deleted", Lead), ("activities_deleted", Activity)):
        statement = delete(table).where(table.contact_id == contact_id).returning(table.id)
        gone[name] = len(session.execute(statement).all())
    return gone
