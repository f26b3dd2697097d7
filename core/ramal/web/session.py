"""Pages around the login: log in, log out, switch organization, the start page."""

from __future__ import annotations

import uuid
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.accounts import cookies, services, sessions
from ramal.accounts.schemas import CredentialsSchema
from ramal.errors import Forbidden, InvalidPayload, RateLimited, Unauthorized
from ramal.http import csrf, locale
from ramal.http.blueprint import PageBlueprint, public
from ramal.http.principal import current_principal, principal_or_none
from ramal.i18n import LOCALES
from ramal.i18n import gettext as _
from ramal.web.forms import read_form
from ramal.web.menu import main_menu

pages = PageBlueprint("session", __name__)


@pages.get("/")
def home() -> Response:
    """The first page the caller may see."""
    return redirect(main_menu()[0]["url"])


@pages.get("/login")
@public
def login() -> Response | str:
    """Show the form; ``?lang=`` chooses a language and remembers it."""
    asked = request.args.get("lang")
    if asked in LOCALES:
        return _remember_language(asked)
    if principal_or_none() is not None:
        return redirect(safe_next(request.args.get("next")))
    return _form()


@pages.post("/login")
@public
def log_in() -> Response | tuple[str, int]:
    """Check e-mail and password; the browser gets its cookies."""
    try:
        csrf.check_visitor()
        given = read_form(CredentialsSchema)
        pair = services.authenticate(given["email"], given["password"])
    except InvalidPayload:
        return _form(error=_("Fill in e-mail and password.")), 422
    except (Unauthorized, RateLimited, Forbidden) as error:
        return _form(error=error.message), error.status
    cookies.give(pair)
    return redirect(safe_next(request.form.get("next")), 303)


@pages.post("/logout")
@public
def logout() -> Response:
    """End the session, and forget it in the browser too."""
    principal = principal_or_none()
    if principal is not None and principal.session_id is not None:
        sessions.end_session(principal.session_id)
        cookies.forget()
    return redirect(url_for(".login"), 303)


@pages.post("/switch")
def switch() -> Response:
    """Act for another organization."""
    principal = current_principal()
    if principal.session_id is None or principal.user_id is None:
        raise Forbidden(_("An API token belongs to one organization."))
    try:
        organization_id = uuid.UUID(request.form.get("organization_id", ""))
    except ValueError:
        raise InvalidPayload(_("There is no such organization.")) from None
    access = sessions.switch_session(principal.session_id, principal.user_id, organization_id)
    cookies.give_access(access)
    return redirect(url_for(".home"), 303)


def safe_next(target: str | None) -> str:
    """A path of this site, or the start page: ``next`` must not lead anywhere else."""
    # Browsers take "\" for "/", and skip control characters.
    plain = target is not None and target.startswith("/") and target.isprintable()
    if target is None or not plain or target.startswith("//") or "\\" in target:
        return url_for("session.home")
    return target


def _form(**context: Any) -> str:
    given = request.form if request.method == "POST" else request.args
    return render_template("login.html", email=request.form.get("email", ""), next=given.get("next"), **context)


def _remember_language(language: str) -> Response:
    response = make_response(redirect(url_for(".login", next=request.args.get("next"))))
    secure = request.is_secure
    response.set_cookie(locale.COOKIE, language, max_age=31536000, samesite="Lax", secure=secure, httponly=True)
    return response
