"""A deal taken for a change: held until the transaction ends, and only if it is still as the caller saw it."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from ramal.api import Conflict, NotFound, session
from ramal.api import gettext as _
from ramal_crm.models import Deal, Stage
from ramal_crm.services.actors import actor


def taken(deal_id: uuid.UUID, version: int | None = None) -> Deal:
    """The deal, locked. NotFound; Conflict if ``version`` is given and somebody changed it since.

    The conflict's details have ``deal`` (where it is now, its version) and ``by`` (who did it).
    """
    query = select(Deal).where(Deal.id == deal_id).with_for_update().execution_options(populate_existing=True)
    deal: Deal | None = session.execute(query).scalar_one_or_none()
    if deal is None:
        raise NotFound(_("There is no such deal."))
    if version is not None and deal.version != version:
        raise _conflict(deal)
    return deal


def touch(deal: Deal) -> None:
    """Count a change, and remember whose it was."""
    deal.version += 1
    deal.updated_by, name = actor()
    deal.updated_by_name = name[:120]


def _conflict(deal: Deal) -> Conflict:
    stage = session.execute(select(Stage.name).where(Stage.id == deal.stage_id)).scalar_one()
    words = {"name": deal.updated_by_name, "title": deal.title, "stage": stage}
    if deal.state == "won":
        sentence = _("%(name)s has won “%(title)s” meanwhile.", **words)
    elif deal.state == "lost":
        sentence = _("%(name)s has marked “%(title)s” as lost meanwhile.", **words)
    else:
        sentence = _("%(name)s changed “%(title)s” meanwhile; it is in “%(stage)s” now.", **words)
    where = {
        "id": str(deal.id),
        "pipeline_id": str(deal.pipeline_id),
        "stage_id": str(deal.stage_id),
        "stage": stage,
        "state": deal.state,
        "version": deal.version,
    }
    by = {"id": str(deal.updated_by) if deal.updated_by else None, "name": deal.updated_by_name}
    return Conflict(sentence, deal=where, by=by)
