"""Wiring of the plugin: its manifest, and what it brings to the core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ramal.api import EventType, Manifest, MenuItem, Plugin, hookimpl
from ramal.api import lazy_gettext as _
from ramal_crm import views
from ramal_crm.api import BLUEPRINTS
from ramal_crm.events import EVENT_TYPES
from ramal_crm.permissions import PERMISSIONS, VIEW


class CrmPlugin(Plugin):
    """Customers, leads, deals and activities."""

    manifest = Manifest(
        name="crm",
        title=_("CRM"),
        summary=_("Customers, leads, deals and activities, beside the conversation."),
        category="crm",
        icon="address-book",
        hook_api=">=1,<2",
        permissions=PERMISSIONS,
    )

    @hookimpl
    def register_blueprints(self) -> Iterable[Any]:
        """The API and the pages."""
        return [*BLUEPRINTS, views.pages]

    @hookimpl
    def register_menu_items(self) -> Iterable[MenuItem]:
        """One entry in the main menu."""
        return [MenuItem(self.manifest.title, "/p/crm", icon="address-book", permission=VIEW)]

    @hookimpl
    def register_event_types(self) -> Iterable[EventType]:
        """Moves of deals, live on everybody's board."""
        return EVENT_TYPES
