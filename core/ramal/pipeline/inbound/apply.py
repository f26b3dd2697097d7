"""The effects of a batch of items, in one transaction, kind by kind.

Every step is idempotent by natural keys and independent of order, so items may come twice, split
otherwise, or late. What changes who a person is splits the batch: before it, after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ramal.channels.types import (
    AccountNotice,
    IdentityChange,
    InboundMessage,
    MessageEdit,
    MessageRevoke,
    Reaction,
    SessionNews,
    StatusUpdate,
    Typing,
)
from ramal.pipeline.inbound.batch import Batch
from ramal.pipeline.inbound.changes import take_changes
from ramal.pipeline.inbound.items import PendingItem, of_kind
from ramal.pipeline.inbound.messages import take_messages
from ramal.pipeline.inbound.news import take_news
from ramal.pipeline.inbound.notices import take_notices
from ramal.pipeline.inbound.people import take_identity_change
from ramal.pipeline.inbound.statuses import take_statuses
from ramal.pipeline.inbound.typing import take_typing
from ramal.pipeline.locks import lock_channel_effects


def apply_items(batch: Batch, items: Sequence[PendingItem]) -> None:
    """Apply items of one channel. Raises what any of them raises; the caller rolls back."""
    if not items:
        return
    lock_channel_effects(batch.session, batch.channel.id)
    for stretch in _stretches(items):
        if isinstance(stretch[0].item, IdentityChange):
            take_identity_change(batch, stretch[0].item)
            continue
        if messages := of_kind(stretch, InboundMessage):
            take_messages(batch, messages)
        if statuses := of_kind(stretch, StatusUpdate):
            take_statuses(batch, statuses)
        if changes := of_kind(stretch, MessageEdit, MessageRevoke, Reaction):
            take_changes(batch, changes)
        if notices := of_kind(stretch, AccountNotice):
            take_notices(batch, notices)
        if news := of_kind(stretch, SessionNews):
            take_news(batch, news)
        if typing := of_kind(stretch, Typing):
            take_typing(batch, typing)
    batch.write_events()


def _stretches(items: Sequence[PendingItem]) -> Iterator[list[PendingItem]]:
    """Items between identity changes together, each identity change by itself."""
    stretch: list[PendingItem] = []
    for pending in items:
        if isinstance(pending.item, IdentityChange):
            if stretch:
                yield stretch
            yield [pending]
            stretch = []
        else:
            stretch.append(pending)
    if stretch:
        yield stretch
