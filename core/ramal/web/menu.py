"""The main menu and the settings' sections: the core's entries, then those of active plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from ramal.http.principal import principal_or_none
from ramal.i18n import lazy_gettext as _l
from ramal.plugins.menu import menu_items


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the core: shown to those who hold ``permission``, where its page exists."""

    id: str
    title: Any
    url: str
    icon: str
    permission: str | None = None


MAIN = (
    Entry("inbox", _l("Inbox"), "/inbox", "inbox", "conversation.read"),
    Entry("contacts", _l("Contacts"), "/contacts", "address-book", "contact.read"),
)
SETTINGS_ENTRY = Entry("settings", _l("Settings"), "/settings", "settings")
SETTINGS = (
    Entry("profile", _l("Your profile"), "/settings/profile", "user-circle"),
    Entry("notifications", _l("Notifications"), "/settings/notifications", "bell", "notification.read"),
    Entry("tokens", _l("API tokens"), "/settings/tokens", "key"),
    Entry("organization", _l("Organization"), "/settings/organization", "building", "organization.manage"),
    Entry("team", _l("Team"), "/settings/team", "users", "team.read"),
    Entry("labels", _l("Labels"), "/settings/labels", "tag", "conversation.manage"),
    Entry("channels", _l("Channels"), "/settings/channels", "broadcast", "channel.manage"),
    Entry("apps", _l("Apps"), "/settings/apps", "apps", "plugin.manage"),
    Entry("unprocessed", _l("Unprocessed"), "/settings/unprocessed", "mailbox", "operations.manage"),
    Entry("dead-letters", _l("Dead letters"), "/settings/dead-letters", "mailbox", "operations.manage"),
    Entry("audit", _l("Audit trail"), "/settings/audit", "history", "audit.read"),
)


def main_menu() -> list[dict[str, Any]]:
    """What the rail shows: ``{id, title, url, icon, active}``."""
    plugins = [_of_plugin(item) for item in menu_items("main")]
    return [*_shown(MAIN), *plugins, *_shown((SETTINGS_ENTRY,))]


def settings_menu() -> list[dict[str, Any]]:
    """The sections beside every settings page."""
    return [*_shown(SETTINGS), *(_of_plugin(item) for item in menu_items("settings"))]


def page_exists(app: Flask, url: str) -> bool:
    """Whether some route serves GET ``url``."""
    pages: dict[str, bool] = app.extensions.setdefault("ramal.pages", {})
    if url not in pages:
        try:
            pages[url] = bool(app.url_map.bind("localhost").match(url, "GET"))
        except RequestRedirect:
            pages[url] = True
        except HTTPException:
            pages[url] = False
    return pages[url]


def _shown(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    principal = principal_or_none()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (Flask's documented way)
    return [
        {"id": entry.id, "title": entry.title, "url": entry.url, "icon": entry.icon, "active": _is_here(entry.url)}
        for entry in entries
        if (entry.permission is None or (principal is not None and principal.can(entry.permission)))
        and page_exists(app, entry.url)
    ]


def _of_plugin(item: Any) -> dict[str, Any]:
    name = item.url.strip("/").replace("/", "-") or "plugin"
    return {"id": name, "title": item.title, "url": item.url, "icon": item.icon, "active": _is_here(item.url)}


def _is_here(url: str) -> bool:
    return request.path == url or request.path.startswith(url.rstrip("/") + "/")
