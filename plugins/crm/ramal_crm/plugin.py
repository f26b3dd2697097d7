"""Wiring of the plugin: its manifest, and what it brings to the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ramal.api import (
    ContactInfo,
    ConversationInfo,
    CustomerInfo,
    DemoContext,
    EventType,
    JobType,
    Manifest,
    MenuItem,
    Plugin,
    SearchResult,
    hookimpl,
)
from ramal.api import lazy_gettext as _
from ramal_crm import deal_demo, views
from ramal_crm import demo as demo_data
from ramal_crm.api import BLUEPRINTS
from ramal_crm.events import EVENT_TYPES
from ramal_crm.jobs import JOBS
from ramal_crm.permissions import PERMISSIONS, VIEW
from ramal_crm.services import feeding, people, searching
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
        """Moves of deals, live on everybody's board."""
        return EVENT_TYPES

    @hookimpl
    def register_jobs(self) -> Iterable[JobType]:
        """What runs in the background."""
        return JOBS

    @hookimpl
    def seed_demo(self, demo: DemoContext) -> None:
        """Customers to look at; products and deals on the first board."""
        demo_data.seed()
        deal_demo.seed(demo.agents)

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
        return people.erase(contact.id)
