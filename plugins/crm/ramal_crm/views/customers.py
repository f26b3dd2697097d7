"""Customers: the list, the form with its helps, one customer with everything about it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    UpstreamError,
    active_members,
    current_user,
    find_contacts,
    format_phone,
    get_contact,
    limit,
    read_form,
    require_permission,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm import numbers
from ramal_crm.models import Customer
from ramal_crm.permissions import DELETE, EDIT, VIEW
from ramal_crm.schemas.customers import CustomerChangesSchema, NewCustomerSchema
from ramal_crm.services import activities, cep, custom_fields, deals, groups, sentences, tags, timeline
from ramal_crm.services import customers as services
from ramal_crm.services.customers import Filters
from ramal_crm.views import forms
from ramal_crm.views.blueprint import pages
from ramal_crm.views.titles import state_titles, type_title

#: What the list is narrowed by, as the address has it.
_FILTERS = ("q", "kind", "tag", "group_id", "owner_id", "archived")
#: Deals and activities that a customer's page shows; the rest is in their lists.
_SHOWN = 5
#: What a timeline may be narrowed to.
_KINDS = ("conversation", "deal", "activity", "document", "note", "file")


@pages.get("/customers")
@require_permission(VIEW)
def customers() -> str:
    """By name, narrowed by the form above."""
    given = {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}
    filters = Filters(
        text=given.get("q", ""),
        kind=given.get("kind", ""),
        tag=given.get("tag", ""),
        group_id=request.args.get("group_id", type=uuid.UUID),
        owner_id=request.args.get("owner_id", type=uuid.UUID),
        archived="archived" in given,
    )
    page = services.list_customers(filters, cursor=request.args.get("cursor"))
    following: dict[str, Any] = {**given, "cursor": page.next_cursor}
    return render_template(
        "crm/pages/customers.html",
        page=page,
        given=given,
        groups=groups.all_groups(),
        group_names=groups.names([customer.group_id for customer in page.items]),
        members=active_members(),
        next_url=url_for(".customers", **following) if page.next_cursor else None,
    )


@pages.get("/customers/new")
@require_permission(EDIT)
def new_customer() -> str:
    """The empty form, or one begun with what is known of ``?contact_id=``."""
    values = {"kind": "person", "owner_id": str(current_user().user_id)}
    contact_id = request.args.get("contact_id", type=uuid.UUID)
    if contact_id:
        contact = get_contact(contact_id)
        values |= {"contact_id": str(contact.id), "name": contact.name, "phone": contact.phone or ""}
        values["email"] = contact.email or ""
    return _form(None, values, {})


@pages.post("/customers/new")
@require_permission(EDIT)
def make_customer() -> Response | tuple[str, int]:
    """Add one."""
    try:
        contact_id = request.form.get("contact_id") or None
        linked: dict[str, Any] = {"contact_ids": [contact_id]} if contact_id else {}
        made = services.create_customer(read_form(NewCustomerSchema, **forms.customer(), **linked))
    except (InvalidPayload, Conflict) as error:
        return _form(None, forms.given(), forms.sentences(error)), 422
    flash(_("%(name)s is a customer now.", name=made.name), "success")
    return redirect(url_for(".customer", customer_id=made.id), 303)


@pages.get("/customers/<uuid:customer_id>/edit")
@require_permission(EDIT)
def edit_customer(customer_id: uuid.UUID) -> str:
    """The form of one."""
    row = services.get_customer(customer_id)
    return _form(row, forms.flat(row), {})


@pages.post("/customers/<uuid:customer_id>/edit")
@require_permission(EDIT)
def change_customer(customer_id: uuid.UUID) -> Response | tuple[str, int]:
    """Change it, unless somebody else did meanwhile."""
    row = services.get_customer(customer_id)
    try:
        values = read_form(CustomerChangesSchema, **forms.customer())
        version = values.pop("version", None)
        services.update_customer(customer_id, values, version)
    except (InvalidPayload, Conflict) as error:
        return _form(row, forms.given(), forms.sentences(error)), 422
    flash(_("%(name)s was saved.", name=row.name), "success")
    return redirect(url_for(".customer", customer_id=customer_id), 303)


@pages.get("/customers/<uuid:customer_id>")
@require_permission(VIEW)
def customer(customer_id: uuid.UUID) -> str:
    """One, with its contacts and its timeline."""
    return show(customer_id, {})


@pages.post("/customers/<uuid:customer_id>/archive")
@require_permission(EDIT)
def archive_customer(customer_id: uuid.UUID) -> Response:
    """Put it away, or bring it back."""
    services.archive_customer(customer_id, archived=request.form.get("do") != "restore")
    return redirect(url_for(".customer", customer_id=customer_id), 303)


@pages.post("/customers/<uuid:customer_id>/delete")
@require_permission(DELETE)
def delete_customer(customer_id: uuid.UUID) -> Response:
    """Delete it with all that hangs on it."""
    services.delete_customer(customer_id)
    flash(_("The customer was deleted."), "success")
    return redirect(url_for(".customers"), 303)


@pages.post("/customers/<uuid:customer_id>/merge")
@require_permission(DELETE)
def merge_customers(customer_id: uuid.UUID) -> Response | tuple[str, int]:
    """Merge another one into it."""
    absorbed_id = request.form.get("absorbed_customer_id", type=uuid.UUID)
    if absorbed_id is None:
        return show(customer_id, {"absorbed_customer_id": [_("Choose another customer.")]}), 422
    try:
        services.merge_customers(customer_id, absorbed_id)
    except (InvalidPayload, Conflict) as error:
        return show(customer_id, forms.sentences(error)), 422
    flash(_("The two are one now."), "success")
    return redirect(url_for(".customer", customer_id=customer_id), 303)


@pages.post("/customers/<uuid:customer_id>/contacts")
@require_permission(EDIT)
def link_contact(customer_id: uuid.UUID) -> Response | tuple[str, int]:
    """Link a contact, or change the link."""
    contact_id = request.form.get("contact_id", type=uuid.UUID)
    if contact_id is None:
        return show(customer_id, {"contact_id": [_("Choose a contact.")]}), 422
    role = " ".join(request.form.get("role", "").split())[:60]
    services.link_contact(customer_id, contact_id, role, is_main="is_main" in request.form)
    return redirect(url_for(".customer", customer_id=customer_id), 303)


@pages.post("/customers/<uuid:customer_id>/contacts/<uuid:contact_id>/unlink")
@require_permission(EDIT)
def unlink_contact(customer_id: uuid.UUID, contact_id: uuid.UUID) -> Response:
    """Take a link away."""
    services.unlink_contact(customer_id, contact_id)
    return redirect(url_for(".customer", customer_id=customer_id), 303)


# --- helps of the form: pieces of HTML for htmx ----------------------------------------------------------


@pages.get("/customers/check-document")
@require_permission(VIEW)
def check_document() -> str:
    """A sentence about a CPF or CNPJ while it is typed: its check digits, and whose it is."""
    typed = request.args.get("document", "").strip()
    own_id = request.args.get("own_id", type=uuid.UUID)
    document = numbers.tidy(typed)
    is_whole, is_right = len(document) in (11, 14), numbers.is_valid(document)
    known = services.find_by_document(document) if is_right else None
    if known is not None and known.id == own_id:
        known = None
    return render_template(
        "crm/pages/document_hint.html", whole=is_whole, right=is_right, known=known, document=document
    )


@pages.get("/customers/cep")
@require_permission(VIEW)
@limit("60/minute")
def fill_address() -> Response:
    """The parts of an address by its CEP; where there is none, a sentence, and what was typed stays untouched."""
    place = request.args.get("place", 0, type=int)
    typed = request.args.get(f"addresses.{place}.postal_code", "").strip()
    try:
        found = cep.find_cep(typed) if typed else None
    except (InvalidPayload, NotFound, UpstreamError) as error:
        return _hint(place, error.message)
    if found is None:
        return _hint(place, "")
    values = {f"addresses.{place}.{name}": getattr(found, name) for name in ("street", "district", "city", "state")}
    html = render_template("crm/pages/address_parts.html", place=place, values=values, errors={}, found=found)
    return make_response(html)


@pages.get("/customers/address")
@require_permission(EDIT)
def address_row() -> str:
    """Another address of the form, and the button for the one after it."""
    place = min(request.args.get("place", 1, type=int), 999)
    return render_template("crm/pages/address_row.html", place=place, values={}, errors={})


@pages.get("/customers/tags")
@require_permission(VIEW)
def tag_options() -> str:
    """Tags in use, as options; asked for when somebody comes near the field."""
    return render_template("crm/pages/tag_options.html", tags=tags.tags_in_use())


@pages.get("/customers/contact-options")
@require_permission(EDIT)
def contact_options() -> str:
    """Contacts by name or phone, as options."""
    found = find_contacts(request.args.get("contact_text", "").strip() or None).items
    rows = [(each.id, " · ".join(filter(None, (each.name, format_phone(each.phone))))) for each in found]
    return render_template("crm/pages/options.html", rows=rows, blank=_("Choose a contact."))


@pages.get("/customers/options")
@require_permission(VIEW)
def customer_options() -> str:
    """Customers by what somebody types, as options."""
    found = services.suggestions(request.args.get("customer_text", "").strip())
    rows = [
        (customer.id, " · ".join(part for part in (customer.name, numbers.formatted(customer.document)) if part))
        for customer in found
    ]
    return render_template("crm/pages/options.html", rows=rows, blank=_("Choose a customer."))


def show(customer_id: uuid.UUID, errors: Mapping[str, Any]) -> str:
    """The page of one customer, with what was wrong in one of its forms."""
    row = services.get_customer(customer_id)
    kind = request.args.get("show", "")
    kinds = (kind,) if kind in _KINDS else ()
    page = timeline.timeline_of(row.id, kinds=kinds, cursor=request.args.get("cursor"))
    owner = next((member.name for member in active_members() if member.id == row.owner_id), "")
    shown = [
        (field.label, custom_fields.shown(field, row.custom.get(field.key)))
        for field in custom_fields.list_fields("customer")
        if field.key in row.custom
    ]
    following: dict[str, Any] = {"customer_id": row.id, "cursor": page.next_cursor} | ({"show": kind} if kinds else {})
    return render_template(
        "crm/pages/customer.html",
        customer=row,
        owner=owner,
        group=groups.get_group(row.group_id) if row.group_id else None,
        addresses=services.addresses_of(row.id),
        contacts=services.contacts_of(row.id),
        custom=shown,
        deals=deals.deals_of_customer(row.id, ("open", "won", "lost"))[:_SHOWN],
        states=state_titles(),
        activities=activities.list_activities(activities.Search(customer_id=row.id), page_size=_SHOWN).items,
        type_title=type_title,
        now=utcnow(),
        entries=[(entry, sentences.line_of(entry)) for entry in page.items],
        show=kind if kinds else "",
        next_url=url_for(".customer", **following) if page.next_cursor else None,
        errors=errors,
        values=request.form,
    )


def _hint(place: int, sentence: str) -> Response:
    answer = make_response(render_template("crm/pages/cep_hint.html", place=place, sentence=sentence))
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = f"#cep-hint-{place}", "outerHTML"
    return answer


def _form(row: Customer | None, values: Mapping[str, str], errors: Mapping[str, Any]) -> str:
    return render_template(
        "crm/pages/customer_form.html",
        customer=row,
        values=values,
        errors=errors,
        places=forms.places(dict(values)),
        fields=custom_fields.list_fields("customer"),
        groups=groups.all_groups(),
        members=active_members(),
    )
