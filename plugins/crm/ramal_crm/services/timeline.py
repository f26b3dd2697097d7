"""The one timeline of customers, contacts and deals: what happened, kept as data and put into words when shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from ramal.api import current_organization, new_id, session, transaction, utcnow
from ramal_crm.models import TimelineEntry
from ramal_crm.services.actors import actor


def note_entry(
    kind: str,
    key: str,
    data: Mapping[str, Any],
    *,
    customer_id: uuid.UUID | None = None,
    contact_id: uuid.UUID | None = None,
    deal_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> None:
    """Write down that something happened; a second time under the same ``key`` it is passed over."""
    actor_id, actor_name = actor()
    with transaction():
        values = {
            "id": new_id(),
            "organization_id": current_organization(),
            "customer_id": customer_id,
            "contact_id": contact_id,
            "deal_id": deal_id,
            "kind": kind,
            "key": key,
            "data": dict(data),
            "actor_id": actor_id,
            "actor_name": actor_name[:120],
            "at": at or utcnow(),
        }
        session.execute(insert(TimelineEntry).values(values).on_conflict_do_nothing())
