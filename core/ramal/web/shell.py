"""What every page's template needs: the caller, the menu, language, theme, CSRF value."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from werkzeug.local import LocalProxy

from ramal.accounts.authentication import active_organization
from ramal.accounts.services import organizations_of
from ramal.contacts.identity import format_phone
from ramal.http import csrf
from ramal.http.locale import catalogue_url, current_locale
from ramal.http.principal import principal_or_none
from ramal.notifications.services import count_unread
from ramal.web.menu import main_menu, settings_menu


def init_app(app: Flask) -> None:
    """Add the shell's context, and the filter ``phone``, to every template of this application."""
    app.add_template_filter(format_phone, "phone")
    app.context_processor(shell_context)


def shell_context() -> dict[str, Any]:
    """Cheap for fragments: what costs a query is fetched when a template looks at it."""
    principal = principal_or_none()
    return {
        "principal": principal,
        "organization": active_organization(),
        "organizations": LocalProxy(_organizations),
        "locale": LocalProxy(current_locale),
        "theme": principal.theme if principal else "system",
        "catalogue_url": LocalProxy(catalogue_url),
        "nav_items": LocalProxy(_once("nav_items", main_menu)),
        "settings_items": LocalProxy(_once("settings_items", settings_menu)),
        "unread_notifications": LocalProxy(_once("unread_notifications", count_unread)),
        "csrf_token": csrf_token,
    }


def csrf_token() -> str:
    """The value that a form must send back in its field ``csrf_token``."""
    principal = principal_or_none()
    if principal is not None and principal.session_id is not None:
        return csrf.token_for(str(principal.session_id))
    return csrf.visitor_token()


def _organizations() -> list[Any]:
    def look() -> list[Any]:
        principal = principal_or_none()
        return organizations_of(principal.user_id) if principal and principal.user_id else []

    found: list[Any] = _once("organizations", look)()
    return found


def _once(name: str, make: Any) -> Any:
    """``make``, called at most once a request."""

    def get() -> Any:
        kept = g.setdefault("shell", {})
        if name not in kept:
            kept[name] = make()
        return kept[name]

    return get
