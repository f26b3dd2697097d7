"""Wiring: what this plugin brings to the core."""

from __future__ import annotations

from collections.abc import Iterable

from ramal.api import Channel, Manifest, Plugin, hookimpl
from ramal.api import lazy_gettext as _
from ramal_whatsapp_web.channel import WhatsAppWebChannel


class WhatsAppWebPlugin(Plugin):
    """A phone's own number in the inbox, paired by a QR code."""

    manifest = Manifest(
        name="whatsapp_web",
        title=_("WhatsApp by QR code"),
        summary=_("Connect a phone's own WhatsApp number by QR code or pairing code."),
        category="channel",
        icon="qrcode",
        hook_api=">=1,<2",
        default_enabled=False,
    )

    @hookimpl
    def register_channels(self) -> Iterable[Channel]:
        """The one kind."""
        return [WhatsAppWebChannel()]
