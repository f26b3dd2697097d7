"""Pipelines, each with its stages: made, found, changed, archived."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, text

from ramal.api import Conflict, NotFound, audit, current_organization, session, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import Deal, Pipeline, Stage
from ramal_crm.services.loss_reasons import seed_reasons
from ramal_crm.services.unique import unique

#: The first pipeline of an organization, in the words of Brazilian salespeople: name, days until a deal is stale.
_FIRST_NAME = "Vendas"
_FIRST_STAGES = (
    ("Novo contato", 3),
    ("Qualificação", 5),
    ("Proposta enviada", 7),
    ("Negociação", 7),
    ("Fechamento", 5),
)


def default_pipeline() -> Pipeline:
    """The pipeline of new deals. An organization without one gets one with five stages."""
    found = _find_default()
    if found is not None:
        return found
    with transaction() as open_session:
        # One at a time: two first visitors make one pipeline.
        lock = text("select pg_advisory_xact_lock(hashtext(:key))")
        open_session.execute(lock, {"key": f"crm.pipeline:{current_organization()}"})
        found = _find_default() or _adopt_default()
        if found is None:
            found = _add(_FIRST_NAME, _FIRST_STAGES, is_default=True)
            seed_reasons()
    return found


def list_pipelines(*, archived: bool = False) -> Sequence[Pipeline]:
    """Those in use, in order; with ``archived`` the others too, at the end."""
    query = select(Pipeline).order_by(Pipeline.archived_at.is_not(None), Pipeline.position, Pipeline.id)
    found: Sequence[Pipeline] = (
        session.execute(query if archived else query.where(Pipeline.archived_at.is_(None))).scalars().all()
    )
    return found


def get_pipeline(pipeline_id: uuid.UUID) -> Pipeline:
    """One. NotFound."""
    found: Pipeline | None = session.execute(select(Pipeline).where(Pipeline.id == pipeline_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such pipeline."))
    return found


def hold_pipelines() -> None:
    """Nobody else changes which pipelines and stages are in use, or the default, until the transaction ends.

    All of the organization's few, always in the same order: what must remain is counted by one at a time.
    """
    everything = select(Pipeline.id).order_by(Pipeline.id).with_for_update(key_share=True)
    session.execute(everything).all()


def stages_of(pipeline_id: uuid.UUID, *, archived: bool = False) -> Sequence[Stage]:
    """A pipeline's stages from left to right; with ``archived`` the others too."""
    query = select(Stage).where(Stage.pipeline_id == pipeline_id).order_by(Stage.position, Stage.id)
    query = query if archived else query.where(Stage.archived_at.is_(None))
    found: Sequence[Stage] = session.execute(query).scalars().all()
    return found


def stage_names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of stages of any pipeline, archived or not."""
    query = select(Stage.id, Stage.name).where(Stage.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)} if ids else {}


def get_stage(stage_id: uuid.UUID, *, locked: bool = False) -> Stage:
    """One, archived or not. NotFound. ``locked`` keeps it from being archived until the transaction ends."""
    query = select(Stage).where(Stage.id == stage_id)
    if locked:
        query = query.with_for_update(read=True).execution_options(populate_existing=True)
    found: Stage | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such stage."))
    return found


def create_pipeline(values: Mapping[str, Any]) -> Pipeline:
    """A pipeline with its stages. Conflict for a name that is taken."""
    names = [(stage["name"], stage.get("stale_after")) for stage in values.get("stages") or ()]
    with unique("ix_pipeline_organization_id", _("There is a pipeline of this name already.")), transaction():
        pipeline = _add(values["name"], names or _FIRST_STAGES, is_default=_find_default() is None)
        audit("crm.pipeline.created", target=_target(pipeline), after={"stages": [name for name, _days in names]})
    return pipeline


def change_pipeline(pipeline_id: uuid.UUID, changes: Mapping[str, Any]) -> Pipeline:
    """Another name; or ``is_default``: new deals start here. Conflict for a name that is taken."""
    with (
        unique("ix_pipeline_organization_id", _("There is a pipeline of this name already.")),
        transaction() as open_session,
    ):
        hold_pipelines()
        open_session.refresh(pipeline := get_pipeline(pipeline_id))
        before = {"name": pipeline.name, "is_default": pipeline.is_default}
        if changes.get("is_default"):
            if pipeline.archived_at is not None:
                raise Conflict(_("The pipeline is archived."))
            other = _find_default()
            if other is not None and other.id != pipeline.id:
                other.is_default = False
                open_session.flush()
            pipeline.is_default = True
        pipeline.name = changes.get("name", pipeline.name)
        after = {"name": pipeline.name, "is_default": pipeline.is_default}
        audit("crm.pipeline.changed", target=_target(pipeline), before=before, after=after)
    return pipeline


def archive_pipeline(pipeline_id: uuid.UUID) -> Pipeline:
    """Use it no longer. Conflict while it is the default, or has open deals."""
    with transaction() as open_session:
        hold_pipelines()
        open_session.refresh(pipeline := get_pipeline(pipeline_id))
        for stage in stages_of(pipeline.id):
            session.execute(select(Stage.id).where(Stage.id == stage.id).with_for_update())
        if pipeline.is_default:
            raise Conflict(_("New deals start in this pipeline; choose another for them first."))
        if has_open_deals(Deal.pipeline_id == pipeline.id):
            raise Conflict(_("There are open deals in this pipeline; move or close them first."))
        pipeline.archived_at = utcnow()
        audit("crm.pipeline.archived", target=_target(pipeline))
    return pipeline


def active_stage(stage_id: uuid.UUID, pipeline_id: uuid.UUID | None = None) -> Stage:
    """A stage that deals may be in, held until the transaction ends. NotFound, Conflict if it is archived."""
    stage = get_stage(stage_id, locked=True)
    if pipeline_id is not None and stage.pipeline_id != pipeline_id:
        raise NotFound(_("There is no such stage."))
    session.refresh(pipeline := get_pipeline(stage.pipeline_id))
    if stage.archived_at is not None or pipeline.archived_at is not None:
        raise Conflict(_("The stage “%(name)s” is archived.", name=stage.name))
    return stage


def _find_default() -> Pipeline | None:
    found: Pipeline | None = session.execute(select(Pipeline).where(Pipeline.is_default)).scalar_one_or_none()
    return found


def _adopt_default() -> Pipeline | None:
    found = next(iter(list_pipelines()), None)
    if found is not None:
        found.is_default = True
    return found


def _add(name: str, stages: Sequence[tuple[str, int | None]], *, is_default: bool) -> Pipeline:
    last: int | None = session.execute(select(func.max(Pipeline.position))).scalar()
    pipeline = Pipeline(name=name, is_default=is_default, position=0 if last is None else last + 1)
    session.add(pipeline)
    session.flush()
    for position, (title, days) in enumerate(stages):
        session.add(Stage(pipeline_id=pipeline.id, name=title, stale_after=days, position=position))
    session.flush()
    return pipeline


def has_open_deals(condition: ColumnElement[bool]) -> bool:
    """Whether some deal on the board fits."""
    query = select(Deal.id).where(condition, Deal.state == "open").limit(1)
    return session.execute(query).first() is not None


def _target(pipeline: Pipeline) -> tuple[str, uuid.UUID, str]:
    return "pipeline", pipeline.id, pipeline.name
