"""The person is typing: shown on the screens for a moment, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select

from ramal.channels.types import Typing
from ramal.contacts.parties import aliases_of, find_party
from ramal.database.session import after_commit
from ramal.events.signals import announce_typing
from ramal.inbox.models import Conversation
from ramal.inbox.models.conversation import LIVE
from ramal.pipeline.inbound.batch import Batch


def take_typing(batch: Batch, items: Sequence[Typing]) -> None:
    """Tell the screens that show the person's live conversation, if there is one."""
    for item in items:
        person = find_party(batch.channel.id, aliases_of(item.party))
        if person is None:
            continue
        live = select(Conversation.id).where(Conversation.party_id == person.party.id, Conversation.status.in_(LIVE))
        conversation_id = batch.session.scalar(live)
        if conversation_id is not None:
            after_commit(partial(announce_typing, conversation_id, by="contact", name=person.contact.name))
