"""Wiring of the plugin: its manifest, and what it brings to the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ramal.api import (
    Channel,
    ChannelInfo,
    ConversationInfo,
    DemoContext,
    EventType,
    Manifest,
    MenuItem,
    MessageInfo,
    NotificationType,
    Plugin,
    Service,
    SessionNews,
    hookimpl,
)
from ramal.api import lazy_gettext as _
from ramal_whatsapp_web import demo as demo_module
from ramal_whatsapp_web import views
from ramal_whatsapp_web.api import BLUEPRINTS
from ramal_whatsapp_web.audit_words import SENTENCES
from ramal_whatsapp_web.channel import WhatsAppWebChannel
from ramal_whatsapp_web.events import EVENT_TYPES
from ramal_whatsapp_web.notices import NOTICES
from ramal_whatsapp_web.permissions import PERMISSIONS, VIEW
from ramal_whatsapp_web.services import latency, supervisor
from ramal_whatsapp_web.services.news import take as take_news


class WhatsAppWebPlugin(Plugin):
    """A phone's own number in the inbox, connected by QR code or pairing code."""

    manifest = Manifest(
        name="whatsapp_web",
        title=_("WhatsApp by QR code"),
        summary=_("Connect a phone's own WhatsApp number by QR code or pairing code."),
        category="channel",
        icon="qrcode",
        hook_api=">=1,<2",
        default_enabled=False,
        permissions=PERMISSIONS,
    )

    @hookimpl
    def register_channels(self) -> Iterable[Channel]:
        """The one kind."""
        return [WhatsAppWebChannel()]

    @hookimpl
    def register_blueprints(self) -> Iterable[Any]:
        """The API and the pages."""
        return [*BLUEPRINTS, views.pages]

    @hookimpl
    def register_menu_items(self) -> Iterable[MenuItem]:
        """One entry among the settings."""
        title = self.manifest.title
        return [MenuItem(title, "/p/whatsapp_web", icon="qrcode", permission=VIEW, menu="settings", weight=45)]

    @hookimpl
    def register_services(self) -> Iterable[Service]:
        """What keeps the sessions running; and the provider itself, in the demo only."""
        return [
            Service("supervisor", supervisor.run),
            Service("waha-simulator", demo_module.run_simulator, demo=True),
        ]

    @hookimpl
    def seed_demo(self, demo: DemoContext) -> None:
        """A paired phone, and customers who write to it."""
        demo_module.seed(demo)

    @hookimpl
    def register_event_types(self) -> Iterable[EventType]:
        """States and QR codes, live on the screens."""
        return EVENT_TYPES

    @hookimpl
    def register_notifications(self) -> Iterable[NotificationType]:
        """Numbers that need somebody."""
        return NOTICES

    @hookimpl
    def register_audit_sentences(self) -> Mapping[str, object]:
        """What the audit page says."""
        return SENTENCES

    @hookimpl
    def on_channel_news(self, channel: ChannelInfo, news: SessionNews) -> None:
        """The provider told of a session."""
        take_news(channel, news)

    @hookimpl
    def on_outbound_message(self, message: MessageInfo, conversation: ConversationInfo) -> None:
        """Its clock starts."""
        latency.note_queued(message, conversation)

    @hookimpl
    def on_message_status(self, message: MessageInfo, status: str) -> None:
        """A tick."""
        latency.note_status(message, status)
