"""Wiring of the plugin: its manifest, and what it brings to the core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ramal.api import (
    ContactInfo,
    ConversationInfo,
    JobType,
    Manifest,
    MenuItem,
    MessageInfo,
    NotificationType,
    Plugin,
    hookimpl,
)
from ramal.api import lazy_gettext as _
from ramal_crm import views
from ramal_crm.api import BLUEPRINTS
from ramal_crm.jobs import JOBS
from ramal_crm.notices import NOTICES
from ramal_crm.permissions import PERMISSIONS, VIEW
from ramal_crm.services import lead_people, leads


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
    def register_jobs(self) -> Iterable[JobType]:
        """Reminders of activities."""
        return JOBS

    @hookimpl
    def register_notifications(self) -> Iterable[NotificationType]:
        """New leads, activities that are due, deals that others moved."""
        return NOTICES

    @hookimpl
    def on_inbound_message(self, message: MessageInfo, conversation: ConversationInfo) -> None:
        """Whoever writes for the first time is a lead."""
        leads.open_from_message(message, conversation)

    @hookimpl
    def on_conversation_reopened(self, conversation: ConversationInfo) -> None:
        """Whoever comes back may be a lead again."""
        leads.note_reopened(conversation.id)

    @hookimpl
    def on_contact_merged(self, contact: ContactInfo, absorbed: ContactInfo) -> None:
        """What the plugin keeps follows its contact."""
        lead_people.follow_merge(contact.id, absorbed.id)
