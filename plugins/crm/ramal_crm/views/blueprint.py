"""The one blueprint of all pages, and what every template of them may use."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from ramal.api import PageBlueprint, current_user, require_permission
from ramal.api import gettext as _
from ramal_crm import money, numbers
from ramal_crm.models import CustomField
from ramal_crm.permissions import ADMINISTER, IMPORT, VIEW
from ramal_crm.services.cep import formatted_cep

pages = PageBlueprint("crm", __name__, plugin="crm")


@pages.get("/")
@require_permission(VIEW)
def home() -> Response:
    """The first of the plugin's pages."""
    return redirect(next(_tabs())[0])


@pages.context_processor
def _context() -> dict[str, Any]:
    return {
        "crm_tabs": _tabs,
        "reais": money.reais,
        "tint_of": _tint,
        "own_choices": _own_choices,
        "document_of": numbers.formatted,
        "cep_of": formatted_cep,
    }


def _tint(id_: uuid.UUID | None) -> int:
    """A colour for somebody's initials, always the same one."""
    return id_.int % 8 if id_ else 0


def _own_choices(field: CustomField) -> list[tuple[str, str]]:
    """What a field of one's own offers."""
    return [(option, option) for option in field.options]


def _tabs() -> Iterator[tuple[str, str]]:
    """(url, title) of the plugin's own pages that the reader may open."""
    may = current_user().can
    if may(VIEW):
        yield url_for("crm.customers"), _("Customers")
        yield url_for("crm.board"), _("Board")
        yield url_for("crm.deal_list"), _("Deals")
        yield url_for("crm.lead_list"), _("Leads")
        yield url_for("crm.activity_list"), _("Activities")
        yield url_for("crm.groups"), _("Groups")
    if may(IMPORT):
        yield url_for("crm.imports"), _("Import and export")
    if may(ADMINISTER):
        yield url_for("crm.pipeline_list"), _("Pipelines")
        yield url_for("crm.product_list"), _("Products")
        yield url_for("crm.fields"), _("Own fields")
        yield url_for("crm.lead_rule_list"), _("Rules for leads")
