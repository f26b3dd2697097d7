"""What happened to a boleto: written down with every change of its state."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from ramal.api import session
from ramal_documents.models import Charge, ChargeChange
from ramal_documents.services.actors import actor


def note_change(
    charge: Charge, before: str | None, reason: str = "", *, by: tuple[uuid.UUID | None, str] | None = None
) -> None:
    """Write down who brought the boleto to the state it is in now: ``by``, where a job does it for somebody."""
    actor_id, actor_name = by or actor()
    session.add(
        ChargeChange(
            charge_id=charge.id,
            before=before,
            after=charge.state,
            actor_id=actor_id,
            actor_name=actor_name[:120],
            reason=reason,
        )
    )


def history_of(charge_id: uuid.UUID) -> Sequence[ChargeChange]:
    """The steps, first one first."""
    query = select(ChargeChange).where(ChargeChange.charge_id == charge_id)
    found: Sequence[ChargeChange] = session.execute(query.order_by(ChargeChange.id)).scalars().all()
    return found
