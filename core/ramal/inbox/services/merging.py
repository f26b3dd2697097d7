"""Two contacts that are one person become one; their conversations stay what they are."""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select, update

from ramal.accounts.audit import audit
from ramal.contacts.models import ChannelParty, Contact, MergeSuggestion
from ramal.contacts.serialize import contact_json
from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.errors import InvalidPayload, NotFound
from ramal.events.services import emit_event
from ramal.i18n import gettext as _
from ramal.inbox.models import Conversation


def merge_contacts(survivor_id: uuid.UUID, absorbed_id: uuid.UUID) -> Contact:
    """Move the absorbed contact's channels and conversations to the survivor, who keeps what it knows.

    A conversation belongs to a person on one channel, so none are merged. NotFound for contacts
    that don't exist or were absorbed before, InvalidPayload for a contact and itself.
    """
    if survivor_id == absorbed_id:
        message = _("Choose two different contacts.")
        raise InvalidPayload(message, {"absorbed_id": [message]})
    with transaction() as session:
        survivor, absorbed = _both(survivor_id, absorbed_id)
        before = {"survivor": contact_json(survivor), "absorbed": contact_json(absorbed)}
        for table in (ChannelParty, Conversation):
            session.execute(update(table).where(table.contact_id == absorbed.id).values(contact_id=survivor.id))
        survivor.phone = survivor.phone or absorbed.phone
        survivor.email = survivor.email or absorbed.email
        if absorbed.name_is_manual and not survivor.name_is_manual:
            survivor.name, survivor.name_is_manual = absorbed.name, True
        absorbed.merged_into_id = survivor.id
        _decide(absorbed.id)
        session.flush()
        after = contact_json(survivor)
        audit("contact.merged", target=("contact", survivor.id, survivor.name), before=before, after=after)
        emit_event("contact.merged", {"contact": after, "absorbed": before["absorbed"]})
    return survivor


def _both(survivor_id: uuid.UUID, absorbed_id: uuid.UUID) -> tuple[Contact, Contact]:
    query = (
        select(Contact)
        .where(Contact.id.in_((survivor_id, absorbed_id)), Contact.merged_into_id.is_(None))
        .order_by(Contact.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {contact.id: contact for contact in db.session.execute(query).scalars()}
    if len(found) < 2:
        raise NotFound(_("There is no such contact."))
    return found[survivor_id], found[absorbed_id]


def _decide(contact_id: uuid.UUID) -> None:
    db.session.execute(
        update(MergeSuggestion)
        .where(
            or_(MergeSuggestion.contact_id == contact_id, MergeSuggestion.other_id == contact_id),
            MergeSuggestion.decided_at.is_(None),
        )
        .values(decided_at=utcnow())
    )
