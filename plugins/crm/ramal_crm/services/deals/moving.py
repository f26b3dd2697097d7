"""Cards moved on the board: from stage to stage, and within a column."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from ramal.api import Conflict, session, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import Deal, Stage
from ramal_crm.services import pipelines
from ramal_crm.services.deals.history import note_step, tell
from ramal_crm.services.deals.locking import taken, touch
from ramal_crm.services.deals.ranks import make_room, rank_beside, top_rank


def move_deal(
    deal_id: uuid.UUID,
    stage_id: uuid.UUID,
    version: int | None,
    before_id: uuid.UUID | None = None,
    after_id: uuid.UUID | None = None,
) -> Deal:
    """Put an open deal into a stage: right after ``after_id``, else right before ``before_id``, else at the top.

    Conflict if it was changed since ``version`` (see ``locking.taken``), if it is closed, or the stage archived.
    A stage of another pipeline takes it there.
    """
    with transaction() as open_session:
        stage = pipelines.active_stage(stage_id)
        make_room(deal_id, stage, before_id, after_id)
        deal = taken(deal_id, version)
        if deal.state != "open":
            raise Conflict(_("The deal is closed; reopen it first."))
        before = pipelines.get_stage(deal.stage_id)
        deal.rank = rank_beside(deal.id, stage, before_id, after_id)
        _place(deal, stage)
        open_session.flush()
        if before.id == stage.id:
            tell(deal, "moved", from_stage=before)
        else:
            note_step(deal, "moved", from_stage=before, to_stage=stage, from_state="open")
    return deal


def move_all(before: Stage, stage: Stage) -> None:
    """Every open deal of a stage to another, in the order they have, before those that are there."""
    query = select(Deal.id).where(Deal.stage_id == before.id, Deal.state == "open")
    # Held in the order of ids, as all do who hold several: nobody waits for whoever waits for them.
    session.execute(query.order_by(Deal.id).with_for_update())
    for deal_id in session.execute(query.order_by(Deal.rank.desc(), Deal.id.desc())).scalars().all():
        deal = taken(deal_id)
        deal.rank = top_rank(stage)
        _place(deal, stage)
        session.flush()
        note_step(deal, "moved", from_stage=before, to_stage=stage, from_state="open")


def _place(deal: Deal, stage: Stage) -> None:
    if deal.stage_id != stage.id:
        deal.stage_since = utcnow()
    deal.pipeline_id, deal.stage_id = stage.pipeline_id, stage.id
    touch(deal)
