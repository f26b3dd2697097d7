"""A deal won, lost, and open again."""

from __future__ import annotations

import uuid

from ramal.api import Conflict, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import Deal, Stage
from ramal_crm.services import loss_reasons, pipelines
from ramal_crm.services.deals.history import note_step
from ramal_crm.services.deals.locking import taken, touch
from ramal_crm.services.deals.ranks import top_rank


def win(deal_id: uuid.UUID, version: int | None = None) -> Deal:
    """The customer buys. Conflict if it is closed, or was changed since ``version``."""
    with transaction():
        deal = _open(deal_id, version)
        _close(deal, "won", "")
    return deal


def lose(deal_id: uuid.UUID, version: int | None = None, reason_id: uuid.UUID | None = None, note: str = "") -> Deal:
    """The customer does not buy, and why. NotFound for a reason that is none; Conflict as in :func:`win`."""
    with transaction():
        reason = loss_reasons.get_reason(reason_id) if reason_id else None
        deal = _open(deal_id, version)
        deal.loss_reason_id = reason.id if reason else None
        deal.loss_note = note.strip()[:500]
        words = [reason.name if reason else "", deal.loss_note]
        _close(deal, "lost", ": ".join(filter(None, words)))
    return deal


def reopen(deal_id: uuid.UUID, version: int | None = None) -> Deal:
    """Back to the board, into the stage it was in, or the first one if that is archived. Conflict if it is open."""
    with transaction() as session:
        deal = taken(deal_id, version)
        if deal.state == "open":
            raise Conflict(_("The deal is open."))
        was, before = deal.state, pipelines.get_stage(deal.stage_id)
        stage = _usable(before)
        deal.state, deal.closed_at, deal.loss_reason_id, deal.loss_note = "open", None, None, ""
        deal.rank, deal.stage_since = top_rank(stage), utcnow()
        deal.pipeline_id, deal.stage_id = stage.pipeline_id, stage.id
        touch(deal)
        session.flush()
        note_step(deal, "reopened", from_stage=before, to_stage=stage, from_state=was)
    return deal


def _open(deal_id: uuid.UUID, version: int | None) -> Deal:
    deal = taken(deal_id, version)
    if deal.state != "open":
        raise Conflict(_("The deal is closed; reopen it first."))
    return deal


def _close(deal: Deal, state: str, reason: str) -> None:
    deal.state, deal.closed_at = state, utcnow()
    touch(deal)
    stage = pipelines.get_stage(deal.stage_id)
    note_step(deal, state, from_stage=stage, to_stage=stage, from_state="open", reason=reason)


def _usable(stage: Stage) -> Stage:
    """The stage, or the first of its pipeline, or of the default one."""
    pipeline = pipelines.get_pipeline(stage.pipeline_id)
    if pipeline.archived_at is not None:
        pipeline = pipelines.default_pipeline()
    row = pipelines.stages_of(pipeline.id)
    if not row:
        raise Conflict(_("The pipeline has no stage."))
    return pipelines.active_stage(stage.id if stage.id in {each.id for each in row} else row[0].id)
