"""The page of dead letters in the settings."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.http.blueprint import PageBlueprint, require_permission
from ramal.i18n import gettext as _
from ramal.i18n import ngettext
from ramal.web.dead_letters import services

PAGE_SIZE = 25

pages = PageBlueprint("dead_letters", __name__, url_prefix="/settings/dead-letters")


@pages.get("")
@require_permission("operations.manage")
def index() -> str:
    """What failed, the latest first."""
    number = max(1, request.args.get("page", 1, int))
    state = request.args.get("state", "dead")
    state = state if state in services.STATES else "dead"
    page = services.list_dead_letters(state=state, page=number, page_size=PAGE_SIZE)
    more = number * PAGE_SIZE < (page.total or 0)
    return render_template("dead_letters/index.html", page=page, state=state, number=number, more=more)


@pages.post("/retry")
@require_permission("operations.manage")
def retry_all() -> Response:
    """Try all of them again."""
    count = services.retry_all()
    flash(ngettext("One is tried again.", "%(num)s are tried again.", count), "success")
    return redirect(url_for(".index"), 303)


@pages.post("/<uuid:letter_id>/retry")
@require_permission("operations.manage")
def retry(letter_id: uuid.UUID) -> Response:
    """Try one again."""
    services.retry_dead_letter(letter_id)
    flash(_("It is tried again now."), "success")
    return redirect(url_for(".index"), 303)


@pages.post("/<uuid:letter_id>/discard")
@require_permission("operations.manage")
def discard(letter_id: uuid.UUID) -> Response:
    """Give one up."""
    services.discard_dead_letter(letter_id)
    flash(_("It was discarded."), "success")
    return redirect(url_for(".index"), 303)
