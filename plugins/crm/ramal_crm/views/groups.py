"""Company groups, on one page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, read_form, require_permission
from ramal.api import gettext as _
from ramal_crm.permissions import DELETE, EDIT, VIEW
from ramal_crm.schemas.settings import NewGroupSchema
from ramal_crm.services import groups as services
from ramal_crm.views import forms
from ramal_crm.views.blueprint import pages


@pages.get("/groups")
@require_permission(VIEW)
def groups() -> str:
    """By name, with a form for another one."""
    return _page({})


@pages.post("/groups")
@require_permission(EDIT)
def save_group() -> Response | tuple[str, int]:
    """Make one, or change the one that is named."""
    group_id = request.form.get("group_id", type=uuid.UUID)
    try:
        values = read_form(NewGroupSchema)
        group = services.update_group(group_id, values) if group_id else services.create_group(values)
    except (InvalidPayload, Conflict) as error:
        return _page(forms.sentences(error)), 422
    flash(_("The group “%(name)s” was saved.", name=group.name), "success")
    return redirect(url_for(".groups"), 303)


@pages.post("/groups/<uuid:group_id>/delete")
@require_permission(DELETE)
def delete_group(group_id: uuid.UUID) -> Response:
    """Dissolve one."""
    services.delete_group(group_id)
    flash(_("The group was dissolved."), "success")
    return redirect(url_for(".groups"), 303)


def _page(errors: Mapping[str, Any]) -> str:
    text = request.args.get("q", "").strip()
    page = services.list_groups(text=text, cursor=request.args.get("cursor"))
    following: dict[str, Any] = {"cursor": page.next_cursor} | ({"q": text} if text else {})
    return render_template(
        "crm/pages/groups.html",
        page=page,
        sizes=services.sizes([group.id for group in page.items]),
        text=text,
        errors=errors,
        values=request.form,
        next_url=url_for(".groups", **following) if page.next_cursor else None,
    )
