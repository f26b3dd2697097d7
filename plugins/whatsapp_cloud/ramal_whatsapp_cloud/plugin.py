"""Wiring: what this plugin brings to the core."""

from __future__ import annotations

from collections.abc import Iterable

from ramal.api import Channel, DemoContext, Manifest, Plugin, Service, hookimpl
from ramal.api import lazy_gettext as _
from ramal_whatsapp_cloud import demo as demo_module
from ramal_whatsapp_cloud.channel import WhatsAppCloudChannel


class WhatsAppCloudPlugin(Plugin):
    """Customers write to a WhatsApp Business number, agents answer in the inbox."""

    manifest = Manifest(
        name="whatsapp_cloud",
        title="WhatsApp Cloud API",
        summary=_("Connect WhatsApp Business numbers through Meta's hosted API."),
        category="channel",
        icon="brand-whatsapp",
        hook_api=">=1,<2",
        default_enabled=False,
    )

    @hookimpl
    def register_channels(self) -> Iterable[Channel]:
        """The one kind."""
        return [WhatsAppCloudChannel()]

    @hookimpl
    def register_services(self) -> Iterable[Service]:
        """The Graph API simulator, in the demo only."""
        return [Service(name="graph-simulator", run=demo_module.run_simulator, demo=True)]

    @hookimpl
    def seed_demo(self, demo: DemoContext) -> None:
        """A connected number and customers who write to it."""
        demo_module.seed(demo)
