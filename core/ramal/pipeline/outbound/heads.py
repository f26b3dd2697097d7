"""Finding work: the first waiting item of each party's queue. Read as the system role."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text

from ramal.database.session import system_transaction

#: Heads of one channel looked at in one round: a long queue of one keeps no other out.
PER_CHANNEL = 100

# The head of a party is its oldest item that is queued or in flight: nothing overtakes it.
_HEADS = text(
    """
    SELECT id, organization_id, party_id, channel_id, kind, plugin FROM (
        SELECT head.id, head.organization_id, head.party_id, head.channel_id, head.seq, head.kind,
               c.plugin,
               row_number() OVER (PARTITION BY head.channel_id ORDER BY head.seq) AS place
          FROM (
            SELECT DISTINCT ON (organization_id, party_id)
                   id, organization_id, party_id, channel_id, kind, seq, status, next_at
              FROM outbox
             WHERE status IN ('queued', 'sending')
             ORDER BY organization_id, party_id, seq
          ) AS head
          JOIN channel c ON c.id = head.channel_id
         WHERE head.status = 'queued'
           AND (head.next_at IS NULL OR head.next_at <= now())
           AND c.enabled AND c.deleted_at IS NULL AND c.status = 'ready'
           AND (c.paused_until IS NULL OR c.paused_until <= now())
           AND NOT EXISTS (
             SELECT 1 FROM outbox u
              WHERE u.organization_id = head.organization_id AND u.party_id = head.party_id
                AND u.status = 'unknown' AND u.held_until > now()
           )
    ) AS heads
     WHERE place <= :per_channel AND NOT id = ANY(CAST(:flying AS uuid[]))
     ORDER BY seq
     LIMIT 1000
    """
)

# In flight too long: the process that sent it is gone. Or never to leave: its channel was removed.
_STRANDED = text(
    """
    SELECT o.id, o.organization_id, o.channel_id FROM outbox o JOIN channel c ON c.id = o.channel_id
     WHERE (o.status = 'sending' AND o.locked_until < now())
        OR (o.status = 'queued' AND c.deleted_at IS NOT NULL)
     ORDER BY o.seq LIMIT 500
    """
)


@dataclass(frozen=True, slots=True)
class Head:
    """An item that may be next for its party."""

    id: uuid.UUID
    organization_id: uuid.UUID
    party_id: uuid.UUID
    channel_id: uuid.UUID
    kind: str
    plugin: str


def find_heads(flying: Collection[uuid.UUID]) -> list[Head]:
    """Heads that nothing holds back, oldest first, without those in flight here."""
    with system_transaction() as session:
        rows = session.execute(_HEADS, {"per_channel": PER_CHANNEL, "flying": [str(id_) for id_ in flying]})
        return [Head(*row) for row in rows]


def find_stranded() -> dict[tuple[uuid.UUID, uuid.UUID], list[uuid.UUID]]:
    """(organization, channel) → items whose lease ran out, or whose channel is gone."""
    found: dict[tuple[uuid.UUID, uuid.UUID], list[uuid.UUID]] = {}
    with system_transaction() as session:
        for id_, organization_id, channel_id in session.execute(_STRANDED):
            found.setdefault((organization_id, channel_id), []).append(id_)
    return found
