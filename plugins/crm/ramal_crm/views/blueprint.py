"""The one blueprint of all pages, and what every template of them may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from ramal.api import PageBlueprint, current_user, require_permission
from ramal_crm.permissions import VIEW

pages = PageBlueprint("crm", __name__, plugin="crm")


@pages.get("/")
@require_permission(VIEW)
def home() -> Response:
    """The first of the plugin's pages."""
    return redirect(next(_tabs())[0])


@pages.context_processor
def _context() -> dict[str, Any]:
    return {"crm_tabs": _tabs}


def _tabs() -> Iterator[tuple[str, str]]:
    """(url, title) of the plugin's own pages that the reader may open."""
    if current_user().can(VIEW):
        yield url_for("crm.home"), "CRM"
