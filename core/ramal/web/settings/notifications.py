"""What one wants to be told, and how."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.http.blueprint import require_permission
from ramal.i18n import gettext as _
from ramal.notifications import services
from ramal.notifications.types import MEDIUM_TITLES, PERMISSION
from ramal.web.settings.blueprint import pages


@pages.get("/notifications")
@require_permission(PERMISSION)
def notifications() -> str:
    """A switch for each event and medium."""
    choices = services.list_choices()
    media = [(medium, MEDIUM_TITLES[medium]) for medium in choices[0].media] if choices else []
    return render_template("settings/notifications.html", choices=choices, media=media)


@pages.post("/notifications")
@require_permission(PERMISSION)
def choose_notifications() -> Response:
    """Keep the switches of this form; kinds that came to be since it was shown stay as they are."""
    shown = set(request.form.getlist("shown"))
    wanted = {
        one.code: {medium.value: f"{one.code}:{medium}" in request.form for medium in one.media}
        for one in services.list_choices()
        if one.code in shown
    }
    services.save_choices(wanted)
    flash(_("Your choices were saved."), "success")
    return redirect(url_for(".notifications"), 303)
