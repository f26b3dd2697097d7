"""Telling members at the bell, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
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


def deal_changed(deal: Deal, change: str, stage: str) -> None:
    """Its owner, when somebody else moved it to a stage, won it, lost it or opened it again."""
    if change not in _SENTENCES or deal.owner_id is None or deal.owner_id == actor()[0]:
        return
    notify(
        OPPORTUNITY_UPDATE,
        user_ids=[deal.owner_id],
        title=_SENTENCES[change](actor=actor()[1], title=deal.title, stage=stage),
        url=f"/p/crm/deals/{deal.id}",
        key=str(deal.id),
    )


_SENTENCES: Mapping[str, Callable[..., Any]] = {
    "moved": lambda **words: _l("%(actor)s moved “%(title)s” to %(stage)s", **words),
    "won": lambda **words: _l("%(actor)s won “%(title)s”", **words),
    "lost": lambda **words: _l("%(actor)s lost “%(title)s”", **words),
    "reopened": lambda **words: _l("%(actor)s opened “%(title)s” again", **words),
}


def _beside(conversation_id: uuid.UUID | None, otherwise: str) -> str:
    return f"/inbox/{conversation_id}" if conversation_id else otherwise


def _conversation(conversation_id: uuid.UUID | None) -> tuple[str, uuid.UUID] | None:
    return ("conversation", conversation_id) if conversation_id else None
