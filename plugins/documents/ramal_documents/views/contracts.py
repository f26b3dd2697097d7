"""Contracts: the list, the form that a template makes, with its preview; one contract and its life."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from marshmallow import EXCLUDE, ValidationError
from werkzeug.wrappers import Response

from ramal.api import (
    Conflict,
    Forbidden,
    InvalidPayload,
    NotFound,
    file_url,
    get_contact,
    new_id,
    read_form,
    require_permission,
)
from ramal.api import gettext as _
from ramal_documents import dates, money
from ramal_documents.contracts.variables import Schema, Variable
from ramal_documents.models import Contract, TemplateVersion
from ramal_documents.permissions import ISSUE, SEND, VIEW
from ramal_documents.schemas.contracts import CancelSchema, ContractQuery
from ramal_documents.services import (
    accounts,
    chat,
    contract_charges,
    contract_chat,
    contract_history,
    contract_previews,
    contracts,
    templates,
)
from ramal_documents.services.problems import told
from ramal_documents.views import contract_forms, forms
from ramal_documents.views.blueprint import pages

_FILTERS = ("state", "template_id", "contact_id")
_MOST_INSTALMENTS = 120
_LINKS = ("account_id", "contact_id", "conversation_id", "version_id", "client_id")


@pages.get("/contracts")
@require_permission(VIEW)
def contract_list() -> str:
    """All contracts, newest first, narrowed by the form above them."""
    given = {name: value for name in ("q", *_FILTERS, "cursor") if (value := request.args.get(name))}
    try:
        query, wrong = ContractQuery(unknown=EXCLUDE).load(given), []
    except ValidationError:
        query, wrong = ContractQuery().load({}), [_("Some of the filter does not fit; all contracts are shown.")]
    filters = contracts.Filters(text=query["q"], **{name: query.get(name) for name in _FILTERS})
    page = contracts.list_contracts(filters, cursor=query.get("cursor"))
    following: dict[str, Any] | None = {**given, "cursor": page.next_cursor} if page.next_cursor else None
    return render_template(
        "documents/pages/contracts.html",
        page=page,
        given={name: value for name, value in given.items() if name != "cursor"},
        errors=wrong,
        states=contracts.STATES,
        templates=templates.list_templates(),
        next_url=url_for(".contract_list", **following) if following else None,
    )


@pages.get("/contracts/new")
@require_permission(ISSUE)
def new_contract() -> str:
    """The templates to choose from; or the form of ``?template_id=``, filled with what is known."""
    links = {name: request.args.get(name, type=uuid.UUID) for name in ("contact_id", "conversation_id")}
    template_id = request.args.get("template_id", type=uuid.UUID)
    if template_id is None:
        found = templates.list_templates(state="active")
        return render_template("documents/pages/contract_choice.html", templates=found, links=links)
    version = contracts.version_of({"template_id": template_id})
    values = contract_previews.starting_values(version, links["contact_id"])
    return _form(version, values, {**links, "client_id": new_id()}, {})


@pages.post("/contracts/new")
@require_permission(ISSUE)
def make_contract() -> Response | tuple[str, int]:
    """Issue it, or keep it as a draft."""
    make = contracts.save_draft if request.form.get("do") == "draft" else contracts.issue_new
    given = _given()
    return _saved(lambda: make(given), given, None)


@pages.post("/contracts/preview")
@require_permission(ISSUE)
def preview_contract() -> str:
    """What the form would make, as a fragment beside it."""
    given = _given()
    schema = templates.schema_of(templates.get_version(given["version_id"]))
    found = contract_previews.preview(given)
    context = {"found": found, "schema": schema, "boletos": _boletos_to_come(given, schema)}
    return render_template("documents/pages/contract_preview.html", **context)


@pages.post("/contracts/preview.pdf")
@require_permission(ISSUE)
def preview_contract_pdf() -> Answer:
    """The same as the PDF it would become, with examples for what is missing."""
    found = contract_previews.preview(_given(), with_pdf=True)
    return Answer(contract_previews.pdf_of(found), mimetype="application/pdf")


@pages.post("/contracts/row")
@require_permission(ISSUE)
def contract_row() -> str:
    """One more empty row for ``?name=`` of the form."""
    variable = _rows_variable()
    rows = [contract_forms.row_of(variable, new_id().hex[-12:], {})]
    return render_template("documents/pages/contract_rows.html", rows=rows, errors={}, schema=Schema((variable,)))


@pages.post("/contracts/instalments")
@require_permission(ISSUE)
def contract_instalments() -> str | tuple[str, int]:
    """The rows of a sum in so many monthly instalments, in the place of those of the form."""
    variable = _rows_variable()
    try:
        rows = _instalments(request.form)
    except InvalidPayload as error:
        return render_template(
            "documents/pages/contract_rows.html", rows=[], errors={}, failure=error, schema=Schema((variable,))
        ), 422
    shown = [contract_forms.row_of(variable, str(place), row) for place, row in enumerate(rows, 1)]
    return render_template("documents/pages/contract_rows.html", rows=shown, errors={}, schema=Schema((variable,)))


@pages.get("/contracts/<uuid:contract_id>")
@require_permission(VIEW)
def contract(contract_id: uuid.UUID) -> str:
    """One contract; a draft is a form."""
    row = contracts.get_contract(contract_id)
    if row.state != "draft":
        return _page(row, {})
    links = {name: getattr(row, name) for name in _LINKS}
    return _form(templates.get_version(row.version_id), row.values, {**links, "title": row.title}, {}, row)


@pages.post("/contracts/<uuid:contract_id>")
@require_permission(ISSUE)
def change_contract(contract_id: uuid.UUID) -> Response | tuple[str, int]:
    """Write a draft anew, and issue it if that was the button."""
    given, row = _given(), contracts.get_contract(contract_id)

    def act() -> Contract:
        changed = contracts.change_draft(contract_id, given)
        return changed if request.form.get("do") == "draft" else contracts.issue_draft(contract_id)

    return _saved(act, given, row)


@pages.post("/contracts/<uuid:contract_id>/delete")
@require_permission(ISSUE)
def delete_contract(contract_id: uuid.UUID) -> Response:
    """Throw a draft away."""
    contracts.delete_draft(contract_id)
    flash(_("The draft was thrown away."), "success")
    return redirect(url_for(".contract_list"), 303)


@pages.post("/contracts/<uuid:contract_id>/cancel")
@require_permission(ISSUE)
def cancel_contract(contract_id: uuid.UUID) -> Response | tuple[str, int]:
    """Cancel an issued contract."""
    try:
        contracts.cancel(contract_id, **read_form(CancelSchema, write_off="write_off" in request.form))
    except (InvalidPayload, Conflict) as error:
        return _page(contracts.get_contract(contract_id), forms.sentences(error)), 422
    flash(_("The contract was cancelled."), "success")
    return redirect(url_for(".contract", contract_id=contract_id), 303)


@pages.post("/contracts/<uuid:contract_id>/send")
@require_permission(SEND)
def send_contract(contract_id: uuid.UUID) -> Response | tuple[str, int]:
    """Send it into its conversation, with the boletos and the PIX code that were ticked."""
    form = request.form
    conversation_id, client_id = (form.get(name, type=uuid.UUID) for name in ("conversation_id", "client_id"))
    if conversation_id is None or client_id is None:
        raise NotFound(_("There is no such conversation."))
    try:
        contract_chat.send_contract(
            conversation_id,
            contract_id,
            boleto_ids=form.getlist("boleto_ids", type=uuid.UUID),
            pix_id=form.get("pix_id", type=uuid.UUID),
            unregistered="unregistered" in form,
            client_id=client_id,
        )
    except (Conflict, Forbidden, InvalidPayload) as error:
        return _page(contracts.get_contract(contract_id), {"send": [error.message]}), 422
    flash(_("Sent."), "success")
    return redirect(url_for(".contract", contract_id=contract_id, conversation_id=conversation_id), 303)


def _given() -> dict[str, Any]:
    """The form as the use cases take it. NotFound without its version."""
    links = {name: request.form.get(name, type=uuid.UUID) for name in _LINKS}
    if links["version_id"] is None:
        raise NotFound(_("There is no such version of a template."))
    schema = templates.schema_of(templates.get_version(links["version_id"]))
    title = request.form.get("title", "").strip()[:160]
    return {**links, "title": title, "values": contract_forms.read(request.form, schema)}


def _rows_variable() -> Variable:
    given = _given()
    schema = templates.schema_of(templates.get_version(given["version_id"]))
    variable = schema.find(request.args.get("name", ""))
    if variable is None or variable.type != "rows":
        raise NotFound(_("There is no such table."))
    return variable


def _instalments(form: Mapping[str, str]) -> list[dict[str, Any]]:
    with told():
        total = money.parse_money(form.get("split.total", ""), "split.total")
        given = form.get("split.count", "")
        count = int(given) if given.isdecimal() and len(given) <= len(str(_MOST_INSTALMENTS)) else 0
        amounts = money.instalments(total, min(count, _MOST_INSTALMENTS))
    first = form.get("split.first", "")
    try:
        days = dates.monthly(date.fromisoformat(first), len(amounts))
    except ValueError:
        message = _("Write the day of the first instalment.")
        raise InvalidPayload(message, {"split.first": [message]}) from None
    names = (contract_charges.DUE, contract_charges.AMOUNT)
    return [dict(zip(names, (str(day), str(amount)), strict=True)) for day, amount in zip(days, amounts, strict=True)]


def _boletos_to_come(given: Mapping[str, Any], schema: Schema) -> int:
    table = contract_charges.instalment_table(schema)
    return len(given["values"].get(table.name) or ()) if table and given.get("account_id") else 0


def _saved(act: Callable[[], Contract], given: Mapping[str, Any], row: Contract | None) -> Response | tuple[str, int]:
    try:
        saved = act()
    except (InvalidPayload, Conflict) as error:
        version = templates.get_version(given["version_id"])
        return _form(version, given["values"], given, forms.sentences(error), row), 422
    flash(_("The draft was saved.") if saved.state == "draft" else _("The contract was issued."), "success")
    return redirect(url_for(".contract", contract_id=saved.id), 303)


def _form(
    version: TemplateVersion,
    values: Mapping[str, Any],
    links: Mapping[str, Any],
    errors: Mapping[str, Any],
    row: Contract | None = None,
) -> str:
    schema = templates.schema_of(version)
    table = contract_charges.instalment_table(schema)
    contact_id = links.get("contact_id")
    return render_template(
        "documents/pages/contract_form.html",
        contract=row,
        version=version,
        template=templates.get_template(version.template_id),
        schema=schema,
        groups=contract_forms.groups(schema),
        filled=contract_forms.filled(schema, values),
        links={name: str(links.get(name) or "") for name in _LINKS if name != "version_id"},
        title=links.get("title") or "",
        errors=errors,
        instalments=table.name if table else "",
        accounts=accounts.list_accounts(active_only=True) if table else [],
        contact=get_contact(contact_id) if contact_id else None,
    )


def _page(row: Contract, errors: Mapping[str, Any]) -> str:
    version = templates.get_version(row.version_id)
    conversation_id = request.values.get("conversation_id", type=uuid.UUID) or row.conversation_id
    charges = contract_charges.charges_of(row.id)
    return render_template(
        "documents/pages/contract.html",
        contract=row,
        number=contracts.number_of(row),
        version=version,
        template=templates.get_template(version.template_id),
        contact=get_contact(row.contact_id) if row.contact_id else None,
        pdf=file_url(contracts.pdf_file(row)) if row.file_id else None,
        boletos=charges,
        sendable=[charge for charge in charges if charge.state in ("issued", "registered")],
        codes=chat.codes_of(row.contact_id) if row.contact_id else [],
        changes=contract_history.history_of(row.id),
        conversation_id=conversation_id,
        client_id=new_id(),
        errors=errors,
        values=forms.given(),
    )
