"""Identity changes: a person's number or id moved; their history stays, with a line that says so."""

from __future__ import annotations

from sqlalchemy import select

from ramal.channels.types import IdentityChange, InboundMessage, PartyRef
from ramal.contacts.parties import move_aliases
from ramal.inbox.models import Message
from ramal.pipeline.inbound.batch import Batch
from ramal.pipeline.inbound.messages import take_messages

_PROVIDER_ID = 300


def take_identity_change(batch: Batch, item: IdentityChange) -> None:
    """Move the aliases and add the line, once; the line's id remembers that it was done."""
    provider_id = (item.provider_id or f"identity:{item.key}")[:_PROVIDER_ID]
    done = select(Message.id).where(Message.channel_id == batch.channel.id, Message.provider_id == provider_id)
    if batch.session.scalar(done) is not None:
        return
    person = move_aliases(batch.channel.id, item.old, item.new, item.address)
    if person is None and item.body is None:
        return
    names = item.new or item.old
    party = PartyRef(aliases=names, address=item.address or names[0].value)
    line = InboundMessage(
        party=party,
        provider_id=provider_id,
        kind="system",
        occurred_at=item.occurred_at,
        body=item.body,
        payload={"event": "identity_changed", "reason": item.reason},
        opens_conversation=False,
        opens_window=False,
    )
    take_messages(batch, [line], people=None if person is None else [person])
