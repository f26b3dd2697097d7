"""The channel: a phone's own WhatsApp number, through a web session that a provider keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ramal.api import (
    Capabilities,
    Channel,
    ChannelContext,
    ChannelStatus,
    Delivery,
    InboundItem,
    MediaRef,
    MediaStream,
    Outbound,
    OutboundChange,
    RateLimit,
    ReadReceipt,
    SendFailure,
    SendResult,
    SetupStep,
    WebhookRequest,
    gettext,
)
from ramal.api import lazy_gettext as _
from ramal_whatsapp_web import errors, limits
from ramal_whatsapp_web.drivers import DRIVERS, driver_of, kind_of
from ramal_whatsapp_web.drivers.base import Driver, DriverCapability
from ramal_whatsapp_web.names import EXPORTED
from ramal_whatsapp_web.pacing import NumberSettings, rate_limit

_HEADERS = tuple(sorted({name for driver in DRIVERS.values() for name in driver.journal_headers}))


def capabilities_of(driver: type[Driver]) -> Capabilities:
    """What agents can do with a number that this driver serves."""
    able = driver.capabilities
    media = limits.MEDIA if DriverCapability.MEDIA in able else {}
    return Capabilities(
        kinds=frozenset({"text", "location", "contact", *media}),
        text_limit=limits.TEXT,
        media=media,
        mime_types=limits.MIME_TYPES,
        captionless=limits.CAPTIONLESS,
        caption_limit=limits.CAPTION,
        reply_to=True,
        reactions=DriverCapability.REACT in able,
        edit=DriverCapability.EDIT in able,
        revoke=DriverCapability.REVOKE in able,
        edit_seconds=limits.EDIT_SECONDS,
        revoke_seconds=limits.REVOKE_SECONDS,
        typing=DriverCapability.TYPING in able,
        read_receipts=DriverCapability.READ in able,
        statuses=("sent", "delivered", "read"),
    )


class WhatsAppWebChannel(Channel):
    """One connected number; what it can do is what its driver can do."""

    kind = "whatsapp_web"
    title = _("WhatsApp by QR code")
    icon = "qrcode"
    settings_schema = NumberSettings
    capabilities = capabilities_of(kind_of({}))
    journal_headers = _HEADERS

    def capabilities_of(self, settings: Mapping[str, Any]) -> Capabilities:
        return capabilities_of(kind_of(settings))

    # --- in -----------------------------------------------------------------------------------

    def verify(self, request: WebhookRequest, context: ChannelContext) -> None:
        driver_of(context).verify(request)

    def parse(self, delivery: Delivery, context: ChannelContext) -> Iterable[InboundItem]:
        return driver_of(context).parse(delivery)

    def fetch_media(self, ref: MediaRef, context: ChannelContext) -> MediaStream:
        return driver_of(context).fetch_media(ref)

    # --- out ----------------------------------------------------------------------------------

    def send(self, outbound: Outbound, context: ChannelContext) -> SendResult:
        return driver_of(context).send(outbound)

    def send_change(self, change: OutboundChange, context: ChannelContext) -> None:
        driver = driver_of(context)
        if change.kind == "reaction":
            driver.react(change.address, change.target, change.emoji, mine=change.own)
        elif change.kind == "edit":
            driver.edit(change.address, change.target, change.body or "")
        else:
            driver.revoke(change.address, change.target)

    def classify(self, error: Exception) -> SendFailure:
        return errors.classify(error)

    def rate_limit(self, context: ChannelContext) -> RateLimit | None:
        """As a person writes; slower while the number is new."""
        return rate_limit(context)

    def send_receipt(self, receipt: ReadReceipt, context: ChannelContext) -> None:
        driver_of(context).mark_read(receipt.address, [receipt.provider_id])

    def send_typing(self, outbound: Outbound, context: ChannelContext) -> None:
        driver_of(context).typing(outbound.address, active=True)

    # --- the account --------------------------------------------------------------------------

    def setup_steps(self, context: ChannelContext, webhook_url: str) -> Sequence[SetupStep]:
        """Pairing the phone, on the number's own page."""
        return (
            SetupStep(
                gettext("Pair the phone"),
                gettext("Its page shows the QR code, and how the session is doing."),
                url=f"/p/whatsapp_web/channels/{context.channel_id}",
                link=gettext("Open the number's page"),
            ),
        )

    def connect(self, context: ChannelContext) -> ChannelStatus:
        return self.status(context)

    def status(self, context: ChannelContext) -> ChannelStatus:
        """The session's state, and whose it is."""
        status = driver_of(context).status()
        me = status.me
        words = (status.detail, me.name if me else None, f"+{me.number}" if me and me.number else None)
        return ChannelStatus(status.state.value, " · ".join(word for word in words if word))

    def disconnect(self, context: ChannelContext) -> None:
        """Remove the session from the provider: the phone forgets it, too. One that lives elsewhere stays paired."""
        driver = driver_of(context)
        if context.state.get(EXPORTED):
            driver.stop()
        else:
            driver.delete()
