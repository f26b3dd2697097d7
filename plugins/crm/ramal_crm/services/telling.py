"""Telling members at the bell, in the caller's transaction."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.api import get_contact, notify
from ramal.api import lazy_gettext as _l
from ramal_crm.models import Activity, Deal, Lead
from ramal_crm.notices import ACTIVITY_DUE, NEW_LEAD, OPPORTUNITY_UPDATE
from ramal_crm.permissions import EDIT
from ramal_crm.services.actors import actor


def new_lead(lead: Lead) -> None:
    """Its owner, or where it has none whoever may take it; not the one who opened it by hand."""
    if lead.owner_id is not None and lead.owner_id == actor()[0]:
        return
    whom: dict[str, Any] = {"user_ids": [lead.owner_id]} if lead.owner_id else {"permission": EDIT}
    notify(
        NEW_LEAD,
        **whom,
        title=_l("New lead: %(name)s", name=get_contact(lead.contact_id).name),
        body=lead.first_message,
        url=_beside(lead.conversation_id, f"/p/crm/leads?contact_id={lead.contact_id}"),
        subject=_conversation(lead.conversation_id),
        key=str(lead.id),
    )


def activity_due(activity: Activity) -> None:
    """Its assignee, once for each time that is set."""
    if activity.assignee_id is None or activity.remind_at is None:
        return
    notify(
        ACTIVITY_DUE,
        user_ids=[activity.assignee_id],
        title=_l("To do: %(title)s", title=activity.title),
        body=activity.note,
        url=_beside(activity.conversation_id, "/p/crm/activities"),
        key=f"{activity.id}:{activity.remind_at.timestamp():.0f}",
    )


def deal_moved(deal: Deal, stage: str) -> None:
    """Its owner, when somebody else brought it to another stage."""
    _about_deal(deal, _l("%(actor)s moved “%(title)s” to %(stage)s", **_who(deal), stage=stage))


def deal_won(deal: Deal) -> None:
    """Its owner, when somebody else won it."""
    _about_deal(deal, _l("%(actor)s won “%(title)s”", **_who(deal)))


def deal_lost(deal: Deal) -> None:
    """Its owner, when somebody else lost it."""
    _about_deal(deal, _l("%(actor)s lost “%(title)s”", **_who(deal)))


def _who(deal: Deal) -> dict[str, str]:
    return {"actor": actor()[1], "title": deal.title}


def _about_deal(deal: Deal, title: Any) -> None:
    if deal.owner_id is None or deal.owner_id == actor()[0]:
        return
    url = f"/p/crm/deals/{deal.id}"
    notify(OPPORTUNITY_UPDATE, user_ids=[deal.owner_id], title=title, url=url, key=str(deal.id))


def _beside(conversation_id: uuid.UUID | None, otherwise: str) -> str:
    return f"/inbox/{conversation_id}" if conversation_id else otherwise


def _conversation(conversation_id: uuid.UUID | None) -> tuple[str, uuid.UUID] | None:
    return ("conversation", conversation_id) if conversation_id else None
