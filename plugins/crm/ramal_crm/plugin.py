"""Wiring of the plugin: its manifest, and what it brings to the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ramal.api import (
    ContactInfo,
    ConversationFilter,
    ConversationInfo,
    CustomerInfo,
    DemoContext,
    EventType,
    JobType,
    Manifest,
    MenuItem,
    MessageInfo,
    NotificationType,
    Plugin,
    SearchResult,
    SlotFragment,
    hookimpl,
)
from ramal.api import lazy_gettext as _
from ramal_crm import deal_demo, lead_demo, views
from ramal_crm import demo as demo_data
from ramal_crm.api import BLUEPRINTS
from ramal_crm.events import EVENT_TYPES
from ramal_crm.jobs import JOBS
from ramal_crm.notices import NOTICES
from ramal_crm.permissions import PERMISSIONS, VIEW
from ramal_crm.services import feeding, filtering, leads, people, searching
from ramal_crm.settings import CrmSettings


class CrmPlugin(Plugin):
    """Customers, leads, deals and activities."""

    manifest = Manifest(
        name="crm",
        title=_("CRM"),
        summary=_("Customers, leads, deals and activities, beside the conversation."),
        category="crm",
        icon="address-book",
        hook_api=">=1,<2",
        settings_schema=CrmSettings,
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
        """Moves of deals, live on everybody's board; changes beside a conversation."""
        return EVENT_TYPES

    @hookimpl
    def register_jobs(self) -> Iterable[JobType]:
        """What runs in the background."""
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
    def register_slots(self) -> Iterable[SlotFragment]:
        """The panel beside a conversation, activities from messages, filters of the inbox's list."""
        return (*views.chat.SLOTS, *views.filters.SLOTS)

    @hookimpl
    def filter_conversations(self, filters: Mapping[str, Sequence[str]]) -> Iterable[ConversationFilter]:
        """By a deal's stage, a customer's tag, an open lead."""
        return tuple(filtering.conversation_filters(filters))

    @hookimpl
    def search(self, query: str) -> Iterable[SearchResult]:
        """Customers by name, document, e-mail or phone."""
        return searching.results(query)

    @hookimpl
    def describe_customer(self, contact: ContactInfo) -> CustomerInfo | None:
        """The customer for whom a contact writes."""
        return people.describe(contact.id)

    @hookimpl
    def on_conversation_opened(self, conversation: ConversationInfo) -> None:
        """Into the timeline."""
        feeding.conversation_opened(conversation)

    @hookimpl
    def on_conversation_closed(self, conversation: ConversationInfo) -> None:
        """Into the timeline."""
        feeding.conversation_closed(conversation)

    @hookimpl
    def on_document_issued(self, document: Mapping[str, Any]) -> None:
        """Into the timeline."""
        feeding.document_issued(document)

    @hookimpl
    def on_payment_received(self, payment: Mapping[str, Any]) -> None:
        """Into the timeline."""
        feeding.payment_received(payment)

    @hookimpl
    def on_contact_merged(self, contact: ContactInfo, absorbed: ContactInfo) -> None:
        """What was the absorbed contact's is the other's now."""
        people.follow_merge(contact, absorbed)

    @hookimpl
    def export_personal_data(self, contact: ContactInfo) -> Mapping[str, Any]:
        """The contact's customers, leads, notes and timeline."""
        return people.export(contact.id)

    @hookimpl
    def erase_personal_data(self, contact: ContactInfo) -> Mapping[str, Any]:
        """Persons are anonymised; companies just lose the link."""
        return people.erase(contact)

    @hookimpl
    def seed_demo(self, demo: DemoContext) -> None:
        """Customers, products and deals on the first board, and what is to be done."""
        demo_data.seed()
        deal_demo.seed(demo.agents)
        lead_demo.seed(demo.agents)
