"""What happened to a contract: written down with every change of its state."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from ramal.api import session
from ramal_documents.models import Contract, ContractChange
from ramal_documents.services.actors import actor


def note_change(contract: Contract, before: str | None, reason: str = "") -> None:
    """Write down who brought the contract to the state it is in now."""
    actor_id, actor_name = actor()
    session.add(
        ContractChange(
            contract_id=contract.id,
            before=before,
            after=contract.state,
            actor_id=actor_id,
            actor_name=actor_name[:120],
            reason=reason,
        )
    )


def history_of(contract_id: uuid.UUID) -> Sequence[ContractChange]:
    """The steps, first one first."""
    query = select(ContractChange).where(ContractChange.contract_id == contract_id)
    found: Sequence[ContractChange] = session.execute(query.order_by(ContractChange.id)).scalars().all()
    return found
