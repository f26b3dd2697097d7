"""The organization's name, colour, time zone and language."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.accounts import services
from ramal.accounts.schemas import OrganizationChangeSchema
from ramal.accounts.services.organizations import own_organization
from ramal.http.blueprint import require_permission
from ramal.i18n import gettext as _
from ramal.web.forms import read_form, saved
from ramal.web.settings.blueprint import pages

_CONTINENTS = ("America/", "Atlantic/", "Europe/", "Africa/", "Asia/", "Australia/", "Pacific/", "Indian/")


@pages.get("/organization")
@require_permission("organization.manage")
def organization() -> str:
    """Show the form."""
    return _page()


@pages.post("/organization")
@require_permission("organization.manage")
def change_organization() -> Response | tuple[str, int]:
    """Change it."""

    def act() -> None:
        services.update_organization(read_form(OrganizationChangeSchema, empty_as_none=("color",)))

    return saved(act, _("The organization was saved."), url_for(".organization"), lambda errors: _page(errors=errors))


def _page(errors: Any = None) -> str:
    row = own_organization()
    given = {name: request.form.get(name, getattr(row, name)) for name in ("name", "color", "timezone", "locale")}
    zones = [(name, name.replace("_", " ")) for continent in _CONTINENTS for name in _zones(continent)]
    return render_template("settings/organization.html", given=given, errors=errors or {}, timezones=zones)


def _zones(continent: str) -> list[str]:
    return sorted(name for name in available_timezones() if name.startswith(continent))
