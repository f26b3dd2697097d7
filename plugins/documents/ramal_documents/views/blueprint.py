"""The one blueprint of all pages, and what every template of them may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from ramal.api import PageBlueprint, current_user
from ramal.api import gettext as _
from ramal_documents import dates, ids, money
from ramal_documents.boleto.code import formatted_line
from ramal_documents.permissions import ADMINISTER, VIEW
from ramal_documents.services import charges, contracts, copies, pictures, states

pages = PageBlueprint("documents", __name__, plugin="documents")


def words() -> dict[str, Any]:
    """How the plugin's templates write money, days, numbers and states."""
    return {
        "reais": money.with_symbol,
        "day": dates.short,
        "number_of": ids.formatted,
        "line_of": formatted_line,
        "state_title": states.state_title,
        "needs_reason": states.needs_reason,
        "is_overdue": charges.is_overdue,
        "owed_now": copies.owed,
        "contract_number": contracts.number_of,
        "contract_state": contracts.state_title,
        "with_pictures": pictures.on_screen,
    }


@pages.context_processor
def _context() -> dict[str, Any]:
    return {"document_tabs": _tabs, **words()}


def _tabs() -> Iterator[tuple[str, str]]:
    """The plugin's own pages; `ui` of the shell draws its menu."""
    may = current_user().can
    if may(VIEW):
        yield url_for("documents.boletos"), _("Boletos")
        yield url_for("documents.contract_list"), _("Contracts")
        yield url_for("documents.batches"), _("Batches")
        yield url_for("documents.repository"), _("Repository")
        yield url_for("documents.pix"), "PIX"
        yield url_for("documents.check_code"), _("Check a boleto")
        yield url_for("documents.template_list"), _("Templates")
    if may(ADMINISTER):
        yield url_for("documents.accounts"), _("Accounts")
