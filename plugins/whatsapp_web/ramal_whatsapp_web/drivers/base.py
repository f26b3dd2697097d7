"""What every driver of a WhatsApp web session answers to.

A driver speaks to one provider about one session. It holds no state of its own, opens no
transaction and touches no table: :func:`ramal_whatsapp_web.drivers.driver_of` makes one for each
call from the channel's context. Everything it raises is a ``ProviderError`` with a sentence for
people; what a driver can't do is missing from its ``capabilities``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from ramal.api import (
    ChannelContext,
    Delivery,
    FailureClass,
    InboundItem,
    MediaRef,
    MediaStream,
    Outbound,
    SendResult,
    WebhookRequest,
)
from ramal.api import gettext as _
from ramal_whatsapp_web.errors import UnsupportedError

#: Seconds that one request may take.
LONGEST = 60.0


class SessionState(enum.StrEnum):
    """Where a session stands. The last four wait for a human."""

    CONNECTING = "connecting"
    QRCODE = "qrcode"
    AUTHENTICATED = "authenticated"
    READY = "ready"
    DISCONNECTED = "disconnected"
    ACTION_REQUIRED = "action_required"
    LOGGED_OUT = "logged_out"
    BANNED = "banned"
    FAILED = "failed"


class DriverCapability(enum.StrEnum):
    """What a driver may be able to do beyond texts in and out."""

    QR = "qr"
    PAIRING_CODE = "pairing_code"
    PROXY = "proxy"
    EXPORT = "export"
    HISTORY = "history"
    TYPING = "typing"
    READ = "read"
    REACT = "react"
    EDIT = "edit"
    REVOKE = "revoke"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Me:
    """The account behind a session: number in digits with country code, its name, its LID."""

    number: str | None = None
    name: str | None = None
    lid: str | None = None


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """A session's state; ``reason`` is a short word for programs, ``detail`` a sentence for people."""

    state: SessionState
    reason: str | None = None
    detail: str | None = None
    me: Me | None = None


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code to scan. ``expires_at`` and ``left`` (codes still to come) where the provider says so."""

    value: str
    png: bytes
    expires_at: datetime | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What WhatsApp knows of a phone number; ``chat_id`` is the address to write to."""

    exists: bool
    chat_id: str | None = None
    lid: str | None = None


class Driver:
    """One session at one provider. Subclass it for another provider and add it to ``drivers.DRIVERS``.

    ``before`` is called before each request, by which whoever holds the session's lease keeps it, and raises
    what is to end the work. No request but one with a file takes longer than :data:`LONGEST`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    capabilities: ClassVar[frozenset[DriverCapability]] = frozenset()
    #: Headers of a webhook worth keeping in the journal, lower case.
    journal_headers: ClassVar[tuple[str, ...]] = ()

    def __init__(self, context: ChannelContext, before: Callable[[], None] = lambda: None) -> None:
        self.context = context
        self.before = before
        self.settings: Mapping[str, Any] = context.settings
        #: The session's name at the provider: several numbers share one server.
        self.session = context.channel_id.hex

    # --- the session ----------------------------------------------------------------------------

    def start(self, webhook_url: str) -> SessionStatus:
        """Create or update the session, tell it where to post, and start it. Idempotent."""
        raise NotImplementedError

    def stop(self) -> SessionStatus:
        """Stop it; it stays paired. Idempotent."""
        raise NotImplementedError

    def restart(self) -> SessionStatus:
        """Stop and start it."""
        raise NotImplementedError

    def logout(self) -> SessionStatus:
        """Unpair the phone."""
        raise NotImplementedError

    def delete(self) -> None:
        """Remove the session and its data from the provider. Idempotent."""
        raise NotImplementedError

    def status(self) -> SessionStatus:
        """The provider's word about the session; ``disconnected`` where it knows none."""
        raise NotImplementedError

    def qr(self) -> Qr | None:
        """The QR code to scan now; None when there is nothing to scan."""
        raise self.unsupported()

    def request_code(self, phone: str) -> str:
        """A pairing code for this phone number (digits with country code)."""
        raise self.unsupported()

    def export_state(self) -> bytes:
        """The session's credentials, so that it goes on elsewhere (capability EXPORT)."""
        raise self.unsupported()

    def import_state(self, state: bytes) -> None:
        """Take over credentials made by :meth:`export_state` (capability EXPORT)."""
        raise self.unsupported()

    # --- messages -------------------------------------------------------------------------------

    def send(self, outbound: Outbound) -> SendResult:
        """Hand one message over."""
        raise NotImplementedError

    def mark_read(self, address: str, provider_ids: Sequence[str]) -> None:
        """Blue ticks for messages of one chat."""
        raise self.unsupported()

    def typing(self, address: str, active: bool) -> None:
        """Show, or stop showing, that we are typing."""
        raise self.unsupported()

    def react(self, address: str, provider_id: str, emoji: str | None, *, mine: bool = False) -> None:
        """Put an emoji on a message, ``mine`` or the person's; None takes it back."""
        raise self.unsupported()

    def edit(self, address: str, provider_id: str, text: str) -> None:
        """Change the words of a message of ours."""
        raise self.unsupported()

    def revoke(self, address: str, provider_id: str) -> None:
        """Delete a message of ours for everyone."""
        raise self.unsupported()

    def fetch_media(self, ref: MediaRef) -> MediaStream:
        """Open the download of a file of an inbound message."""
        raise self.unsupported()

    def resolve(self, phone: str) -> Resolved:
        """Whether a phone number is on WhatsApp, and under which address."""
        raise NotImplementedError

    # --- news -----------------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Check a webhook's signature; SignatureMissing or SignatureInvalid."""
        raise NotImplementedError

    def parse(self, delivery: Delivery) -> Iterable[InboundItem]:
        """Every item of a delivery; a pure function of the delivery and the settings."""
        raise NotImplementedError

    def history(self, since: datetime, until: datetime | None = None) -> Iterator[bytes]:
        """Deliveries as the webhook would have posted them, one message each, oldest first.

        Their text is the same each time, so that their hash is a key.
        """
        raise self.unsupported()

    def last_activity(self) -> datetime | None:
        """The newest message the provider knows of: what tells a live session from one that says so."""
        raise self.unsupported()

    def unsupported(self) -> UnsupportedError:
        """The error of what this driver can't do."""
        sentence = _("%(driver)s can't do that.", driver=self.title)
        return UnsupportedError(sentence, "UNSUPPORTED", FailureClass.PERMANENT)
