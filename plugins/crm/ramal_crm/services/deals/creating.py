"""A new deal."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from ramal.api import Conflict, session, transaction
from ramal.api import gettext as _
from ramal_crm.models import Deal, Stage
from ramal_crm.services import pipelines
from ramal_crm.services.actors import actor
from ramal_crm.services.deals.conversations import attach
from ramal_crm.services.deals.history import note_step
from ramal_crm.services.deals.items import replace_items
from ramal_crm.services.deals.links import checked
from ramal_crm.services.deals.ranks import top_rank


def create_deal(values: Mapping[str, Any]) -> Deal:
    """Open a deal, at the top of its column.

    ``title`` is needed; ``stage_id``, or ``pipeline_id`` (its first stage), or neither (the default pipeline's);
    ``customer_id, contact_id, owner_id`` (the caller, if left out), ``amount`` in reais, ``expected_on, tags, custom``;
    ``items`` (their sum is the amount); ``conversation_id`` links one. NotFound for what is not the organization's.
    """
    with transaction() as open_session:
        stage = _stage(values.get("stage_id"), values.get("pipeline_id"))
        actor_id, actor_name = actor()
        facts = {"owner_id": actor_id, **checked(values)}
        deal = Deal(
            **facts,
            pipeline_id=stage.pipeline_id,
            stage_id=stage.id,
            rank=top_rank(stage),
            version=1,
            created_by=actor_id,
            updated_by=actor_id,
            updated_by_name=actor_name[:120],
        )
        open_session.add(deal)
        open_session.flush()
        replace_items(deal, values.get("items") or ())
        open_session.flush()
        note_step(deal, "created", from_stage=None, to_stage=stage, from_state=None)
        if values.get("conversation_id"):
            attach(deal, values["conversation_id"])
    return deal


def _stage(stage_id: uuid.UUID | None, pipeline_id: uuid.UUID | None) -> Stage:
    if stage_id is not None:
        return pipelines.active_stage(stage_id, pipeline_id)
    pipeline = pipelines.get_pipeline(pipeline_id) if pipeline_id else pipelines.default_pipeline()
    first = session.execute(
        select(Stage.id)
        .where(Stage.pipeline_id == pipeline.id, Stage.archived_at.is_(None))
        .order_by(Stage.position, Stage.id)
        .limit(1)
    ).scalar_one_or_none()
    if first is None:
        raise Conflict(_("The pipeline has no stage."))
    return pipelines.active_stage(first)
