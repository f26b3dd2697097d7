"""Leads in a list, and the rules that make them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    active_members,
    contact_names,
    list_channels,
    require_permission,
)
from ramal.api import gettext as _
from ramal_crm.models.leads import LEAD_STATES
from ramal_crm.permissions import ADMINISTER, EDIT, VIEW
from ramal_crm.services import lead_rules, leads, pipelines
from ramal_crm.views.blueprint import pages
from ramal_crm.views.titles import lead_title


@pages.get("/leads")
@require_permission(VIEW)
def lead_list() -> str:
    """Leads, newest first, narrowed by the form above them; those that are open, unless it says otherwise."""
    given = {name: request.args.get(name, "").strip() for name in ("q", "source", "owner_id", "contact_id")}
    state = request.args.get("state", "open")
    search = leads.Search(
        state=state if state in LEAD_STATES else None,
        owner_id=request.args.get("owner_id", type=uuid.UUID),
        contact_id=request.args.get("contact_id", type=uuid.UUID),
        source=given["source"],
        text=given["q"],
    )
    page = leads.list_leads(search, cursor=request.args.get("cursor"))
    following: dict[str, Any] = {**{name: text for name, text in given.items() if text}, "state": state}
    return render_template(
        "crm/pages/leads.html",
        page=page,
        given={**given, "state": state},
        names=contact_names({lead.contact_id for lead in page.items}),
        members={member.id: member.name for member in active_members()},
        sources=leads.sources_in_use(),
        states=[(state, lead_title(state)) for state in LEAD_STATES],
        next_url=url_for(".lead_list", **following, cursor=page.next_cursor) if page.next_cursor else None,
    )


@pages.post("/leads/<uuid:lead_id>/discard")
@require_permission(EDIT)
def discard_lead(lead_id: uuid.UUID) -> Response:
    """Nothing will come of it."""
    reason = request.form.get("reason", "").strip()[:500]
    try:
        if not reason:
            raise InvalidPayload(_("Say why nothing will come of it."))
        leads.discard(lead_id, reason)
    except (Conflict, InvalidPayload) as error:
        flash(error.message, "danger")
    else:
        flash(_("The lead was discarded."), "success")
    return redirect(url_for(".lead_list"), 303)


@pages.get("/lead-rules")
@require_permission(ADMINISTER)
def lead_rule_list() -> str:
    """What each channel's first messages make."""
    rules = {rule.channel_id: rule for rule in lead_rules.list_rules()}
    everyone: list[tuple[Any, str]] = [(None, _("All other channels"))]
    return render_template(
        "crm/pages/lead_rules.html",
        channels=[*((channel.id, channel.name) for channel in list_channels()), *everyone],
        rules=rules,
        members=active_members(),
        pipelines=pipelines.list_pipelines(),
    )


@pages.post("/lead-rules")
@require_permission(ADMINISTER)
def save_lead_rule() -> Response:
    """Write the rule of a channel."""
    form = request.form
    values = {
        "active": form.get("active") == "1",
        "with_customers": form.get("with_customers") == "1",
        "source": form.get("source", "").strip()[:60],
        "owner_id": form.get("owner_id", type=uuid.UUID),
        "pipeline_id": form.get("pipeline_id", type=uuid.UUID),
    }
    try:
        lead_rules.save_rule(form.get("channel_id", type=uuid.UUID), values)
    except NotFound as error:
        flash(error.message, "danger")
    else:
        flash(_("The rule was saved."), "success")
    return redirect(url_for(".lead_rule_list"), 303)
