"""Deals: the list, a new one, one with all that belongs to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import (
    Conflict,
    InvalidPayload,
    active_members,
    contact_names,
    conversations_of_contact,
    current_user,
    find_contacts,
    get_conversation,
    list_members,
    require_permission,
)
from ramal.api import gettext as _
from ramal_crm.models import Deal
from ramal_crm.permissions import DELETE, EDIT, VIEW
from ramal_crm.services import custom_fields, customers, deals, notes, pipelines, products, timeline
from ramal_crm.services.sentences import line_of
from ramal_crm.views import deal_forms as forms
from ramal_crm.views.blueprint import pages
from ramal_crm.views.titles import state_titles

_TEXTS = ("q", "tag", "state")
_IDS = ("pipeline_id", "owner_id", "stage_id", "customer_id", "contact_id")
_CHOICES = 8


@pages.get("/deals")
@require_permission(VIEW)
def deal_list() -> str:
    """Deals, newest first, narrowed by the form above them."""
    given: dict[str, Any] = {name: value for name in (*_TEXTS, *_IDS) if (value := request.args.get(name, "").strip())}
    ids = {name: request.args.get(name, type=uuid.UUID) for name in _IDS}
    state = given.get("state") if given.get("state") in ("open", "won", "lost") else None
    search = deals.Search(state=state, text=given.get("q", ""), tag=given.get("tag", ""), **ids)
    page, members = deals.list_deals(search, cursor=request.args.get("cursor")), list_members()
    return render_template(
        "crm/pages/deals.html",
        page=page,
        people=deals.people_of(page.items),
        stages=pipelines.stage_names({deal.stage_id for deal in page.items}),
        owners={member.id: member.name for member in members},
        members=[member for member in members if member.active],
        given=given,
        states=state_titles(),
        next_url=url_for(".deal_list", **given, cursor=page.next_cursor) if page.next_cursor else None,
    )


@pages.get("/deals/new")
@require_permission(EDIT)
def new_deal() -> str:
    """The form; addresses may fill in pipeline, stage, customer, contact and conversation."""
    values = {f"{name}_id": request.args.get(name, "") for name in ("pipeline", "stage", "customer", "contact")}
    conversation_id = request.args.get("conversation", type=uuid.UUID)
    if conversation_id is not None:
        values["conversation_id"] = str(conversation_id)
        values["contact_id"] = values["contact_id"] or str(get_conversation(conversation_id)["contact"]["id"])
    return _form({**values, "owner_id": str(current_user().user_id or "")}, {})


@pages.post("/deals/new")
@require_permission(EDIT)
def make_deal() -> Response | tuple[str, int]:
    """Open it."""
    try:
        made = deals.create_deal(forms.read_deal(is_new=True))
    except (InvalidPayload, Conflict) as error:
        return _form(forms.given(), forms.sentences(error)), 422
    flash(_("The deal is open."), "success")
    return redirect(url_for(".deal", deal_id=made.id), 303)


@pages.get("/deals/people/<kind>")
@require_permission(VIEW)
def deal_people(kind: str) -> str:
    """Customers or contacts to choose from, as options, while somebody types."""
    typed = request.args.get(f"{kind}_text", "").strip()
    found = find_contacts(typed, page_size=_CHOICES).items if kind == "contact" else customers.suggestions(typed)
    return render_template("crm/pages/deal_people.html", people=found, chosen="")


@pages.get("/deals/<uuid:deal_id>")
@require_permission(VIEW)
def deal(deal_id: uuid.UUID) -> str:
    """One deal."""
    return _page(deals.get_deal(deal_id), None, {})


@pages.post("/deals/<uuid:deal_id>")
@require_permission(EDIT)
def save_deal(deal_id: uuid.UUID) -> Response | tuple[str, int]:
    """Save its facts."""
    try:
        has_items = bool(deals.items_of(deal_id))
        deals.change_deal(deal_id, forms.read_deal(is_new=False, with_amount=not has_items), forms.version())
    except (InvalidPayload, Conflict) as error:
        return _page(deals.get_deal(deal_id), forms.given(), forms.sentences(error)), 422
    flash(_("The deal was saved."), "success")
    return redirect(url_for(".deal", deal_id=deal_id), 303)


@pages.post("/deals/<uuid:deal_id>/items")
@require_permission(EDIT)
def save_items(deal_id: uuid.UUID) -> Response:
    """Put these lines in the place of those that are there."""
    return forms.acted(
        lambda: deals.change_deal(deal_id, {"items": forms.read_items()}, forms.version()),
        deal_id,
        _("The items were saved."),
    )


@pages.post("/deals/<uuid:deal_id>/stage")
@require_permission(EDIT)
def set_stage(deal_id: uuid.UUID) -> Response:
    """Move it to another stage."""
    stage_id = request.form.get("stage_id", type=uuid.UUID)
    if stage_id is None:
        raise InvalidPayload(_("Choose a stage."), {"stage_id": [_("Choose a stage.")]})
    return forms.acted(lambda: deals.move_deal(deal_id, stage_id, forms.version()), deal_id, _("The deal was moved."))


@pages.post("/deals/<uuid:deal_id>/win")
@require_permission(EDIT)
def win_deal(deal_id: uuid.UUID) -> Response:
    """The customer buys."""
    return forms.acted(lambda: deals.win(deal_id, forms.version()), deal_id, _("The deal was won."))


@pages.post("/deals/<uuid:deal_id>/lose")
@require_permission(EDIT)
def lose_deal(deal_id: uuid.UUID) -> Response:
    """The customer does not buy."""
    reason_id = request.form.get("reason_id", type=uuid.UUID)
    note = request.form.get("note", "")
    return forms.acted(
        lambda: deals.lose(deal_id, forms.version(), reason_id, note), deal_id, _("The deal was marked as lost.")
    )


@pages.post("/deals/<uuid:deal_id>/reopen")
@require_permission(EDIT)
def reopen_deal(deal_id: uuid.UUID) -> Response:
    """Back to the board."""
    return forms.acted(lambda: deals.reopen(deal_id, forms.version()), deal_id, _("The deal is open again."))


@pages.post("/deals/<uuid:deal_id>/conversations")
@require_permission(EDIT)
def link_deal(deal_id: uuid.UUID) -> Response:
    """Link a conversation, or unlink one (``unlink``)."""
    linked, unlinked = (request.form.get(name, type=uuid.UUID) for name in ("conversation_id", "unlink"))
    if unlinked is not None:
        return forms.acted(
            lambda: deals.unlink_conversation(deal_id, unlinked), deal_id, _("The conversation was unlinked.")
        )
    if linked is None:
        raise InvalidPayload(_("Choose a conversation."), {"conversation_id": [_("Choose a conversation.")]})
    return forms.acted(lambda: deals.link_conversation(deal_id, linked), deal_id, _("The conversation was linked."))


@pages.post("/deals/<uuid:deal_id>/notes")
@require_permission(EDIT)
def note_deal(deal_id: uuid.UUID) -> Response:
    """Write something down."""
    found = deals.get_deal(deal_id)
    about = {"customer_id": found.customer_id, "contact_id": found.contact_id, "deal_id": found.id}
    return forms.acted(
        lambda: notes.add_note(request.form.get("body", ""), **about), deal_id, _("The note was written down.")
    )


@pages.post("/deals/<uuid:deal_id>/delete")
@require_permission(DELETE)
def delete_deal(deal_id: uuid.UUID) -> Response:
    """Delete it."""
    deals.delete_deal(deal_id)
    flash(_("The deal was deleted."), "success")
    return redirect(url_for(".board"), 303)


def _form(values: Mapping[str, str], errors: Mapping[str, Any]) -> str:
    return render_template(
        "crm/pages/deal_form.html",
        values=values,
        errors=errors,
        pipelines=[(each, pipelines.stages_of(each.id)) for each in _with_default()],
        **_choices(values),
    )


def _page(found: Deal, values: Mapping[str, str] | None, errors: Mapping[str, Any]) -> str:
    values = values or forms.flat(found)
    linked = deals.conversations_of(found.id)
    items = list(deals.items_of(found.id))
    lines = timeline.timeline_of(deal_id=found.id, cursor=request.args.get("cursor"))
    return render_template(
        "crm/pages/deal.html",
        deal=found,
        values=values,
        errors=errors,
        pipeline=pipelines.get_pipeline(found.pipeline_id),
        stages=pipelines.stages_of(found.pipeline_id),
        person=deals.people_of([found])[found.id],
        items=items,
        item_lines=forms.flat_items(items),
        products=products.list_products(page_size=100).items,
        linked=linked,
        linkable=_linkable(found, {item["id"] for item in linked}),
        history=deals.history_of(found.id),
        lines=[(line_of(entry), entry) for entry in lines.items],
        older_url=url_for(".deal", deal_id=found.id, cursor=lines.next_cursor) if lines.next_cursor else None,
        reasons=forms.reason_options(),
        states=state_titles(),
        **_choices(values),
    )


def _choices(values: Mapping[str, str]) -> dict[str, Any]:
    """Whom the form offers: the ones that are chosen; more come while somebody types."""
    customer_id, contact_id = (_uuid(values.get(name, "")) for name in ("customer_id", "contact_id"))
    return {
        "members": active_members(),
        "chosen_customers": [customers.get_customer(customer_id)] if customer_id else [],
        "chosen_contacts": [
            {"id": id_, "name": name} for id_, name in contact_names([contact_id] if contact_id else []).items()
        ],
        "own_fields": custom_fields.list_fields("deal"),
    }


def _linkable(found: Deal, linked: set[str]) -> list[Mapping[str, Any]]:
    if found.contact_id is None:
        return []
    page = conversations_of_contact(found.contact_id, page_size=10)
    return [item for item in page.items if item["id"] not in linked]


def _with_default() -> Any:
    pipelines.default_pipeline()
    return pipelines.list_pipelines()


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
