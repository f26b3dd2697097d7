"""What a change of a deal leaves behind: a step in its history, a line of the timeline, an event."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ramal.api import emit_event, session
from ramal_crm.models import Deal, DealChange, Stage
from ramal_crm.services.actors import actor
from ramal_crm.services.timeline import note_entry

#: The event of every change; its data's ``change`` says which.
EVENT = "crm.deal.updated"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a deal's way, with the names of the stages."""

    change: DealChange
    from_stage: str | None
    to_stage: str


def note_step(
    deal: Deal, change: str, *, from_stage: Stage | None, to_stage: Stage, from_state: str | None, reason: str = ""
) -> None:
    """Write a move, a win, a loss, a reopening or the beginning everywhere it belongs."""
    actor_id, actor_name = actor()
    session.add(
        DealChange(
            deal_id=deal.id,
            from_stage_id=from_stage.id if from_stage else None,
            to_stage_id=to_stage.id,
            from_state=from_state,
            to_state=deal.state,
            amount=deal.amount,
            reason=reason[:500],
            actor_id=actor_id,
            actor_name=actor_name[:120],
        )
    )
    data = {
        "deal_id": str(deal.id),
        "title": deal.title,
        "from": from_stage.name if from_stage else "",
        "to": to_stage.name,
        "amount": f"{deal.amount:.2f}",
        "reason": reason,
    }
    key = f"deal:{deal.id}:{deal.version}"
    note_entry(f"deal.{change}", key, data, customer_id=deal.customer_id, contact_id=deal.contact_id, deal_id=deal.id)
    tell(deal, change, from_stage=from_stage)


def tell(deal: Deal, change: str, *, from_stage: Stage | None = None) -> None:
    """Tell the others who look at the board, and whoever else reads the log."""
    actor_id, actor_name = actor()
    data: dict[str, Any] = {
        "change": change,
        "deal": {
            "id": str(deal.id),
            "title": deal.title,
            "pipeline_id": str(deal.pipeline_id),
            "stage_id": str(deal.stage_id),
            "state": deal.state,
            "amount": f"{deal.amount:.2f}",
            "owner_id": str(deal.owner_id) if deal.owner_id else None,
            "customer_id": str(deal.customer_id) if deal.customer_id else None,
            "contact_id": str(deal.contact_id) if deal.contact_id else None,
            "version": deal.version,
        },
        "from_stage_id": str(from_stage.id) if from_stage else None,
        "actor": {"id": str(actor_id) if actor_id else None, "name": actor_name},
    }
    emit_event(EVENT, data, actor_id=actor_id)


def history_of(deal_id: uuid.UUID) -> Sequence[Step]:
    """A deal's way, the last step first."""
    before, after = aliased(Stage), aliased(Stage)
    query = (
        select(DealChange, before.name, after.name)
        .outerjoin(before, before.id == DealChange.from_stage_id)
        .join(after, after.id == DealChange.to_stage_id)
        .where(DealChange.deal_id == deal_id)
        .order_by(DealChange.id.desc())
        .limit(200)
    )
    return [Step(change, old, new) for change, old, new in session.execute(query)]
