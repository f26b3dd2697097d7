"""Who works here, and as what."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.accounts import services
from ramal.accounts.permissions import ROLE_TITLES
from ramal.accounts.schemas import MemberChangeSchema, NewMemberSchema
from ramal.http.blueprint import require_permission
from ramal.i18n import gettext as _
from ramal.web.forms import read_form, saved
from ramal.web.settings.blueprint import pages


@pages.get("/team")
@require_permission("team.read")
def team() -> str:
    """The members."""
    return render_template("settings/team.html", members=services.list_members(), roles=ROLE_TITLES)


@pages.get("/team/new")
@require_permission("team.manage")
def new_member() -> str:
    """The form for one more."""
    return _form()


@pages.post("/team/new")
@require_permission("team.manage")
def add_member() -> Response | tuple[str, int]:
    """Add a member."""

    def act() -> None:
        given = read_form(NewMemberSchema)
        services.create_user(given["name"], given["email"], given["role"], given.get("password"))

    done = _("%(name)s was added.", name=request.form.get("name", ""))
    return saved(act, done, url_for(".team"), lambda errors: _form(errors=errors))


@pages.post("/team/<uuid:user_id>")
@require_permission("team.manage")
def change_member(user_id: uuid.UUID) -> Response | tuple[str, int]:
    """Change the role, or switch on or off."""

    def act() -> None:
        services.update_member(user_id, **read_form(MemberChangeSchema))

    def again(_errors: Any) -> str:
        return team()

    name = services.member_name(user_id)
    return saved(act, _("%(name)s was changed.", name=name), url_for(".team"), again)


def _form(errors: Any = None) -> str:
    return render_template(
        "settings/new_member.html", errors=errors or {}, given=request.form, roles=list(ROLE_TITLES.items())
    )
