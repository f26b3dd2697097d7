"""Languages: which one a request speaks, where the catalogues are, and the browser's share of them.

Order: the user's choice, then the cookie ``ramal_locale``, then Accept-Language, then the
organization's, then the installation's (RAMAL_LOCALE, by default pt_BR). Work for an organization that
nobody waits for at a browser (:func:`speak_for`) is done in the organization's.
"""

from __future__ import annotations

import gettext as stdlib_gettext
import hashlib
import json
import logging
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask_babel
from flask import Blueprint, Flask, Response, abort, current_app, g, has_request_context, request

from ramal.config import current_settings
from ramal.http.principal import principal_or_none
from ramal.i18n import DEFAULT_LOCALE, LOCALES

log = logging.getLogger(__name__)

COOKIE = "ramal_locale"
#: An organization's id → its language and time zone; None where there is no such organization.
Lookup = Callable[[uuid.UUID], "tuple[str, str] | None"]
_HERE = Path(__file__).resolve().parent.parent / "translations"

catalogues = Blueprint("catalogues", __name__)


def init_app(app: Flask) -> None:
    """Set up Flask-Babel with the core's catalogue; plugins add theirs with :func:`add_translations`."""
    flask_babel.Babel().init_app(
        app,
        default_locale=app.extensions["ramal.settings"].locale,
        default_translation_directories=str(_HERE),
        default_timezone="America/Sao_Paulo",
        locale_selector=select_locale,
        timezone_selector=_select_timezone,
    )
    app.extensions["ramal.catalogues"] = {}
    app.jinja_env.globals["current_locale"] = current_locale
    app.register_blueprint(catalogues)


def add_translations(app: Flask, folder: Path) -> None:
    """Add a plugin's catalogues; the core's own words win. Before the first request."""
    directories: list[str] = flask_babel.get_babel(app).translation_directories
    if str(folder) not in directories and folder.is_dir():
        directories.insert(0, str(folder))
    app.extensions["ramal.catalogues"].clear()


def look_up_languages(app: Flask, lookup: Lookup) -> None:
    """Say how an organization's language is found."""
    app.extensions["ramal.languages"] = lookup


def speak_for(organization_id: uuid.UUID) -> None:
    """Use this organization's language and time zone in this application context.

    They are looked up when the first word or date is wanted: most work wants none.
    """
    g.speaks_for = organization_id
    g.pop("organization_locale", None)
    g.pop("organization_timezone", None)
    flask_babel.refresh()


def current_locale() -> str:
    """The language in use: ``pt_BR`` or ``en``."""
    return str(flask_babel.get_locale() or DEFAULT_LOCALE)


def current_timezone() -> ZoneInfo:
    """The time zone in which days begin and times are shown: the organization's."""
    return ZoneInfo(str(flask_babel.get_timezone()))


def select_locale() -> str:
    """The language of the current request or piece of work."""
    if "speaks_for" in g:
        _learn_language(g.speaks_for)
        return _known(g.organization_locale)
    principal = principal_or_none()
    if principal is not None and principal.locale in LOCALES:
        return str(principal.locale)
    if has_request_context():
        for asked in (request.cookies.get(COOKIE), _accepted()):
            if asked in LOCALES:
                return str(asked)
    return _known(g.get("organization_locale"))


def _known(locale: str | None) -> str:
    return locale if locale in LOCALES else current_settings().locale


def _learn_language(organization_id: uuid.UUID) -> None:
    if "organization_locale" in g:
        return
    lookup: Lookup | None = current_app.extensions.get("ramal.languages")
    try:
        found = lookup(organization_id) if lookup else None
    except Exception:  # a word in another language is better than none
        log.warning("the language of %s could not be looked up", organization_id, exc_info=True)
        found = None
    g.organization_locale, g.organization_timezone = found or (None, None)


def _accepted() -> str | None:
    offered = {"pt-BR": "pt_BR", "pt": "pt_BR", "en": "en", "en-US": "en"}
    return offered.get(request.accept_languages.best_match(list(offered)) or "")


def _select_timezone() -> str | None:
    if "speaks_for" in g:
        _learn_language(g.speaks_for)
    timezone: str | None = g.get("organization_timezone")
    return timezone


# --- the browser's catalogue ----------------------------------------------------------------------


def catalogue_url(locale: str | None = None) -> str:
    """The address of a language's catalogue for the browser; it changes with the content."""
    locale = locale or current_locale()
    digest, _body = _catalogue(locale)
    return f"/i18n/{locale}.{digest}.json"


@catalogues.get("/i18n/<locale>.<digest>.json")
def catalogue(locale: str, digest: str) -> Response:
    """The words of a language as ``{"messages": {"English": "other" | ["one", "many"]}}``."""
    if locale not in LOCALES:
        abort(404)
    current, body = _catalogue(locale)
    response = Response(body, mimetype="application/json")
    # An address from before an upgrade still answers, with today's words, and is not kept.
    fresh = digest == current
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-store"
    return response


def _catalogue(locale: str) -> tuple[str, bytes]:
    made: dict[str, tuple[str, bytes]] = current_app.extensions["ramal.catalogues"]
    if locale not in made:
        body = json.dumps({"locale": locale, "messages": _messages(locale)}, ensure_ascii=False, sort_keys=True)
        made[locale] = (hashlib.sha256(body.encode()).hexdigest()[:12], body.encode())
    return made[locale]


def _messages(locale: str) -> dict[str, Any]:
    """All words of all catalogues; a plural's forms in their order."""
    messages: dict[str, Any] = {}
    for folder in flask_babel.get_babel().translation_directories:
        file = stdlib_gettext.find("messages", folder, [locale])
        if file is None:
            continue
        with Path(file).open("rb") as opened:
            found: dict[Any, str] = stdlib_gettext.GNUTranslations(opened)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
        for key, text in sorted(found.items(), key=str):
            if isinstance(key, tuple):
                messages.setdefault(key[0], []).append(text)
            elif key:
                messages[key] = text
    return messages
