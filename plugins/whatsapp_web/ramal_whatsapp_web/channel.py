"""The channel: one number, connected by QR code."""

from __future__ import annotations

from ramal.api import Channel, ChannelContext, RateLimit
from ramal_whatsapp_web import pacing


class WhatsAppWebChannel(Channel):
    """A session at a provider."""

    kind = "whatsapp_web"
    title = "WhatsApp (QR code)"
    icon = "brand-whatsapp"
    settings_schema = pacing.NumberSettings

    def rate_limit(self, context: ChannelContext) -> RateLimit | None:
        """As a person writes; slower while the number is new."""
        return pacing.rate_limit(context)
