"""Leads: opened by a first message or by hand, closed by qualifying or discarding them (``qualifying``)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ramal.api import (
    Conflict,
    ConversationInfo,
    MessageInfo,
    NotFound,
    Page,
    current_organization,
    find_contacts,
    get_contact,
    page_by_key,
    session,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm.models import CustomerContact, Lead, LeadRule
from ramal_crm.services import lead_rules, live, references, telling, timeline
from ramal_crm.services.actors import actor
from ramal_crm.services.campaigns import campaign_of

#: Conversations in which something may still come of it; what a channel files away as history opens none.
_LIVE = ("open", "pending", "snoozed")
_LONGEST_MESSAGE, _LONGEST_SOURCE, _MOST_FOUND = 500, 60, 100


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which leads a list shows; ``text`` is looked for in their contacts' names and phones."""

    state: str | None = "open"
    owner_id: uuid.UUID | None = None
    channel_id: uuid.UUID | None = None
    contact_id: uuid.UUID | None = None
    source: str = ""
    text: str = ""


def open_from_message(message: MessageInfo, conversation: ConversationInfo) -> Lead | None:
    """The lead that a first message makes, by its channel's rule; None where it makes none.

    One open lead a contact, whatever writes at once. A conversation whose lead was closed makes no other while it
    goes on; it may, once it was resolved and somebody writes again.
    """
    if conversation.status not in _LIVE or conversation.data.get("kind") == "group":
        return None
    # The event tells of the past; its contact may have been merged since.
    contact_id = get_contact(conversation.contact.id).id
    if _had_lead(message, conversation, contact_id):
        return None
    rule = lead_rules.rule_for(conversation.channel_id)
    if not rule.active or (_is_customer(contact_id) and not rule.with_customers):
        return None
    return _insert({**_from_message(message, conversation, rule), "contact_id": contact_id})


def note_reopened(conversation_id: uuid.UUID) -> None:
    """A resolved conversation begins anew: what was decided about it before is over."""
    closed = update(Lead).where(Lead.conversation_id == conversation_id, Lead.state != "open")
    session.execute(closed.values(conversation_over=True))


def open_lead(
    contact_id: uuid.UUID,
    *,
    conversation_id: uuid.UUID | None = None,
    source: str = "",
    first_message: str = "",
    owner_id: uuid.UUID | None = None,
) -> Lead:
    """Open one by hand, for whoever did not write first. Conflict if the contact has an open one; NotFound."""
    references.demand({"owner_id": owner_id, "conversation_id": conversation_id})
    with transaction():
        contact = get_contact(contact_id)
        values = {
            "contact_id": contact.id,
            "conversation_id": conversation_id,
            "source": source,
            "first_message": first_message[:_LONGEST_MESSAGE],
            "owner_id": owner_id,
        }
        lead = _insert(values)
        if lead is None:
            raise Conflict(_("%(name)s has an open lead already.", name=contact.name))
    return lead


def discard(lead_id: uuid.UUID, reason: str) -> Lead:
    """Nothing will come of it. Conflict if it is closed already."""
    with transaction():
        lead = demand_open(lead_id)
        close(lead, "discarded", reason=reason.strip())
        timeline.note_entry(
            "lead.discarded", f"lead:{lead.id}:closed", {"reason": lead.reason}, contact_id=lead.contact_id
        )
    return lead


def change_lead(lead_id: uuid.UUID, changes: Mapping[str, Any]) -> Lead:
    """Another owner, another source. Conflict if it is closed already; NotFound."""
    references.demand({"owner_id": changes.get("owner_id")})
    with transaction():
        lead = demand_open(lead_id)
        for name in ("owner_id", "source"):
            if name in changes:
                setattr(lead, name, changes[name])
        live.contact_changed(lead.contact_id)
    return lead


def follow_merge(contact_id: uuid.UUID, absorbed_id: uuid.UUID) -> None:
    """Two contacts became one: their leads are the one's now, and of two open ones the older goes on."""
    both = select(Lead).where(Lead.contact_id.in_([contact_id, absorbed_id]), Lead.state == "open")
    for lead in session.execute(both.order_by(Lead.id).with_for_update()).scalars().all()[1:]:
        close(lead, "discarded", reason=_("Its contact was merged with another, who has an open lead."))
    session.flush()
    session.execute(update(Lead).where(Lead.contact_id == absorbed_id).values(contact_id=contact_id))


def get_lead(lead_id: uuid.UUID, *, locked: bool = False) -> Lead:
    """One, held until the transaction ends if ``locked``. NotFound."""
    query = select(Lead).where(Lead.id == lead_id).execution_options(populate_existing=True)
    found: Lead | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such lead."))
    return found


def open_lead_of(contact_id: uuid.UUID) -> Lead | None:
    """The contact's open lead."""
    query = select(Lead).where(Lead.contact_id == contact_id, Lead.state == "open")
    found: Lead | None = session.execute(query).scalar_one_or_none()
    return found


def list_leads(search: Search, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    query = select(Lead)
    for column, value in (
        (Lead.state, search.state),
        (Lead.owner_id, search.owner_id),
        (Lead.channel_id, search.channel_id),
        (Lead.contact_id, search.contact_id),
        (Lead.source, search.source or None),
    ):
        if value is not None:
            query = query.where(column == value)
    if search.text.strip():
        found = find_contacts(search.text.strip(), page_size=_MOST_FOUND).items
        query = query.where(Lead.contact_id.in_([contact.id for contact in found]))
    return page_by_key(query, ((Lead.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def sources_in_use() -> Sequence[str]:
    """Where leads came from, in order: few, so in one piece."""
    query = select(Lead.source).where(Lead.source != "").distinct().order_by(Lead.source).limit(200)
    return list(session.execute(query).scalars())


def demand_open(lead_id: uuid.UUID) -> Lead:
    """A lead that can still be decided about, held until the transaction ends. Conflict, NotFound."""
    lead = get_lead(lead_id, locked=True)
    if lead.state != "open":
        raise Conflict(_("This lead is closed already."), state=lead.state)
    return lead


def close(lead: Lead, state: str, **changes: Any) -> None:
    """Write down how it ended, in the caller's transaction."""
    lead.state, lead.closed_at = state, utcnow()
    for name, value in changes.items():
        setattr(lead, name, value)
    live.contact_changed(lead.contact_id)


def _had_lead(message: MessageInfo, conversation: ConversationInfo, contact_id: uuid.UUID) -> bool:
    here = and_(Lead.conversation_id == conversation.id, Lead.conversation_over.is_(False))
    query = select(Lead.id).where(
        Lead.contact_id == contact_id,
        # An event that is handed over again is older than what was decided since.
        or_(Lead.state == "open", here, Lead.closed_at > message.sent_at),
    )
    return session.execute(query.limit(1)).first() is not None


def _is_customer(contact_id: uuid.UUID) -> bool:
    query = select(CustomerContact.id).where(CustomerContact.contact_id == contact_id).limit(1)
    return session.execute(query).first() is not None


def _from_message(message: MessageInfo, conversation: ConversationInfo, rule: LeadRule) -> dict[str, Any]:
    return {
        "conversation_id": conversation.id,
        "channel_id": conversation.channel_id,
        "source": rule.source or conversation.data["channel"]["name"][:_LONGEST_SOURCE],
        "campaign": campaign_of(message.payload),
        "first_message": (message.body or "")[:_LONGEST_MESSAGE],
        "owner_id": rule.owner_id,
    }


def _insert(values: Mapping[str, Any]) -> Lead | None:
    """One open lead a contact: of those who try at once, one gets it and the others get None."""
    everything = {"campaign": {}, "organization_id": current_organization(), "created_by": actor()[0], **values}
    statement = insert(Lead).values(everything)
    statement = statement.on_conflict_do_nothing(
        index_elements=["organization_id", "contact_id"], index_where=text("state = 'open'")
    )
    with transaction() as open_session:
        lead_id = open_session.execute(statement.returning(Lead.id)).scalar_one_or_none()
        if lead_id is None:
            return None
        lead = get_lead(lead_id)
        told = {"source": lead.source, "campaign": lead.campaign.get("headline", "")}
        timeline.note_entry("lead.opened", f"lead:{lead.id}:opened", told, contact_id=lead.contact_id)
        telling.new_lead(lead)
        live.contact_changed(lead.contact_id)
    return lead
