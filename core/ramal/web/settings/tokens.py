"""One's own tokens for programs."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.accounts import services
from ramal.accounts.permissions import permission_registry
from ramal.accounts.schemas import NewApiTokenSchema
from ramal.errors import InvalidPayload
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _
from ramal.web.forms import read_form
from ramal.web.settings.blueprint import pages


@pages.get("/tokens")
def tokens() -> str:
    """The tokens that count, and the form for one more."""
    return _page()


@pages.post("/tokens")
def make_token() -> str | tuple[str, int]:
    """Make a token and show it, this once."""
    try:
        given = read_form(NewApiTokenSchema, scopes=request.form.getlist("scopes"), expires_at=None)
        row, token = services.create_api_token(given["name"], given["scopes"])
    except InvalidPayload as error:
        return _page(errors=error.details), 422
    return _page(made=row, token=token)


@pages.post("/tokens/<uuid:token_id>/revoke")
def revoke_token(token_id: uuid.UUID) -> Response:
    """End a token."""
    services.revoke_api_token(token_id)
    flash(_("The token no longer works."), "success")
    return redirect(url_for(".tokens"), 303)


def _page(**context: Any) -> str:
    principal = current_principal()
    known = permission_registry().permissions.values()
    scopes = [permission for permission in known if principal.can(permission.name)]
    return render_template(
        "settings/tokens.html",
        **{"tokens": services.list_api_tokens(), "scopes": scopes, "errors": {}, "given": request.form, **context},
    )
