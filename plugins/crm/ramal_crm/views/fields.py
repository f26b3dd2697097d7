"""The organization's own fields: a settings page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, read_form, require_permission
from ramal.api import gettext as _
from ramal_crm.permissions import ADMINISTER
from ramal_crm.schemas.settings import FieldChangesSchema, NewFieldSchema
from ramal_crm.services import custom_fields as services
from ramal_crm.views import forms
from ramal_crm.views.blueprint import pages


@pages.get("/fields")
@require_permission(ADMINISTER)
def fields() -> str:
    """Fields of customers and deals, archived ones last, with a form for another one."""
    return _page({})


@pages.post("/fields")
@require_permission(ADMINISTER)
def make_field() -> Response | tuple[str, int]:
    """Define one."""
    try:
        field = services.create_field(read_form(NewFieldSchema, **_lists()))
    except (InvalidPayload, Conflict) as error:
        return _page(forms.sentences(error)), 422
    flash(_("The field “%(label)s” was saved.", label=field.label), "success")
    return redirect(url_for(".fields"), 303)


@pages.get("/fields/<uuid:field_id>")
@require_permission(ADMINISTER)
def field(field_id: uuid.UUID) -> str:
    """One, to be changed."""
    return _one(field_id, {})


@pages.post("/fields/<uuid:field_id>")
@require_permission(ADMINISTER)
def change_field(field_id: uuid.UUID) -> Response | tuple[str, int]:
    """Change it; what customers have in it stays."""
    try:
        values = read_form(FieldChangesSchema, archived="archived" in request.form, **_lists())
        changed = services.update_field(field_id, values)
    except (InvalidPayload, Conflict) as error:
        return _one(field_id, forms.sentences(error)), 422
    flash(_("The field “%(label)s” was saved.", label=changed.label), "success")
    return redirect(url_for(".fields"), 303)


def type_titles() -> dict[str, str]:
    """What the types are called."""
    return {
        "text": _("Text"),
        "number": _("Number"),
        "date": _("Day"),
        "choice": _("Choice"),
        "yes_no": _("Yes or no"),
        "cpf_cnpj": _("CPF or CNPJ"),
        "url": _("Link"),
    }


def entity_titles() -> dict[str, str]:
    """What fields may be on."""
    return {"customer": _("Customers"), "deal": _("Deals")}


def _lists() -> dict[str, Any]:
    lines = [line for line in request.form.get("options", "").splitlines() if line.strip()]
    return {"options": lines, "required": "required" in request.form}


def _page(errors: Mapping[str, Any]) -> str:
    found = sorted(services.list_fields(archived=True), key=lambda each: each.archived_at is not None)
    return render_template(
        "crm/pages/fields.html",
        fields=found,
        errors=errors,
        values=request.form,
        types=type_titles(),
        entities=entity_titles(),
    )


def _one(field_id: uuid.UUID, errors: Mapping[str, Any]) -> str:
    found = services.get_field(field_id)
    values = {"label": found.label, "options": "\n".join(found.options), "position": str(found.position)}
    return render_template(
        "crm/pages/field.html",
        field=found,
        errors=errors,
        values=forms.given() or values,
        types=type_titles(),
        entities=entity_titles(),
    )
