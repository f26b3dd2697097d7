"""The page of what came in and could not be processed, in the settings."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.http.blueprint import PageBlueprint, require_permission
from ramal.i18n import gettext as _
from ramal.pipeline.unprocessed import services

PAGE_SIZE = 25

pages = PageBlueprint("unprocessed", __name__, url_prefix="/settings/unprocessed")


@pages.get("")
@require_permission("operations.manage")
def index() -> str:
    """What waits for a person, the latest first."""
    page = services.list_unprocessed(cursor=request.args.get("cursor"), page_size=PAGE_SIZE)
    return render_template("unprocessed/index.html", page=page)


@pages.get("/deliveries/<uuid:delivery_id>")
@require_permission("operations.manage")
def delivery(delivery_id: uuid.UUID) -> str:
    """What the provider sent, as text."""
    return render_template("unprocessed/delivery.html", raw=services.raw_delivery(delivery_id))


@pages.post("/<any(delivery, item):kind>/<uuid:unprocessed_id>/retry")
@require_permission("operations.manage")
def retry(kind: services.Kind, unprocessed_id: uuid.UUID) -> Response:
    """Try one again."""
    services.retry(kind, unprocessed_id)
    flash(_("It is tried again now."), "success")
    return redirect(url_for(".index"), 303)


@pages.post("/<any(delivery, item):kind>/<uuid:unprocessed_id>/discard")
@require_permission("operations.manage")
def discard(kind: services.Kind, unprocessed_id: uuid.UUID) -> Response:
    """Take one off the list."""
    services.discard(kind, unprocessed_id)
    flash(_("It was discarded."), "success")
    return redirect(url_for(".index"), 303)
