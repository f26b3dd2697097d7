"""The base class of every channel.

A channel translates between a provider and the value types of ``ramal.channels.types``. It holds
no state between calls: each call receives a :class:`ChannelContext`. It opens no transaction and
touches no table; the core journals, deduplicates, orders and retries around it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from marshmallow import Schema

from ramal.channels.types import (
    Capabilities,
    ChannelStatus,
    ConversationState,
    Delivery,
    FailureClass,
    InboundItem,
    MediaRef,
    MediaStream,
    Outbound,
    OutboundChange,
    RateLimit,
    ReadReceipt,
    SendFailure,
    SendPermission,
    SendResult,
    SetupStep,
    WebhookAnswer,
    WebhookRequest,
)

if TYPE_CHECKING:
    from ramal.http.client import HttpClient


class SignatureMissing(Exception):
    """The request carries no signature: answered with 401, nothing stored."""


class SignatureInvalid(Exception):
    """The signature does not match: answered with 403, nothing stored."""


@dataclass(frozen=True)
class ChannelContext:
    """What one connected channel lends to a call.

    ``settings`` are validated and include decrypted secrets; ``http`` is the guarded client
    (timeouts, no private addresses); ``public_url`` is the installation's own base URL; ``state`` is
    what the plugin kept with :func:`ramal.api.set_channel_state`.
    """

    channel_id: uuid.UUID
    organization_id: uuid.UUID
    name: str
    settings: Mapping[str, Any]
    http: HttpClient
    public_url: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)


class Channel:
    """One kind of channel. Subclass it and return an instance from ``register_channels``."""

    #: The word in ``POST /channels {"kind": ...}``; by custom the plugin's name.
    kind: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str] = "message"
    #: marshmallow schema of the channel's settings; fields with ``metadata={"secret": True}``
    #: are encrypted at rest and never echoed.
    settings_schema: ClassVar[type[Schema]] = Schema
    capabilities: ClassVar[Capabilities] = Capabilities()
    #: Headers of a webhook worth keeping in the journal, lower case.
    journal_headers: ClassVar[tuple[str, ...]] = ()

    def capabilities_of(self, settings: Mapping[str, Any]) -> Capabilities:
        """What one connected channel can do, where that depends on its settings (without the secret ones)."""
        return self.capabilities

    # --- in -----------------------------------------------------------------------------------

    def handshake(self, request: WebhookRequest, context: ChannelContext) -> WebhookAnswer | None:
        """Answer a GET on the webhook URL, or None when the channel has no handshake (404)."""
        return None

    def verify(self, request: WebhookRequest, context: ChannelContext) -> None:
        """Check the signature on the raw bytes; raise SignatureMissing or SignatureInvalid."""
        raise NotImplementedError

    def delivery_key(self, request: WebhookRequest) -> str:
        """What makes two deliveries the same one; by default the body's SHA-256."""
        return hashlib.sha256(request.body).hexdigest()

    def external_ref(self, settings: Mapping[str, Any]) -> str | None:
        """The provider's id of this channel, by which the shared URL finds it (unique per kind)."""
        return None

    def shared_targets(self, request: WebhookRequest) -> tuple[str, ...]:
        """The external refs that a delivery on the shared URL is for; empty = no shared URL."""
        return ()

    def parse(self, delivery: Delivery, context: ChannelContext) -> Iterable[InboundItem]:
        """Every item of a delivery, in order. Raise ValueError with a sentence if it can't be read.

        Called more than once for the same delivery: it must be a pure function of its arguments.
        Items of another channel in a shared delivery are left out.
        """
        raise NotImplementedError

    def fetch_media(self, ref: MediaRef, context: ChannelContext) -> MediaStream:
        """Open the download of a file of an inbound message."""
        raise NotImplementedError

    # --- out ----------------------------------------------------------------------------------

    def can_send(self, conversation: ConversationState, context: ChannelContext) -> SendPermission:
        """Whether a free-form message may go out now, and until when."""
        return SendPermission(allowed=True)

    def send(self, outbound: Outbound, context: ChannelContext) -> SendResult:
        """Hand one message to the provider; any exception goes to :meth:`classify`."""
        raise NotImplementedError

    def send_change(self, change: OutboundChange, context: ChannelContext) -> None:
        """React to, edit or revoke a message, as far as the capabilities say so; exceptions go to :meth:`classify`."""
        raise NotImplementedError

    def classify(self, error: Exception) -> SendFailure:
        """What an exception of :meth:`send` means. The default never repeats a send blindly."""
        return SendFailure(FailureClass.UNKNOWN, str(error) or type(error).__name__)

    def rate_limit(self, context: ChannelContext) -> RateLimit | None:
        """The channel's own throughput limit."""
        return None

    def recipient_rate_limit(self, context: ChannelContext) -> RateLimit | None:
        """The limit per recipient."""
        return None

    def send_receipt(self, receipt: ReadReceipt, context: ChannelContext) -> None:
        """Tell the person that their messages were read; for channels that need their address for it."""
        self.mark_read(receipt.provider_id, receipt.typing, context)

    def mark_read(self, provider_id: str, typing: bool, context: ChannelContext) -> None:
        """Tell the person that their message was read (and, optionally, that we are typing)."""

    def send_typing(self, outbound: Outbound, context: ChannelContext) -> None:
        """Tell the person that we are typing."""

    # --- the account ----------------------------------------------------------------------------

    def connect(self, context: ChannelContext) -> ChannelStatus:
        """Check the settings against the provider (called on connect and on "test connection")."""
        return ChannelStatus("ready")

    def disconnect(self, context: ChannelContext) -> None:
        """Undo what :meth:`connect` set up at the provider; called once the channel is gone here.

        It has ten seconds. An error is logged and changes nothing.
        """

    def setup_steps(self, context: ChannelContext, webhook_url: str) -> Sequence[SetupStep]:
        """What is left to do elsewhere once the channel is connected, step by step, for the settings page."""
        return ()

    def status(self, context: ChannelContext) -> ChannelStatus:
        """The provider's present word about this channel."""
        return ChannelStatus("ready")
