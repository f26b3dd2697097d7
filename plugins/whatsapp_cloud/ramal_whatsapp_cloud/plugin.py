"""Wiring: what this plugin brings to the core."""

from __future__ import annotations

from collections.abc import Iterable

from ramal.api import Channel, Manifest, Plugin, hookimpl
from ramal_whatsapp_cloud.channel import WhatsAppCloudChannel


class WhatsAppCloudPlugin(Plugin):
    manifest = Manifest(
        name="whatsapp_cloud",
        title="WhatsApp Cloud API",
        summary="Connect WhatsApp Business numbers through Meta's hosted API.",
        category="channel",
        icon="brand-whatsapp",
        hook_api=">=1,<2",
        default_enabled=False,
    )

    @hookimpl
    def register_channels(self) -> Iterable[Channel]:
        return [WhatsAppCloudChannel()]
