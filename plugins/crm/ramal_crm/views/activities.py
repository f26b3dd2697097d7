"""Activities in a list: what is overdue, what today and this week bring, what is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    active_members,
    contact_names,
    current_user,
    require_permission,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm.permissions import EDIT, VIEW
from ramal_crm.services import activities, customers
from ramal_crm.views import chat, reading
from ramal_crm.views.blueprint import pages
from ramal_crm.views.titles import type_title


@pages.get("/activities")
@require_permission(VIEW)
def activity_list() -> str:
    """One's own, or everybody's with ``?whose=all``; ``?when=`` says which of them, ``?customer=`` with whom."""
    return _page({}, {})


@pages.post("/activities")
@require_permission(EDIT)
def new_activity() -> Response | tuple[str, int]:
    """Something to do that no conversation is about."""
    try:
        activities.create_activity({**reading.activity(), "customer_id": _customer_id()})
    except (InvalidPayload, NotFound) as error:
        return _page(request.form, reading.sentences(error)), 422
    flash(_("It is scheduled."), "success")
    return _back()


@pages.post("/activities/<uuid:activity_id>/<step>")
@require_permission(EDIT)
def activity_step(activity_id: uuid.UUID, step: str) -> Response:
    """It is done, or not after all, or was never to be."""
    acts: Mapping[str, Callable[[uuid.UUID], Any]] = {
        "done": activities.finish,
        "undo": activities.undo,
        "delete": activities.delete_activity,
    }
    if step not in acts:
        raise NotFound(_("There is nothing here."))
    try:
        acts[step](activity_id)
    except Conflict as error:
        flash(error.message, "danger")
    else:
        flash(
            {"done": _("Done."), "undo": _("It is to be done again."), "delete": _("It was deleted.")}[step], "success"
        )
    return _back()


def _back() -> Response:
    """To where the button was: the list, or a customer's page."""
    customer_id = _customer_id()
    if customer_id and request.args.get("from") == "customer":
        return redirect(url_for(".customer", customer_id=customer_id), 303)
    return redirect(url_for(".activity_list", **_given()), 303)


def _given() -> dict[str, Any]:
    return {name: request.args[name] for name in ("when", "whose", "customer") if request.args.get(name)}


def _customer_id() -> uuid.UUID | None:
    return request.args.get("customer", type=uuid.UUID)


def _page(values: Any, errors: Any) -> str:
    when = request.args.get("when", "open")
    when = when if when in activities.WHEN else "open"
    customer_id = _customer_id()
    customer = customers.get_customer(customer_id) if customer_id else None
    assignee_id = None if request.args.get("whose") == "all" else current_user().user_id
    search = activities.Search(when=when, assignee_id=assignee_id, customer_id=customer_id)
    page = activities.list_activities(search, cursor=request.args.get("cursor"))
    overdue = activities.count_activities(replace(search, when="overdue"))
    return render_template(
        "crm/pages/activities.html",
        page=page,
        customer=customer,
        when=when,
        given=_given(),
        tabs=_tabs(overdue),
        names=contact_names({each.contact_id for each in page.items if each.contact_id}),
        people={member.id: member.name for member in active_members()},
        now=utcnow(),
        values=values or chat.activity_values(),
        errors=errors,
        type_title=type_title,
        next_url=url_for(".activity_list", **_given(), cursor=page.next_cursor) if page.next_cursor else None,
        **chat.activity_choices(),
    )


def _tabs(overdue: int) -> list[tuple[str, str]]:
    late = _("Overdue (%(count)s)", count=overdue) if overdue else _("Late")
    return [
        ("open", _("To do")),
        ("overdue", late),
        ("today", _("Today")),
        ("week", _("This week")),
        ("done", _("Finished")),
    ]
