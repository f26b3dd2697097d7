"""Wiring of the plugin: its manifest, and what it brings to the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ramal.api import ContactInfo, DemoContext, JobType, Manifest, MenuItem, Plugin, SlotFragment, gettext, hookimpl
from ramal.api import lazy_gettext as _
from ramal_documents import audit_words, views, words
from ramal_documents import demo as demo_data
from ramal_documents.api import BLUEPRINTS
from ramal_documents.jobs import JOBS
from ramal_documents.permissions import PERMISSIONS, VIEW
from ramal_documents.services import people, printing

# The library's sentences come in the reader's language from here on.
words.speak_with(gettext)


class DocumentsPlugin(Plugin):
    """Boletos, carnês and PIX codes: issued, printed, sent in the chat."""

    manifest = Manifest(
        name="documents",
        title=_("Documents"),
        summary=_("Issues boletos, carnês and PIX codes, prints them and sends them in the chat."),
        category="documents",
        icon="file-invoice",
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
        return [MenuItem(self.manifest.title, "/p/documents", icon="file-invoice", permission=VIEW)]

    @hookimpl
    def register_slots(self) -> Iterable[SlotFragment]:
        """Sending from the composer; the contact's charges, contracts and documents beside the conversation."""
        return (*views.chat.SLOTS, *views.contract_chat.SLOTS, *views.repository.SLOTS)

    @hookimpl
    def register_document_types(self) -> Iterable[str]:
        """What ``render_document`` makes here."""
        return printing.TYPES

    @hookimpl
    def register_audit_sentences(self) -> Mapping[str, object]:
        """What was done to accounts, keys, templates, batches and documents."""
        return audit_words.SENTENCES

    @hookimpl
    def render_document(self, document: str, template: Any, context: Mapping[str, Any]) -> bytes | None:
        """A boleto or a carnê as PDF."""
        return printing.render(document, template, context)

    @hookimpl
    def register_jobs(self) -> Iterable[JobType]:
        """Batches are checked, issued and printed in the background."""
        return JOBS

    @hookimpl
    def seed_demo(self, demo: DemoContext) -> None:
        """An issuing account with its boletos, a PIX key, templates of contracts."""
        demo_data.seed()

    @hookimpl
    def on_contact_merged(self, contact: ContactInfo, absorbed: ContactInfo) -> None:
        """Charges and contracts follow their contact."""
        people.follow_merge(contact.id, absorbed.id)

    @hookimpl
    def export_personal_data(self, contact: ContactInfo) -> Mapping[str, Any]:
        """The contact's charges and contracts."""
        return people.export(contact.id)

    @hookimpl
    def erase_personal_data(self, contact: ContactInfo) -> Mapping[str, Any]:
        """Drafts go; what was issued is bookkeeping, and loses its link to the contact."""
        return people.erase(contact.id)
