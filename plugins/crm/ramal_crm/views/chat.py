"""The panel beside a conversation: whom one talks to, and what can be done about it without leaving the chat.

Every answer is the whole panel, with the form that was asked for in it; so there is one state, and it is the server's.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import render_template, request
from markupsafe import Markup

from ramal.api import (
    Conflict,
    ContactInfo,
    ConversationInfo,
    InvalidPayload,
    NotFound,
    RamalError,
    SlotFragment,
    active_members,
    current_user,
    get_conversation,
    get_message,
    limit,
    require_permission,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm import days, money, numbers
from ramal_crm.models.activities import ACTIVITY_TYPES
from ramal_crm.permissions import EDIT, VIEW
from ramal_crm.schemas.leads import QualifyDealSchema
from ramal_crm.services import (
    activities,
    cep,
    customers,
    deals,
    leads,
    live,
    loss_reasons,
    notes,
    pipelines,
    qualifying,
)
from ramal_crm.services.beside import Beside, beside
from ramal_crm.views import reading
from ramal_crm.views.blueprint import pages
from ramal_crm.views.titles import reminder_title, type_title

FORMS = ("customer", "link", "qualify", "discard", "deal", "lost", "activity", "note")
Answer = str | tuple[str, int]


def panel_slot(contact: ContactInfo, conversation: ConversationInfo, **_rest: Any) -> Markup:
    """The panel as the page opens."""
    return Markup(_rendered(conversation.id, beside(contact.id)))  # noqa: S704 (our own template, autoescaped)


@pages.get("/chat/<uuid:conversation_id>")
@require_permission(VIEW)
def chat_panel(conversation_id: uuid.UUID) -> str:
    """The panel again, with ``?form=`` open in it."""
    contact_id = _contact_of(conversation_id)
    form = request.args.get("form", "")
    found = beside(contact_id)
    if form not in FORMS or not current_user().can(EDIT):
        return _rendered(conversation_id, found)
    values = {**_starting(found, form), **{name: request.args[name] for name in ("deal_id",) if name in request.args}}
    return _rendered(conversation_id, found, form=form, values=values)


@pages.post("/chat/<uuid:conversation_id>/lead")
@require_permission(EDIT)
def chat_open_lead(conversation_id: uuid.UUID) -> Answer:
    """Make the contact a lead, by hand."""
    source = get_conversation(conversation_id)["channel"]["name"][:60]
    return _done(
        conversation_id,
        _("The lead is open."),
        lambda contact_id: leads.open_lead(contact_id, conversation_id=conversation_id, source=source),
    )


@pages.post("/chat/<uuid:conversation_id>/lead/<uuid:lead_id>/qualify")
@require_permission(EDIT)
def chat_qualify(conversation_id: uuid.UUID, lead_id: uuid.UUID) -> Answer:
    """Turn the lead into a customer, and a deal."""

    def act(_contact_id: uuid.UUID) -> None:
        known = request.form.get("customer_id", type=uuid.UUID)
        qualifying.qualify(lead_id, {"customer_id": known} if known else reading.customer(), reading.deal())

    return _done(conversation_id, _("The lead is qualified."), act, form="qualify")


@pages.post("/chat/<uuid:conversation_id>/lead/<uuid:lead_id>/discard")
@require_permission(EDIT)
def chat_discard(conversation_id: uuid.UUID, lead_id: uuid.UUID) -> Answer:
    """Nothing will come of the lead."""

    def act(_contact_id: uuid.UUID) -> None:
        reason = request.form.get("reason", "").strip()
        if not reason or len(reason) > 500:
            message = _("Say why, in at most 500 characters.")
            raise InvalidPayload(message, {"reason": [message]})
        leads.discard(lead_id, reason)

    return _done(conversation_id, _("The lead was discarded."), act, form="discard")


@pages.post("/chat/<uuid:conversation_id>/customer")
@require_permission(EDIT)
def chat_customer(conversation_id: uuid.UUID) -> Answer:
    """Add the contact's customer."""

    def act(contact_id: uuid.UUID) -> None:
        with transaction():
            customers.create_customer({**reading.customer(), "contact_ids": [contact_id]})
            live.contact_changed(contact_id)

    return _done(conversation_id, _("The customer was added."), act, form="customer")


@pages.get("/chat/<uuid:conversation_id>/customers")
@require_permission(VIEW)
@limit("120/minute")
def chat_customers(conversation_id: uuid.UUID) -> str:
    """Customers to choose from, by what is being typed."""
    text = request.args.get("q", "").strip()
    found = customers.suggestions(text) if text else []
    return render_template(
        "crm/pages/chat_customers.html",
        conversation_id=conversation_id,
        found=found,
        text=text,
        number_of=numbers.formatted,
    )


@pages.post("/chat/<uuid:conversation_id>/customer/<uuid:customer_id>")
@require_permission(EDIT)
def chat_link(conversation_id: uuid.UUID, customer_id: uuid.UUID) -> Answer:
    """The contact writes for a customer that is known."""

    def act(contact_id: uuid.UUID) -> None:
        with transaction():
            customers.link_contact(customer_id, contact_id)
            live.contact_changed(contact_id)

    return _done(conversation_id, _("The customer is linked."), act)


@pages.get("/chat/cep")
@require_permission(EDIT)
@limit("30/minute")
def chat_cep() -> str:
    """The address of the form's CEP, to be mended by hand; what was typed stays where nobody knows better."""
    values = {f"addresses.0.{part}": request.args.get(f"addresses.0.{part}", "") for part in reading.ADDRESS}
    told = ""
    try:
        place = cep.find_cep(values["addresses.0.postal_code"])
        found = {part: getattr(place, part) for part in ("street", "district", "city", "state")}
        values |= {f"addresses.0.{part}": text for part, text in found.items() if text}
    except RamalError as error:
        told = error.message
    return render_template("crm/pages/chat_address.html", values=values, errors={}, told=told)


@pages.post("/chat/<uuid:conversation_id>/deal")
@require_permission(EDIT)
def chat_deal(conversation_id: uuid.UUID) -> Answer:
    """Open a deal with the contact, about this conversation."""

    def act(contact_id: uuid.UUID) -> None:
        buyers = customers.customers_of_contact(contact_id)
        about = {"contact_id": contact_id, "customer_id": buyers[0].id if buyers else None}
        values = reading.read(QualifyDealSchema, "deal.")
        if not values.get("title"):
            message = _("Say what it is about.")
            raise InvalidPayload(message, {"deal.title": [message]})
        deals.create_deal({**values, **about, "conversation_id": conversation_id})

    return _done(conversation_id, _("The deal is open."), act, form="deal")


@pages.post("/chat/<uuid:conversation_id>/deal/<uuid:deal_id>/<step>")
@require_permission(EDIT)
def chat_step(conversation_id: uuid.UUID, deal_id: uuid.UUID, step: str) -> Answer:
    """Move the deal to a stage, win it, lose it."""
    said = {"move": _("The deal was moved."), "won": _("The deal is won."), "lost": _("The deal is lost.")}
    if step not in said:
        raise NotFound(_("There is nothing here."))
    version = request.form.get("version", type=int)

    def act(_contact_id: uuid.UUID) -> None:
        if step == "won":
            deals.win(deal_id, version)
        elif step == "lost":
            deals.lose(deal_id, version, request.form.get("reason_id", type=uuid.UUID), request.form.get("note", ""))
        else:
            deals.move_deal(deal_id, request.form.get("stage_id", type=uuid.UUID) or uuid.UUID(int=0), version)

    return _done(conversation_id, said[step], act)


@pages.post("/chat/<uuid:conversation_id>/activity")
@require_permission(EDIT)
def chat_activity(conversation_id: uuid.UUID) -> Answer:
    """Something to do about this conversation."""
    return _done(
        conversation_id,
        _("It is scheduled."),
        lambda _contact_id: activities.create_activity({**reading.activity(), "conversation_id": conversation_id}),
        form="activity",
    )


@pages.post("/chat/<uuid:conversation_id>/activity/<uuid:activity_id>/done")
@require_permission(EDIT)
def chat_activity_done(conversation_id: uuid.UUID, activity_id: uuid.UUID) -> Answer:
    """It is done."""
    return _done(conversation_id, _("Done."), lambda _contact_id: activities.finish(activity_id))


@pages.post("/chat/<uuid:conversation_id>/note")
@require_permission(EDIT)
def chat_note(conversation_id: uuid.UUID) -> Answer:
    """A note on the contact's customer and on the one deal that is open, if it is one."""

    def act(contact_id: uuid.UUID) -> None:
        buyers, opened = customers.customers_of_contact(contact_id), deals.deals_of_contact(contact_id)
        notes.add_note(
            request.form.get("body", ""),
            customer_id=buyers[0].id if buyers else None,
            deal_id=opened[0].id if len(opened) == 1 else None,
            contact_id=contact_id,
        )

    return _done(conversation_id, _("The note was kept."), act, form="note")


@pages.get("/chat/<uuid:conversation_id>/message/<uuid:message_id>/activity")
@require_permission(EDIT)
def message_activity(conversation_id: uuid.UUID, message_id: uuid.UUID) -> str:
    """The form for an activity, inside the message's menu."""
    return _message_form(conversation_id, message_id, {**activity_values(), "title": _title_of(message_id)}, {})


@pages.post("/chat/<uuid:conversation_id>/message/<uuid:message_id>/activity")
@require_permission(EDIT)
def make_message_activity(conversation_id: uuid.UUID, message_id: uuid.UUID) -> Answer:
    """Schedule it."""
    try:
        activities.create_activity({**reading.activity(), "message_id": message_id})
    except (InvalidPayload, NotFound) as error:
        return _message_form(conversation_id, message_id, request.form, reading.sentences(error)), 422
    return render_template("crm/pages/chat_scheduled.html")


def message_slot(conversation: ConversationInfo, message: Any, **_rest: Any) -> Markup:
    """The choice in a message's menu."""
    html = render_template("crm/pages/chat_message.html", conversation_id=conversation.id, message_id=message.id)
    return Markup(html)  # noqa: S704 (our own template, autoescaped)


def activity_values() -> dict[str, str]:
    """A new activity's form: tomorrow at nine, reminded then."""
    due = days.day_start(1) + timedelta(hours=9)
    return {"due": days.to_field(due), "remind": "0", "type": "task", "assignee_id": str(current_user().user_id or "")}


SLOTS = (
    SlotFragment("inbox.sidebar", "panel", render=panel_slot, permission=VIEW, weight=50),
    SlotFragment("inbox.message.actions", "activity", render=message_slot, permission=EDIT),
)


def _contact_of(conversation_id: uuid.UUID) -> uuid.UUID:
    return uuid.UUID(str(get_conversation(conversation_id)["contact"]["id"]))


def _done(conversation_id: uuid.UUID, said: str, act: Callable[[uuid.UUID], Any], form: str = "") -> Answer:
    """Do it and show the panel, saying so; or the form again, with what does not fit."""
    contact_id = _contact_of(conversation_id)
    try:
        act(contact_id)
    except (InvalidPayload, Conflict, NotFound) as error:
        known = error.details.get("customer_id") if isinstance(error, Conflict) else None
        told = {"errors": reading.sentences(error), "values": request.form, "known": known}
        return _rendered(conversation_id, beside(contact_id), form=form, **told), 422
    return _rendered(conversation_id, beside(contact_id), done=said)


def _rendered(conversation_id: uuid.UUID, found: Beside, *, form: str = "", **told: Any) -> str:
    if form in ("qualify", "discard") and found.lead is None:
        form = ""  # somebody closed it meanwhile
    context: dict[str, Any] = {"values": {}, "errors": {}, "done": "", "known": None, **told}
    if form in ("qualify", "deal"):
        pipeline = pipelines.default_pipeline()
        context["new_stages"] = pipelines.stages_of(pipeline.id)
    if form == "lost":
        context["reasons"] = loss_reasons.list_reasons()
    if form == "activity":
        context |= activity_choices()
    return render_template(
        "crm/pages/chat_panel.html",
        conversation_id=conversation_id,
        found=found,
        form=form,
        now=utcnow(),
        reais=money.reais,
        number_of=numbers.formatted,
        type_title=type_title,
        **context,
    )


def activity_choices() -> dict[str, Any]:
    """What an activity's selects offer: (value, title)."""
    return {
        "types": [(type_, type_title(type_)) for type_ in ACTIVITY_TYPES],
        "members": [(member.id, member.name) for member in active_members()],
        "reminders": [("", _("Not at all")), *((minutes, reminder_title(minutes)) for minutes in reading.REMINDERS)],
    }


def _message_form(conversation_id: uuid.UUID, message_id: uuid.UUID, values: Any, errors: Mapping[str, Any]) -> str:
    return render_template(
        "crm/pages/chat_message_form.html",
        conversation_id=conversation_id,
        message_id=message_id,
        values=values,
        errors=errors,
        **activity_choices(),
    )


def _title_of(message_id: uuid.UUID) -> str:
    return " ".join((get_message(message_id)["body"] or "").split())[:160]


def _starting(found: Beside, form: str) -> dict[str, str]:
    """What is known already, to begin the form with."""
    if form == "activity":
        return activity_values()
    person = {"name": found.contact.name, "phone": found.contact.phone or "", "email": found.contact.email or ""}
    known = found.customers[0].name if found.customers else found.contact.name
    return {**person, "with_deal": "1", "deal.title": known} if form in ("customer", "qualify", "deal") else {}
