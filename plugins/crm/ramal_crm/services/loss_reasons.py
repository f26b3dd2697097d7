"""Why deals are lost, to choose from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ramal.api import NotFound, audit, session, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import LossReason
from ramal_crm.services.unique import unique

_FIRST = ("Preço", "Comprou do concorrente", "Sem orçamento", "Desistiu", "Não responde mais")
_NAME = "ix_loss_reason_organization_id"


def list_reasons(*, archived: bool = False) -> Sequence[LossReason]:
    """Those in use by name; with ``archived`` the others too."""
    query = select(LossReason).order_by(LossReason.name)
    found: Sequence[LossReason] = (
        session.execute(query if archived else query.where(LossReason.archived_at.is_(None))).scalars().all()
    )
    return found


def seed_reasons() -> None:
    """The usual ones, for an organization that never had any."""
    with transaction() as open_session:
        if session.execute(select(LossReason.id).limit(1)).first() is None:
            open_session.add_all(LossReason(name=name) for name in _FIRST)


def create_reason(values: Mapping[str, Any]) -> LossReason:
    """Add one. Conflict for a name that is there already."""
    with unique(_NAME, _taken()), transaction() as open_session:
        reason = LossReason(name=values["name"])
        open_session.add(reason)
        open_session.flush()
        audit("crm.loss_reason.created", target=_target(reason))
    return reason


def change_reason(reason_id: uuid.UUID, changes: Mapping[str, Any]) -> LossReason:
    """Another name, or ``archived``: offered no longer; deals that were lost by it keep it."""
    with unique(_NAME, _taken()), transaction():
        reason = get_reason(reason_id)
        before = {"name": reason.name, "archived": reason.archived_at is not None}
        reason.name = changes.get("name", reason.name)
        if "archived" in changes:
            reason.archived_at = (reason.archived_at or utcnow()) if changes["archived"] else None
        after = {"name": reason.name, "archived": reason.archived_at is not None}
        audit("crm.loss_reason.changed", target=_target(reason), before=before, after=after)
    return reason


def get_reason(reason_id: uuid.UUID) -> LossReason:
    """One. NotFound."""
    found: LossReason | None = session.execute(
        select(LossReason).where(LossReason.id == reason_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such reason."))
    return found


def _taken() -> str:
    return _("There is a reason of this name already.")


def _target(reason: LossReason) -> tuple[str, uuid.UUID, str]:
    return "loss_reason", reason.id, reason.name
