"""Pipelines with their stages and boards."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, require_permission
from ramal_crm.api.deals import card_json
from ramal_crm.models import Pipeline, Stage
from ramal_crm.permissions import ADMINISTER, VIEW
from ramal_crm.schemas import deal_examples as examples
from ramal_crm.schemas.deals import BoardQuery, BoardSchema, CardListSchema, CardsQuery
from ramal_crm.schemas.pipelines import (
    ArchivedQuery,
    ArchiveStageSchema,
    NewPipelineSchema,
    PipelineChangeSchema,
    PipelineListSchema,
    ShiftSchema,
    StageFields,
    StageSchema,
    WholePipelineSchema,
)
from ramal_crm.services import deals, pipelines, stages

api = ApiBlueprint("pipelines", __name__, plugin="crm", description="Pipelines, their stages, the board")


@api.get("/pipelines")
@require_permission(VIEW)
@api.arguments(ArchivedQuery, location="query")
@api.response(200, PipelineListSchema)
def list_pipelines(query: Mapping[str, Any]) -> dict[str, Any]:
    """All pipelines with their stages. The first one is made when none is there."""
    pipelines.default_pipeline()
    return {"items": [_whole(found, **query) for found in pipelines.list_pipelines(**query)]}


@api.post("/pipelines")
@require_permission(ADMINISTER)
@api.arguments(NewPipelineSchema, example=examples.PIPELINE)
@api.response(201, WholePipelineSchema)
def create_pipeline(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make a pipeline with its stages. 409 for a name that is taken."""
    return _whole(pipelines.create_pipeline(values))


@api.get("/pipelines/<uuid:pipeline_id>")
@require_permission(VIEW)
@api.response(200, WholePipelineSchema)
def get_pipeline(pipeline_id: uuid.UUID) -> dict[str, Any]:
    """One pipeline with its stages."""
    return _whole(pipelines.get_pipeline(pipeline_id))


@api.patch("/pipelines/<uuid:pipeline_id>")
@require_permission(ADMINISTER)
@api.arguments(PipelineChangeSchema(partial=True), example={"name": "Vendas no balcão"})
@api.response(200, WholePipelineSchema)
def change_pipeline(values: Mapping[str, Any], pipeline_id: uuid.UUID) -> dict[str, Any]:
    """Rename it, or let new deals start in it."""
    return _whole(pipelines.change_pipeline(pipeline_id, values))


@api.post("/pipelines/<uuid:pipeline_id>/archive")
@require_permission(ADMINISTER)
@api.response(200, WholePipelineSchema)
def archive_pipeline(pipeline_id: uuid.UUID) -> dict[str, Any]:
    """Use it no longer. 409 while new deals start in it, or some are open."""
    return _whole(pipelines.archive_pipeline(pipeline_id))


@api.post("/pipelines/<uuid:pipeline_id>/stages")
@require_permission(ADMINISTER)
@api.arguments(StageFields, example=examples.STAGE)
@api.response(201, StageSchema)
def add_stage(values: Mapping[str, Any], pipeline_id: uuid.UUID) -> Stage:
    """Add a stage at the right end."""
    return stages.add_stage(pipeline_id, values)


@api.patch("/stages/<uuid:stage_id>")
@require_permission(ADMINISTER)
@api.arguments(StageFields(partial=True), example={"stale_after": 10})
@api.response(200, StageSchema)
def change_stage(values: Mapping[str, Any], stage_id: uuid.UUID) -> Stage:
    """Rename it, or say after how many days a deal in it is stale."""
    return stages.change_stage(stage_id, values)


@api.post("/stages/<uuid:stage_id>/shift")
@require_permission(ADMINISTER)
@api.arguments(ShiftSchema)
@api.response(200, WholePipelineSchema)
def shift_stage(values: Mapping[str, Any], stage_id: uuid.UUID) -> dict[str, Any]:
    """Let it change places with its neighbour."""
    stages.shift_stage(stage_id, values["direction"])
    return _whole(pipelines.get_pipeline(pipelines.get_stage(stage_id).pipeline_id))


@api.post("/stages/<uuid:stage_id>/archive")
@require_permission(ADMINISTER)
@api.arguments(ArchiveStageSchema, example={})
@api.response(200, StageSchema)
def archive_stage(values: Mapping[str, Any], stage_id: uuid.UUID) -> Stage:
    """Take it off the board. 409 while it has open deals and nothing says where they go."""
    return stages.archive_stage(stage_id, values["move_to"])


@api.get("/pipelines/<uuid:pipeline_id>/board")
@require_permission(VIEW)
@api.arguments(BoardQuery, location="query")
@api.response(200, BoardSchema)
def get_board(query: Mapping[str, Any], pipeline_id: uuid.UUID) -> dict[str, Any]:
    """The board: every column with its totals, and its first 8 cards."""
    found = deals.board(pipelines.get_pipeline(pipeline_id), _search(query))
    columns = [
        {
            "stage": column.stage,
            "count": column.count,
            "total": column.total,
            "cards": [card_json(card) for card in column.cards],
        }
        for column in found.columns
    ]
    return {"pipeline": found.pipeline, "total": found.total, "columns": columns}


@api.get("/stages/<uuid:stage_id>/cards")
@require_permission(VIEW)
@api.arguments(CardsQuery, location="query")
@api.response(200, CardListSchema)
def list_cards(query: Mapping[str, Any], stage_id: uuid.UUID) -> dict[str, Any]:
    """The next 25 cards of a column, after the one shown last."""
    found = deals.more_cards(pipelines.get_stage(stage_id), query["after_id"], _search(query))
    return {"items": [card_json(card) for card in found]}


def _search(query: Mapping[str, Any]) -> deals.Search:
    return deals.Search(owner_id=query.get("owner_id"), tag=query["tag"], text=query["q"])


def _whole(pipeline: Pipeline, *, archived: bool = False) -> dict[str, Any]:
    columns = {column.key: getattr(pipeline, column.key) for column in Pipeline.__table__.columns}
    return {**columns, "stages": pipelines.stages_of(pipeline.id, archived=archived)}
