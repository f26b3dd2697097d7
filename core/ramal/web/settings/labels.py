"""The words and colours that conversations are labelled with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.http.blueprint import require_permission
from ramal.i18n import gettext as _
from ramal.inbox import services
from ramal.inbox.schemas.arguments import LabelChangeSchema, NewLabelSchema
from ramal.web.forms import read_form, saved
from ramal.web.settings.blueprint import pages


@pages.get("/labels")
@require_permission("conversation.manage")
def labels() -> str:
    """All labels, each with its form, and the form for one more."""
    return _page()


@pages.post("/labels")
@require_permission("conversation.manage")
def make_label() -> Response | tuple[str, int]:
    """Make one."""

    def act() -> None:
        services.create_label(**read_form(NewLabelSchema, empty_as_none=("description",)))

    return saved(act, _("The label was made."), url_for(".labels"), _page)


@pages.post("/labels/<uuid:label_id>")
@require_permission("conversation.manage")
def change_label(label_id: uuid.UUID) -> Response | tuple[str, int]:
    """Rename or recolour one."""

    def act() -> None:
        services.update_label(label_id, **read_form(LabelChangeSchema, empty_as_none=("description",)))

    return saved(act, _("The label was saved."), url_for(".labels"), lambda errors: _page(errors, label_id))


@pages.post("/labels/<uuid:label_id>/delete")
@require_permission("conversation.manage")
def delete_label(label_id: uuid.UUID) -> Response:
    """Remove one, from conversations too."""
    services.delete_label(label_id)
    flash(_("The label was removed."), "success")
    return redirect(url_for(".labels"), 303)


def _page(errors: Mapping[str, Any] | None = None, label_id: uuid.UUID | None = None) -> str:
    """``errors`` belong to the label ``label_id``, or to the new one."""
    return render_template(
        "settings/labels.html", labels=services.list_labels(), errors=errors or {}, wrong=label_id, given=request.form
    )
