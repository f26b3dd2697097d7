"""Templates of contracts: the list, the editor with its live check, the versions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, read_form, require_permission
from ramal.api import gettext as _
from ramal_documents.contracts.starters import NAMES, starter, starters
from ramal_documents.models import ContractTemplate
from ramal_documents.permissions import ADMINISTER, VIEW
from ramal_documents.schemas.templates import NewTemplateSchema
from ramal_documents.services import contract_previews
from ramal_documents.services import templates as services
from ramal_documents.views import forms
from ramal_documents.views import pictures as picture_views
from ramal_documents.views import variables as variable_views
from ramal_documents.views.blueprint import pages

#: On a screen there are no sheets of paper: what `page.css` says, on white, with margins.
_ON_SCREEN = """
html { background: #fff; }
body { padding: 1.5rem; }
.rodape { display: none; }
"""


@pages.get("/templates")
@require_permission(VIEW)
def template_list() -> str:
    """All of them by folder, and those we ship."""
    found = services.list_templates(state=None if request.args.get("all") else "active")
    return render_template(
        "documents/pages/templates.html",
        templates=found,
        numbers=services.latest_numbers(),
        starters=starters(),
        everything=bool(request.args.get("all")),
    )


@pages.get("/templates/new")
@require_permission(ADMINISTER)
def new_template() -> str:
    """The empty editor, or one of the contracts that we ship."""
    name = request.args.get("starter", "")
    if name not in NAMES:
        return _editor(None, {}, {}, variables=[])
    found = services.from_starter(starter(name), "pt")
    return _editor(None, _flat(found), {}, variables=found["variables"])


@pages.post("/templates/new")
@require_permission(ADMINISTER)
def make_template() -> Response | tuple[str, int]:
    """Keep it as a template of its own."""
    try:
        made = services.create_template(_read())
    except (InvalidPayload, Conflict) as error:
        return _editor(None, forms.given(), forms.sentences(error)), 422
    flash(_("The template “%(name)s” was saved.", name=made.name), "success")
    return redirect(url_for(".template", template_id=made.id), 303)


@pages.post("/templates/check")
@require_permission(ADMINISTER)
def check_template() -> str:
    """What is wrong in the editor, and how it looks with examples, as a fragment beside it."""
    source = request.form.get("source", "")
    checked, errors = forms.attempt(lambda: services.check(source, variable_views.given()))
    found = None
    if checked is not None and not checked.errors:
        found = contract_previews.preview_template(source, checked.schema, request.form.get("name", ""))
    lines = source.splitlines()
    return render_template(
        "documents/pages/template_check.html",
        is_empty=not source.strip(),
        checked=checked,
        errors=errors,
        found=found,
        lines=lines,
    )


@pages.post("/templates/preview.pdf")
@require_permission(ADMINISTER)
def preview_template_pdf() -> Answer:
    """What is in the editor as PDF, with examples."""
    source = request.form.get("source", "")
    schema = services.check(source, variable_views.given()).schema
    found = contract_previews.preview_template(source, schema, request.form.get("name", ""), with_pdf=True)
    return Answer(contract_previews.pdf_of(found), mimetype="application/pdf")


@pages.get("/templates/preview.css")
@require_permission(VIEW)
def preview_css() -> Answer:
    """The look of a contract, for previews on the screen."""
    answer = Answer(_styles(), mimetype="text/css")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@pages.get("/templates/<uuid:template_id>")
@require_permission(VIEW)
def template(template_id: uuid.UUID) -> str:
    """The editor with the latest version, or with that of ``?version=``."""
    row = services.get_template(template_id)
    number = request.args.get("version", type=int)
    shown = services.numbered(template_id, number) if number else services.latest(template_id)
    values = {**_facts(row), "source": shown.source, "note": ""}
    return _editor(row, _flat(values), {}, variables=shown.declared["variables"], shown=shown.number)


@pages.post("/templates/<uuid:template_id>")
@require_permission(ADMINISTER)
def save_template(template_id: uuid.UUID) -> Response | tuple[str, int]:
    """Save what was changed: of the text another version, of the rest the template itself."""
    try:
        values = _read()
        version = services.save(template_id, values)
    except (InvalidPayload, Conflict) as error:
        return _editor(services.get_template(template_id), forms.given(), forms.sentences(error)), 422
    flash(_("Version %(number)s is what new contracts are made of.", number=version.number), "success")
    return redirect(url_for(".template", template_id=template_id), 303)


@pages.post("/templates/<uuid:template_id>/state")
@require_permission(ADMINISTER)
def switch_template(template_id: uuid.UUID) -> Response:
    """Use it for new contracts, or no longer."""
    state = "active" if request.form.get("state") == "active" else "archived"
    services.update_template(template_id, {"state": state})
    return redirect(url_for(".template", template_id=template_id), 303)


def _read() -> dict[str, Any]:
    tags = [tag.strip() for tag in request.form.get("tags", "").split(",") if tag.strip()]
    return read_form(NewTemplateSchema, variables=variable_views.given(), tags=tags)


def _facts(row: ContractTemplate) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "summary", "folder", "tags")}


def _flat(values: Mapping[str, Any]) -> dict[str, str]:
    plain = {name: str(values[name]) for name in ("name", "summary", "folder", "source", "note")}
    return {**plain, "tags": ", ".join(values["tags"])}


def _editor(
    row: ContractTemplate | None,
    values: Mapping[str, Any],
    errors: Mapping[str, Any],
    *,
    variables: Sequence[Mapping[str, Any]] | None = None,
    shown: int | None = None,
) -> str:
    """The page; its variables are those, or what was sent."""
    editor = variable_views.sent_back() if variables is None else variable_views.shown(variables)
    return render_template(
        "documents/pages/template.html",
        template=row,
        values=values,
        errors=errors,
        editor=editor,
        **picture_views.shown(),
        versions=services.versions_of(row.id) if row else [],
        shown=shown,
    )


@lru_cache(maxsize=1)
def _styles() -> str:
    return (files("ramal_documents.contracts.rendering") / "page.css").read_text("utf-8") + _ON_SCREEN
