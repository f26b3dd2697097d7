"""Issuing accounts: the list, and the form of one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, read_form, require_permission
from ramal.api import gettext as _
from ramal_documents.boleto import BANKS, SPECIES
from ramal_documents.models import IssuingAccount
from ramal_documents.permissions import ADMINISTER
from ramal_documents.schemas.accounts import NewAccountSchema
from ramal_documents.services import accounts as services
from ramal_documents.services import numbering
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages


@pages.get("/accounts")
@require_permission(ADMINISTER)
def accounts() -> str:
    """All of them."""
    rows = [(account, numbering.limit_of(account)) for account in services.list_accounts()]
    return render_template("documents/pages/accounts.html", rows=rows, banks=BANKS)


@pages.get("/accounts/new")
@require_permission(ADMINISTER)
def new_account() -> str:
    """The empty form."""
    return _form(None, {"bank": "341", "species": "DM", "next_number": "1", "active": "1"}, {})


@pages.post("/accounts/new")
@require_permission(ADMINISTER)
def make_account() -> Response | tuple[str, int]:
    """Make one."""
    return _save(None)


@pages.get("/accounts/<uuid:account_id>")
@require_permission(ADMINISTER)
def account(account_id: uuid.UUID) -> str:
    """One, to be changed."""
    row = services.get_account(account_id)
    return _form(row, _flat(row), {})


@pages.post("/accounts/<uuid:account_id>")
@require_permission(ADMINISTER)
def change_account(account_id: uuid.UUID) -> Response | tuple[str, int]:
    """Change it."""
    return _save(services.get_account(account_id))


def _save(row: IssuingAccount | None) -> Response | tuple[str, int]:
    try:
        values = _read()
        saved = services.create_account(values) if row is None else services.update_account(row.id, values)
    except (InvalidPayload, Conflict) as error:
        return _form(row, forms.given(), forms.sentences(error)), 422
    flash(_("The account “%(name)s” was saved.", name=saved.name), "success")
    for warning in services.warnings_of(saved):
        flash(warning, "warning")
    return redirect(url_for(".accounts"), 303)


def _read() -> dict[str, Any]:
    form = request.form
    return read_form(
        NewAccountSchema,
        beneficiary=forms.party(form, "beneficiary") or {"name": ""},
        terms=forms.terms(form, "days_before"),
        instructions=forms.lines(form, "instructions"),
        accepted="accepted" in form,
        active="active" in form,
        template=form.get("template", "").strip() or None,
    )


def _flat(row: IssuingAccount) -> dict[str, str]:
    names = ("name", *services.NUMBERS, "species", "next_number")
    return {
        **{name: str(getattr(row, name)) for name in names},
        **forms.flat_party(row.beneficiary, "beneficiary"),
        **forms.flat_terms(row.terms, "days_before"),
        "instructions": "\n".join(row.instructions),
        "template": row.template or "",
        "accepted": "1" if row.accepted else "",
        "active": "1" if row.active else "",
    }


def _form(row: IssuingAccount | None, values: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    # The library says `payer.…` of the boleto an account is tried with, and `terms.…` comes from the nested body.
    plain = {name.removeprefix("terms."): sentences for name, sentences in errors.items()}
    return render_template(
        "documents/pages/account.html", account=row, values=values, errors=plain, banks=BANKS, species=SPECIES
    )
