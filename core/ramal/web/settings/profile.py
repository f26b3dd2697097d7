"""One's own name, language, theme and password."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.accounts import services
from ramal.accounts.schemas import THEMES, PasswordSchema, ProfileSchema
from ramal.errors import InvalidPayload
from ramal.http.limits import limit
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _
from ramal.web.forms import read_form, saved
from ramal.web.settings.blueprint import pages


@pages.get("/profile")
def profile() -> str:
    """Show the forms."""
    return _page()


@pages.post("/profile")
def change_profile() -> Response | tuple[str, int]:
    """Change name, language or theme."""
    principal = current_principal()

    def act() -> None:
        services.update_profile(_user_id(), read_form(ProfileSchema, empty_as_none=("locale",)))

    done = _("Your profile was saved.")
    return saved(
        act,
        done,
        url_for(".profile"),
        lambda errors: _page(errors=errors, name=request.form.get("name", principal.name)),
    )


@pages.post("/password")
@limit("10/minute")
def change_password() -> Response | tuple[str, int]:
    """Change the password; other sessions end."""

    def act() -> None:
        given = read_form(PasswordSchema)
        if given["new"] != request.form.get("repeated"):
            raise InvalidPayload("", {"repeated": [_("The two don't match.")]})
        services.change_password(_user_id(), given["current"], given["new"], keep=current_principal().session_id)

    done = _("Your password was changed, and your other sessions were ended.")
    return saved(act, done, url_for(".profile"), lambda errors: _page(password_errors=errors))


def _user_id() -> Any:
    return current_principal().user_id


def _page(**context: Any) -> str:
    principal = current_principal()
    return render_template(
        "settings/profile.html",
        **{"name": principal.name, "errors": {}, "password_errors": {}, "themes": THEMES, **context},
    )
