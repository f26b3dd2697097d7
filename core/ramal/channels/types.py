"""Value types between the core and a channel plugin: what comes in, what goes out.

All are frozen dataclasses without behaviour, so a channel can be tested without the core.
Times are timezone-aware UTC datetimes; ids are strings as the provider writes them.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ramal.contacts.identity import Alias as Alias

MessageKind = Literal[
    "text",
    "image",
    "audio",
    "voice",
    "video",
    "document",
    "sticker",
    "location",
    "contact",
    "interactive",
    "template",
    "note",
    "system",
    "unsupported",
]

#: Kinds that carry a file.
MEDIA_KINDS = frozenset({"image", "audio", "voice", "video", "document", "sticker"})


@dataclass(frozen=True, slots=True)
class PartyRef:
    """The person at the other end, strongest alias first.

    ``address`` is what the channel wants back in :attr:`Outbound.address` (the raw id the
    provider last used); ``name`` and ``username`` are the provider's words, shown but not trusted.
    """

    aliases: tuple[Alias, ...]
    address: str
    name: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A file the provider holds; ``fetch_media`` gets ``ref`` back to download it.

    ``ref`` is JSON data of the channel's own shape; ``mime_type`` and ``size`` (bytes) are the
    provider's claim and are checked after the download.
    """

    ref: Mapping[str, Any]
    mime_type: str | None = None
    filename: str | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from the person (``direction="in"``), or one of ours typed elsewhere (an echo, "out").

    ``provider_id`` makes it unique in its channel. ``payload`` is JSON data for kinds with more
    than a body: location ``{latitude, longitude, name?, address?}`` · contact
    ``{contacts: [{name, phones: [..]}]}`` · interactive ``{type, id?, title?, ...}`` ·
    unsupported ``{reason, raw}``. ``referral`` is kept as the provider wrote it.
    """

    party: PartyRef
    provider_id: str
    kind: MessageKind
    occurred_at: datetime
    body: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[MediaRef, ...] = ()
    reply_to: str | None = None
    direction: Literal["in", "out"] = "in"
    forwarded: bool = False
    client_id: uuid.UUID | None = None
    #: The organisation's own system line (``kind="system"``) does not open or reopen a conversation.
    opens_conversation: bool = True
    #: Whether it (re)starts the channel's reply window. Echoes and system lines do not.
    opens_window: bool = True
    #: An echo of something sent through our own access: perhaps of a message whose answer never came,
    #: which it then settles instead of showing a second time.
    own_send: bool = False


class Status(enum.StrEnum):
    """Life of an outgoing message, one scale for all channels (design.md section 5)."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A tick. Found by ``provider_id`` or, where the send's answer was lost, by ``client_ref``.

    ``client_ref`` is the :attr:`Outbound.client_ref` that the provider echoes back.
    ``error`` is ``{code?, title?, message?, details?}`` in the provider's words.
    """

    provider_id: str
    status: Status
    occurred_at: datetime
    client_ref: str | None = None
    error: Mapping[str, Any] | None = None
    #: Anything worth keeping with it (pricing, conversation category).
    payload: Mapping[str, Any] = field(default_factory=dict)
    #: What tells two updates of the same status apart (a group's participant); '' otherwise.
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class MessageEdit:
    """The author changed a message; the old text is kept in the message's history."""

    target: str
    occurred_at: datetime
    key: str
    party: PartyRef | None = None
    body: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageRevoke:
    """The author deleted a message for everyone."""

    target: str
    occurred_at: datetime
    key: str
    party: PartyRef | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji on a message, one per person; ``emoji=None`` takes it back."""

    target: str
    party: PartyRef
    occurred_at: datetime
    key: str
    emoji: str | None = None
    direction: Literal["in", "out"] = "in"


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A person's aliases changed (new number, new id): they move to ``new`` and keep the history.

    ``body`` becomes a system line in the open conversation, if any.
    """

    old: tuple[Alias, ...]
    new: tuple[Alias, ...]
    occurred_at: datetime
    key: str
    reason: str
    address: str | None = None
    body: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """News about the account or the number itself; kept in the channel's log, not in a thread.

    ``needs_attention`` holds the channel's outgoing queue until someone looks.
    """

    title: str
    key: str
    occurred_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    level: Literal["info", "warning", "error"] = "info"
    needs_attention: bool = False


@dataclass(frozen=True, slots=True)
class Typing:
    """The person is typing; shown for ``seconds`` and never stored."""

    party: PartyRef
    seconds: int = 6


@dataclass(frozen=True, slots=True)
class SessionNews:
    """What became of the session behind a channel (``on_channel_news``); kept in the channel's log as ``title``.

    ``state`` and ``reason`` are the plugin's own short words. It changes nothing by itself.
    """

    state: str
    title: str
    key: str
    occurred_at: datetime
    reason: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    level: Literal["info", "warning", "error"] = "info"


InboundItem = (
    InboundMessage
    | StatusUpdate
    | MessageEdit
    | MessageRevoke
    | Reaction
    | IdentityChange
    | AccountNotice
    | SessionNews
    | Typing
)


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An HTTP request to a channel's URL: raw bytes, header names in lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """An answer a channel gives by itself (a handshake)."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One journal row handed to :meth:`Channel.parse`."""

    id: uuid.UUID
    raw: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A stored file to send; ``open()`` gives its bytes in chunks, ``url()`` a signed public link."""

    filename: str
    mime_type: str
    size: int
    sha256: str
    path: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to send. ``client_ref`` is our outbox id, to be echoed by the provider if it can."""

    message_id: uuid.UUID
    client_ref: str
    address: str
    aliases: tuple[Alias, ...]
    kind: MessageKind
    body: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[OutboundFile, ...] = ()
    reply_to: str | None = None
    conversation_id: uuid.UUID | None = None
    #: Whether ``reply_to`` is a message of ours; None where the quoted message is not known.
    reply_to_own: bool | None = None


@dataclass(frozen=True, slots=True)
class OutboundChange:
    """Something done to a message that the provider knows as ``target``: react to it, edit it, delete it for everyone.

    ``emoji=None`` takes our reaction back; ``body`` is an edit's new text (or caption, by ``message_kind``). Only
    messages of our own (``own``) are edited and deleted. ``client_ref`` is our outbox id.
    """

    kind: Literal["reaction", "edit", "revoke"]
    target: str
    own: bool
    message_kind: MessageKind
    client_ref: str
    address: str
    aliases: tuple[Alias, ...] = ()
    emoji: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """A person's messages up to ``provider_id`` were read; ``typing``: and we are writing an answer."""

    provider_id: str
    address: str
    aliases: tuple[Alias, ...] = ()
    typing: bool = False


@dataclass(frozen=True, slots=True)
class SendResult:
    """The provider took it. ``address`` is the recipient id it answered with, if it did."""

    provider_id: str | None
    status: Status = Status.ACCEPTED
    address: str | None = None
    aliases: tuple[Alias, ...] = ()


class FailureClass(enum.StrEnum):
    """What a failed send means for the queue (reference: design.md section 5)."""

    TRANSIENT = "transient"  # try again with backoff
    THROTTLE = "throttle"  # pause the channel's bucket, then try again
    PAIR = "pair"  # pause this recipient only, then try again
    PERMANENT = "permanent"  # failed, with the provider's words
    ACCOUNT = "account"  # channel needs attention, its queue is held
    UNKNOWN = "unknown"  # may have gone out: never repeated by us


@dataclass(frozen=True, slots=True)
class SendFailure:
    """:meth:`Channel.classify`'s answer. ``retry_after`` in seconds overrides the default backoff."""

    failure: FailureClass
    message: str
    code: str | None = None
    retry_after: float | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MediaStream:
    """An open download: ``chunks`` yields bytes; the core caps, sniffs and stores them."""

    chunks: Iterator[bytes]
    mime_type: str | None = None
    filename: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class SendPermission:
    """May a free-form message go out now? ``reason`` is a sentence; ``expires_at`` closes the window."""

    allowed: bool
    reason: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """GCRA bucket: ``rate`` messages a second on average, ``burst`` at once.

    ``jitter`` (0..1) makes each pause up to so much shorter or longer, by chance: 0.4 is a pause of 60 to 140 %.
    """

    rate: float
    burst: int = 1
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What :meth:`Channel.can_send` may look at."""

    id: uuid.UUID
    last_inbound_at: datetime | None
    window_opened_at: datetime | None
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """A session channel's own state, shown in settings."""

    state: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One thing the person who connects a channel has to do elsewhere; ``copy`` is a text to take along."""

    title: str
    text: str = ""
    copy: str | None = None
    #: A page of ours or the provider's where it is done, and the words on the link.
    url: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; the UI and the API obey it, nothing else asks ``if channel ==``.

    ``media`` maps a kind to its size cap in bytes; a kind that is absent can't be sent.
    ``mime_types`` narrows a kind to the types the provider takes (empty: any safe one).
    """

    kinds: frozenset[str] = frozenset({"text"})
    text_limit: int = 4096
    media: Mapping[str, int] = field(default_factory=dict)
    mime_types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Whether files carry text, and the kinds that don't all the same; at most so many characters
    #: (None: ``text_limit``).
    caption: bool = True
    captionless: frozenset[str] = frozenset()
    caption_limit: int | None = None
    reply_to: bool = False
    buttons: int = 0
    list_rows: int = 0
    #: What can be done to messages with :meth:`Channel.send_change`, and for how many seconds after they were
    #: sent our own can be edited and deleted for everyone (None: always).
    reactions: bool = False
    edit: bool = False
    revoke: bool = False
    edit_seconds: int | None = None
    revoke_seconds: int | None = None
    typing: bool = False
    read_receipts: bool = False
    groups: bool = False
    templates: bool = False
    #: Ticks the channel can report, in order ("sent", "delivered", "read").
    statuses: tuple[str, ...] = ("sent",)
    #: Whether free-form messages are only allowed for a while after the person wrote.
    window: bool = False
