"""Boletos: the list, the form with its live check, one boleto and its life."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from marshmallow import EXCLUDE, ValidationError
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, find_contacts, get_contact, ngettext, read_form, require_permission
from ramal.api import gettext as _
from ramal_documents import dates, money
from ramal_documents.boleto import SPECIES
from ramal_documents.models import Charge
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.schemas.boletos import BoletoQuery, NewBoletoSchema, SecondCopyQuery, StateChangeSchema
from ramal_documents.services import accounts, charges, copies, history, people, printing, states
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages

_FILTERS = ("state", "account_id", "contact_id", "booklet_id", "due_from", "due_to")


@pages.get("/")
@require_permission(VIEW)
def index() -> Response:
    """The list of charges is the plugin's first page."""
    return redirect(url_for(".boletos"))


@pages.get("/boletos")
@require_permission(VIEW)
def boletos() -> str:
    """All boletos, newest first, narrowed by the form above them."""
    given = _given_filter()
    try:
        query, wrong = BoletoQuery(unknown=EXCLUDE).load(given), []
    except ValidationError:
        query, wrong = BoletoQuery().load({}), [_("Some of the filter does not fit; all boletos are shown.")]
    filters = charges.Filters(text=query["q"], **{name: query.get(name) for name in _FILTERS})
    page = charges.list_charges(filters, cursor=query.get("cursor"))
    following: dict[str, Any] | None = {**given, "cursor": page.next_cursor} if page.next_cursor else None
    context: dict[str, Any] = {
        "page": page,
        "given": {name: value for name, value in given.items() if name != "cursor"},
        "errors": wrong,
        "accounts": accounts.list_accounts(),
        "states": (*states.STATES, "overdue"),
        "total": charges.totals(filters),
        "next_url": url_for(".boletos", **following) if following else None,
    }
    return render_template("documents/pages/boletos.html", **context)


@pages.get("/boletos/new")
@require_permission(ISSUE)
def new_boleto() -> str:
    """The form, filled with what is known of ``?contact_id=`` or of the boleto ``?like=``."""
    return show_form("documents/pages/boleto_form.html", starting_values(), {}, charge=None)


@pages.post("/boletos/new")
@require_permission(ISSUE)
def make_boleto() -> Response | tuple[str, int]:
    """Issue it, or keep it as a draft."""
    make = charges.save_draft if request.form.get("do") == "draft" else charges.issue_new
    return _saved(lambda: make(read_boleto()), None)


@pages.post("/boletos/check")
@require_permission(ISSUE)
def check_boleto() -> str:
    """What the form would make, as a fragment beside it."""
    try:
        found, errors = forms.attempt(lambda: charges.check(read_boleto()))
    except Conflict as error:
        found, errors = None, {"_": [error.message]}
    return render_template("documents/pages/check.html", found=found, errors=errors)


@pages.get("/contacts")
@require_permission(ISSUE)
def contact_options() -> str:
    """Contacts by name or phone, as options of the form's list."""
    contacts = find_contacts(request.args.get("contact_text", "").strip() or None).items
    return render_template("documents/pages/contact_options.html", contacts=contacts)


@pages.get("/boletos/<uuid:boleto_id>")
@require_permission(VIEW)
def boleto(boleto_id: uuid.UUID) -> str:
    """One boleto; a draft is a form."""
    charge = charges.get_charge(boleto_id)
    if charge.state == "draft":
        return show_form("documents/pages/boleto_form.html", _flat(charge), {}, charge=charge)
    return _page(charge, {})


@pages.post("/boletos/<uuid:boleto_id>")
@require_permission(ISSUE)
def change_boleto(boleto_id: uuid.UUID) -> Response | tuple[str, int]:
    """Write a draft anew, and issue it if that was the button."""
    charge = charges.get_charge(boleto_id)

    def act() -> Charge:
        changed = charges.change_draft(boleto_id, read_boleto())
        return changed if request.form.get("do") == "draft" else charges.issue_draft(boleto_id)

    return _saved(act, charge)


@pages.post("/boletos/<uuid:boleto_id>/delete")
@require_permission(ISSUE)
def delete_boleto(boleto_id: uuid.UUID) -> Response:
    """Throw a draft away."""
    charges.delete_draft(boleto_id)
    flash(_("The draft was thrown away."), "success")
    return redirect(url_for(".boletos"), 303)


@pages.post("/boletos/<uuid:boleto_id>/state")
@require_permission(ISSUE)
def set_state(boleto_id: uuid.UUID) -> Response | tuple[str, int]:
    """Set the state by hand."""
    try:
        values = read_form(StateChangeSchema, empty_as_none=("paid_on", "paid_amount"))
        charge = states.set_state(boleto_id, **values)
    except (InvalidPayload, Conflict) as error:
        return _page(charges.get_charge(boleto_id), forms.sentences(error)), 422
    flash(_("The boleto is now: %(state)s.", state=states.state_title(charge.state)), "success")
    return redirect(url_for(".boleto", boleto_id=boleto_id), 303)


@pages.post("/boletos/registered")
@require_permission(ISSUE)
def register_boletos() -> Response:
    """Note what the bank has registered, of the boletos that were ticked."""
    ticked = request.form.getlist("ids", type=uuid.UUID)
    if ticked:
        count = states.register_all(ticked)
        flash(ngettext("%(num)s boleto is registered now.", "%(num)s boletos are registered now.", count), "success")
    else:
        flash(_("Tick the boletos first."), "warning")
    booklet_id = request.form.get("booklet_id", type=uuid.UUID)
    back = url_for(".booklet", booklet_id=booklet_id) if booklet_id else url_for(".boletos", **_given_filter())
    return redirect(back, 303)


@pages.get("/boletos/<uuid:boleto_id>/second-copy")
@require_permission(VIEW)
def second_copy(boleto_id: uuid.UUID) -> Answer | tuple[str, int]:
    """The PDF of the same boleto with what it comes to on ``?day=``."""
    charge = charges.get_charge(boleto_id)
    try:
        query = SecondCopyQuery(unknown=EXCLUDE).load({"day": request.args.get("day") or None})
        data = copies.second_copy(charge, query["day"])
    except ValidationError:
        return _page(charge, {"day": [_("Write a day.")]}), 422
    except (InvalidPayload, Conflict) as error:
        return _page(charge, forms.sentences(error)), 422
    name = copies.filename(charge)
    return Answer(data, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def _given_filter() -> dict[str, Any]:
    """What of the address narrows the list, and where in it the page begins."""
    return {name: value for name in ("q", *_FILTERS, "cursor") if (value := request.args.get(name))}


def read_boleto() -> dict[str, Any]:
    """The form as the API's schema reads it. InvalidPayload."""
    values = read_form(NewBoletoSchema, **nested(request.form, "until"))
    return {name: value for name, value in values.items() if name != "draft"}


def nested(form: Mapping[str, str], ends: str) -> dict[str, Any]:
    """What of the form has an inside."""
    return {
        "payer": forms.party(form, "payer") or {"name": ""},
        "guarantor": forms.party(form, "guarantor"),
        "contact_id": form.get("contact_id") or None,
        "document_date": form.get("document_date") or None,
        "rebate": form.get("rebate", "").strip() or "0",
        "instructions": forms.lines(form, "instructions"),
        "statement": forms.lines(form, "statement"),
        **forms.terms(form, ends),
    }


def starting_values() -> dict[str, str]:
    """A new form's fields: an account's defaults, and the payer if he was charged before."""
    chosen = accounts.list_accounts(active_only=True)
    values = {"account_id": str(chosen[0].id) if chosen else ""}
    if chosen:
        today = dates.today()
        values |= forms.flat_terms({**chosen[0].terms, "discounts": []}, "until")
        values |= {"species": chosen[0].species, "instructions": "\n".join(chosen[0].instructions)}
        values["document_date"] = today.isoformat()
    values["conversation_id"] = str(request.args.get("conversation_id", type=uuid.UUID) or "")
    contact_id = request.args.get("contact_id", type=uuid.UUID)
    if contact_id:
        contact = get_contact(contact_id)
        before = charges.list_charges(charges.Filters(contact_id=contact.id), page_size=1).items
        known = people.payer_of(contact.id) or (before[0].payer if before else {"name": contact.name})
        values |= {"contact_id": str(contact.id), **forms.flat_party(known, "payer")}
    return values


def show_form(template: str, values: Mapping[str, Any], errors: Mapping[str, Any], **more: Any) -> str:
    """The form of a boleto or of a carnê."""
    chosen = values.get("contact_id") or ""
    return render_template(
        template,
        values=values,
        errors=errors,
        accounts=accounts.list_accounts(active_only=True),
        species=SPECIES,
        contacts=[get_contact(uuid.UUID(chosen))] if chosen else [],
        chosen=chosen,
        **more,
    )


def _saved(act: Any, charge: Charge | None) -> Response | tuple[str, int]:
    try:
        saved = act()
    except (InvalidPayload, Conflict) as error:
        errors = forms.sentences(error)
        return show_form("documents/pages/boleto_form.html", forms.given(), errors, charge=charge), 422
    done = _("The draft was saved.") if saved.state == "draft" else _("The boleto was issued.")
    flash(done, "success")
    conversation_id = request.form.get("conversation_id", type=uuid.UUID)
    return redirect(url_for(".boleto", boleto_id=saved.id, conversation_id=conversation_id), 303)


def _page(charge: Charge, errors: Mapping[str, Any]) -> str:
    return render_template(
        "documents/pages/boleto.html",
        charge=charge,
        printed=charges.boleto_of(charge),
        account=accounts.get_account(charge.account_id),
        contact=get_contact(charge.contact_id) if charge.contact_id else None,
        pdf=printing.pdf_url(charge, absolute=False),
        changes=history.history_of(charge.id),
        following=states.TRANSITIONS[charge.state],
        warnings=charges.warnings_of(charge),
        owed=copies.owed(charge),
        errors=errors,
        values=forms.given(),
        today=dates.today().isoformat(),
        conversation_id=request.args.get("conversation_id", type=uuid.UUID),
    )


def _flat(charge: Charge) -> dict[str, str]:
    plain = ("account_id", "due_date", "document_number", "document_date", "species", "pix_code")
    return {
        **{name: str(getattr(charge, name) or "") for name in plain},
        "contact_id": str(charge.contact_id or ""),
        "amount": money.formatted(charge.amount),
        "rebate": str(charge.terms.get("rebate") or "").replace(".", ","),
        **forms.flat_party(charge.payer, "payer"),
        **forms.flat_party(charge.guarantor, "guarantor"),
        **forms.flat_terms(charge.terms, "until"),
        "instructions": "\n".join(charge.instructions),
        "statement": "\n".join(charge.statement),
    }
