"""The channel: one phone number of the WhatsApp Cloud API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ramal.api import (
    Capabilities,
    Channel,
    ChannelContext,
    ChannelStatus,
    ConversationState,
    Delivery,
    InboundItem,
    MediaRef,
    MediaStream,
    Outbound,
    OutboundChange,
    RateLimit,
    SendFailure,
    SendPermission,
    SendResult,
    SetupStep,
    WebhookAnswer,
    WebhookRequest,
)
from ramal.api import gettext as _
from ramal_whatsapp_cloud import errors, limits
from ramal_whatsapp_cloud.client import GraphClient
from ramal_whatsapp_cloud.parse import parse_delivery
from ramal_whatsapp_cloud.settings import WhatsAppCloudSettings
from ramal_whatsapp_cloud.signature import SIGNATURE_HEADER, answer_handshake, verify_signature

#: The number a value belongs to. Quotes inside a JSON string are escaped, so a customer's text
#: can't match; and a target still has to have signed the body.
_PHONE_NUMBER_ID = re.compile(rb'"phone_number_id"\s*:\s*"?([^"\\,}\s]{1,64})')


class WhatsAppCloudChannel(Channel):
    kind = "whatsapp_cloud"
    title = "WhatsApp Cloud API"
    icon = "brand-whatsapp"
    settings_schema = WhatsAppCloudSettings
    journal_headers = (SIGNATURE_HEADER,)
    capabilities = Capabilities(
        kinds=frozenset({"text", "location", "contact", "interactive", *limits.MEDIA}),
        text_limit=limits.TEXT,
        media=limits.MEDIA,
        mime_types=limits.MIME_TYPES,
        captionless=limits.CAPTIONLESS,
        caption_limit=limits.CAPTION,
        reply_to=True,
        buttons=limits.BUTTONS,
        list_rows=limits.LIST_ROWS,
        reactions=True,
        typing=True,
        read_receipts=True,
        statuses=("sent", "delivered", "read"),
        window=True,
    )

    # --- in -----------------------------------------------------------------------------------

    def setup_steps(self, context: ChannelContext, webhook_url: str) -> Sequence[SetupStep]:
        """What to enter in the provider's app: the callback address and what to subscribe to."""
        return (
            SetupStep(
                _("Enter this callback URL in your app, under WhatsApp, Configuration"),
                _("It needs a public address with a valid certificate."),
                copy=webhook_url,
            ),
            SetupStep(
                _("Enter the same verify token there"),
                _("It is the one you chose in the settings below; the app asks for it once."),
            ),
            SetupStep(
                _("Subscribe to the field messages"),
                _("And to account_update, phone_number_quality_update and smb_message_echoes if you want their news."),
            ),
        )

    def handshake(self, request: WebhookRequest, context: ChannelContext) -> WebhookAnswer | None:
        return answer_handshake(request, str(context.settings.get("verify_token") or ""))

    def verify(self, request: WebhookRequest, context: ChannelContext) -> None:
        verify_signature(request, context.settings.get("app_secrets") or ())

    def external_ref(self, settings: Mapping[str, Any]) -> str | None:
        return settings.get("phone_number_id") or None

    def shared_targets(self, request: WebhookRequest) -> tuple[str, ...]:
        found = _PHONE_NUMBER_ID.findall(request.body)
        return tuple(dict.fromkeys(match.decode("utf-8", "replace") for match in found))

    def parse(self, delivery: Delivery, context: ChannelContext) -> Iterable[InboundItem]:
        return parse_delivery(
            delivery,
            phone_number_id=str(context.settings["phone_number_id"]),
            business_account_id=str(context.settings.get("business_account_id") or ""),
        )

    def fetch_media(self, ref: MediaRef, context: ChannelContext) -> MediaStream:
        return GraphClient.of(context).download(ref)

    # --- out ----------------------------------------------------------------------------------

    def can_send(self, conversation: ConversationState, context: ChannelContext) -> SendPermission:
        """Within 24 hours of the person's last message; after that only templates are allowed."""
        opened = conversation.window_opened_at
        if opened is None:
            reason = _("This person has not written yet: WhatsApp allows only templates.")
            return SendPermission(allowed=False, reason=reason)
        expires = opened + timedelta(hours=limits.WINDOW_HOURS)
        if datetime.now(UTC) >= expires:
            reason = _("More than 24 hours have passed since their last message: WhatsApp allows only templates.")
            return SendPermission(allowed=False, reason=reason, expires_at=expires)
        return SendPermission(allowed=True, expires_at=expires)

    def send(self, outbound: Outbound, context: ChannelContext) -> SendResult:
        return GraphClient.of(context).send(outbound)

    def send_change(self, change: OutboundChange, context: ChannelContext) -> None:
        GraphClient.of(context).react(change)

    def classify(self, error: Exception) -> SendFailure:
        return errors.classify(error)

    def rate_limit(self, context: ChannelContext) -> RateLimit | None:
        rate = float(context.settings["throughput"])
        return RateLimit(rate=rate, burst=max(1, int(rate / 8)))

    def recipient_rate_limit(self, context: ChannelContext) -> RateLimit | None:
        return RateLimit(rate=limits.PAIR_RATE, burst=limits.PAIR_BURST)

    def mark_read(self, provider_id: str, typing: bool, context: ChannelContext) -> None:
        GraphClient.of(context).mark_read(provider_id, typing=typing)

    # --- the account --------------------------------------------------------------------------

    def connect(self, context: ChannelContext) -> ChannelStatus:
        return self.status(context)

    def status(self, context: ChannelContext) -> ChannelStatus:
        """``ready`` with the number's name and quality; raises GraphError with the provider's words."""
        number = GraphClient.of(context).phone_number()
        words = (
            number.get("display_phone_number"),
            number.get("verified_name"),
            _("quality %(rating)s", rating=number.get("quality_rating") or "?"),
        )
        return ChannelStatus("ready", " · ".join(str(word) for word in words if word))
