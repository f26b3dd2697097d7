"""Stages of a pipeline: added, renamed, put in order, archived."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select

from ramal.api import Conflict, InvalidPayload, NotFound, audit, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import Deal, Stage
from ramal_crm.services import pipelines
from ramal_crm.services.deals.moving import move_all

_MOST = 20


def add_stage(pipeline_id: uuid.UUID, values: Mapping[str, Any]) -> Stage:
    """Another stage, at the right end. InvalidPayload beyond twenty."""
    with transaction() as open_session:
        pipelines.hold_pipelines()
        pipeline = pipelines.get_pipeline(pipeline_id)
        stages = pipelines.stages_of(pipeline.id)
        if len(stages) >= _MOST:
            message = _("A pipeline has at most %(most)s stages.", most=_MOST)
            raise InvalidPayload(message, {"name": [message]})
        last = max((stage.position for stage in stages), default=-1)
        stage = Stage(
            pipeline_id=pipeline.id, name=values["name"], stale_after=values.get("stale_after"), position=last + 1
        )
        open_session.add(stage)
        open_session.flush()
        audit("crm.stage.created", target=_target(stage), after={"pipeline": pipeline.name})
    return stage


def change_stage(stage_id: uuid.UUID, changes: Mapping[str, Any]) -> Stage:
    """Another name, other days until a deal is stale (None: never)."""
    with transaction():
        stage = pipelines.get_stage(stage_id)
        before = {"name": stage.name, "stale_after": stage.stale_after}
        stage.name = changes.get("name", stage.name)
        stage.stale_after = changes.get("stale_after", stage.stale_after)
        after = {"name": stage.name, "stale_after": stage.stale_after}
        audit("crm.stage.changed", target=_target(stage), before=before, after=after)
    return stage


def shift_stage(stage_id: uuid.UUID, direction: Literal["left", "right"]) -> None:
    """Change places with its neighbour; at the end of the row nothing happens."""
    with transaction():
        pipelines.hold_pipelines()
        stage = pipelines.get_stage(stage_id)
        row = [each.id for each in pipelines.stages_of(stage.pipeline_id)]
        if stage.id not in row:
            raise Conflict(_("The stage is archived."))
        place = row.index(stage.id)
        other = min(max(place + (1 if direction == "right" else -1), 0), len(row) - 1)
        row[place], row[other] = row[other], row[place]
        for position, each in enumerate(row):
            pipelines.get_stage(each).position = position


def archive_stage(stage_id: uuid.UUID, move_to: uuid.UUID | None = None) -> Stage:
    """Take a column off the board; its open deals go to ``move_to``. Conflict while it has some, or is the last."""
    with transaction() as open_session:
        pipelines.hold_pipelines()
        query = select(Stage).where(Stage.id == stage_id).with_for_update().execution_options(populate_existing=True)
        stage: Stage | None = open_session.execute(query).scalar_one_or_none()
        if stage is None:
            raise NotFound(_("There is no such stage."))
        if stage.archived_at is not None:
            return stage
        if len(pipelines.stages_of(stage.pipeline_id)) == 1:
            raise Conflict(_("A pipeline needs at least one stage."))
        if pipelines.has_open_deals(Deal.stage_id == stage.id):
            if move_to is None or move_to == stage.id:
                raise Conflict(_("There are open deals in “%(name)s”; say where they go.", name=stage.name))
            move_all(stage, pipelines.active_stage(move_to, stage.pipeline_id))
        stage.archived_at = utcnow()
        audit("crm.stage.archived", target=_target(stage))
    return stage


def _target(stage: Stage) -> tuple[str, uuid.UUID, str]:
    return "stage", stage.id, stage.name
