"""Settings: pipelines and their stages."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, read_form, require_permission
from ramal.api import gettext as _
from ramal_crm.permissions import ADMINISTER
from ramal_crm.schemas.pipelines import NewPipelineSchema, PipelineFields, StageFields
from ramal_crm.services import pipelines, stages
from ramal_crm.views.blueprint import pages
from ramal_crm.views.settings_forms import saved


@pages.get("/pipelines")
@require_permission(ADMINISTER)
def pipeline_list() -> str:
    """All pipelines with their stages."""
    pipelines.default_pipeline()
    found = [(each, pipelines.stages_of(each.id)) for each in pipelines.list_pipelines()]
    return render_template("crm/pages/pipelines.html", pipelines=found)


@pages.post("/pipelines")
@require_permission(ADMINISTER)
def make_pipeline() -> Response:
    """A new one, with the usual stages to begin with."""
    return saved(lambda: pipelines.create_pipeline(read_form(NewPipelineSchema)), ".pipeline_list")


@pages.post("/pipelines/<uuid:pipeline_id>")
@require_permission(ADMINISTER)
def save_pipeline(pipeline_id: uuid.UUID) -> Response:
    """Rename it, let new deals start in it (``do`` is ``default``), or archive it (``archive``)."""
    wanted = request.form.get("do", "")
    if wanted == "archive":
        return saved(lambda: pipelines.archive_pipeline(pipeline_id), ".pipeline_list")
    if wanted == "default":
        return saved(lambda: pipelines.change_pipeline(pipeline_id, {"is_default": True}), ".pipeline_list")
    return saved(lambda: pipelines.change_pipeline(pipeline_id, read_form(PipelineFields)), ".pipeline_list")


@pages.post("/pipelines/<uuid:pipeline_id>/stages")
@require_permission(ADMINISTER)
def make_stage(pipeline_id: uuid.UUID) -> Response:
    """Another stage, at the right end."""
    return saved(
        lambda: stages.add_stage(pipeline_id, read_form(StageFields, empty_as_none=("stale_after",))), ".pipeline_list"
    )


@pages.post("/stages/<uuid:stage_id>")
@require_permission(ADMINISTER)
def save_stage(stage_id: uuid.UUID) -> Response:
    """Save it, or let it change places (``do`` is ``left`` or ``right``)."""
    wanted = request.form.get("do", "")
    if wanted in {"left", "right"}:
        stages.shift_stage(stage_id, "left" if wanted == "left" else "right")
        return redirect(url_for(".pipeline_list"), 303)
    return saved(
        lambda: stages.change_stage(stage_id, read_form(StageFields, empty_as_none=("stale_after",))), ".pipeline_list"
    )


@pages.get("/stages/<uuid:stage_id>/archive")
@require_permission(ADMINISTER)
def ask_archive(stage_id: uuid.UUID) -> str:
    """Where its deals would go."""
    stage = pipelines.get_stage(stage_id)
    others = [(str(each.id), each.name) for each in pipelines.stages_of(stage.pipeline_id) if each.id != stage.id]
    return render_template("crm/pages/stage_archive.html", stage=stage, others=others)


@pages.post("/stages/<uuid:stage_id>/archive")
@require_permission(ADMINISTER)
def archive_stage(stage_id: uuid.UUID) -> Response:
    """Take it off the board."""
    try:
        stages.archive_stage(stage_id, request.form.get("move_to", type=uuid.UUID))
    except (Conflict, InvalidPayload) as error:
        flash(error.message, "danger")
        return redirect(url_for(".ask_archive", stage_id=stage_id), 303)
    flash(_("The stage is off the board."), "success")
    return redirect(url_for(".pipeline_list"), 303)
