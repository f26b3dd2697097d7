"""The Apps page: cards with a switch each, and each plugin's settings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.errors import InvalidPayload, RamalError
from ramal.http.blueprint import PageBlueprint, require_permission
from ramal.i18n import gettext as _
from ramal.plugins.settings import schema_of
from ramal.plugins.settings_form import read_form
from ramal.web.apps import services

pages = PageBlueprint("apps", __name__, url_prefix="/settings/apps")

_ACTIONS: dict[str, Callable[[str], services.App]] = {
    "enable": services.enable,
    "disable": services.disable,
    "resume": services.resume,
}


@pages.get("")
@require_permission("plugin.manage")
def index() -> str:
    """All apps."""
    return _list("apps/index.html")


@pages.post("/<name>/<any(enable, disable, resume):action>")
@require_permission("plugin.manage")
def switch(name: str, action: str) -> Any:
    """Switch one, and draw the list again: others may have been switched with it."""
    problem = None
    try:
        _ACTIONS[action](name)
    except RamalError as error:
        problem = error.message
    if request.headers.get("HX-Request") != "true":
        return redirect(url_for("apps.index"), 303) if problem is None else (_list("apps/index.html", problem), 409)
    return _list("apps/list.html", problem), 200 if problem is None else 422


@pages.get("/<name>")
@require_permission("plugin.manage")
def settings(name: str) -> str:
    """The settings form."""
    return _form(name, services.app_settings(name))


@pages.post("/<name>")
@require_permission("plugin.manage")
def save(name: str) -> str | tuple[str, int] | Response:
    """Keep the settings, or show the form again with what is wrong."""
    services.get_app(name)
    given = read_form(schema_of(name), request.form)
    try:
        services.save_settings(name, given)
    except InvalidPayload as error:
        return _form(name, services.app_settings(name, given, error.details), problem=error.message), 422
    flash(_("Saved."), "success")
    return redirect(url_for("apps.settings", name=name), 303)


def _list(template: str, problem: str | None = None) -> str:
    groups = [
        (category_title(category), list(apps))
        for category, apps in groupby(services.list_apps(), lambda app: app.category)
    ]
    return render_template(template, groups=groups, problem=problem, states=state_titles())


def _form(name: str, found: services.AppSettings, **context: Any) -> str:
    return render_template("apps/settings.html", app=services.get_app(name), fields=found.fields, **context)


def category_title(category: str) -> str:
    """A category in the reader's language."""
    titles = {
        "channel": _("Channels"),
        "crm": _("Customers and sales"),
        "documents": _("Documents"),
        "automation": _("Automation"),
    }
    return titles.get(category, _("More"))


def state_titles() -> dict[str, tuple[str, str]]:
    """State → (word, kind of badge)."""
    return {
        "installed": (_("Installed"), "success"),
        "available": (_("Not installed"), "neutral"),
        "pending_upgrade": (_("Waits for an upgrade"), "warning"),
        "blocked": (_("Blocked"), "warning"),
        "incompatible": (_("Incompatible"), "danger"),
        "broken": (_("Broken"), "danger"),
        "missing": (_("Missing"), "danger"),
    }
