"""A small complete channel for tests: kind ``echo``, its deliveries plain JSON, its provider in memory.

A delivery is ``{"items": [...]}``; each item is made by a function below (:func:`message`,
:func:`status`, …). It is signed by ``X-Echo-Signature: <HMAC-SHA256 hex of the body>``. What it
sends lands in the :class:`EchoProvider` named by the channel's setting ``provider``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from flask import Flask
from marshmallow import Schema, fields

from ramal.channels.base import Channel, ChannelContext, SignatureInvalid, SignatureMissing
from ramal.channels.registry import registry as channels
from ramal.channels.types import (
    AccountNotice,
    Alias,
    Capabilities,
    ChannelStatus,
    ConversationState,
    Delivery,
    FailureClass,
    IdentityChange,
    InboundItem,
    InboundMessage,
    MediaRef,
    MediaStream,
    MessageEdit,
    MessageRevoke,
    Outbound,
    OutboundChange,
    PartyRef,
    RateLimit,
    Reaction,
    SendFailure,
    SendPermission,
    SendResult,
    SessionNews,
    Status,
    StatusUpdate,
    Typing,
    WebhookAnswer,
    WebhookRequest,
)
from ramal.plugins.manifest import Manifest
from ramal.plugins.registry import PluginRecord
from ramal.plugins.registry import registry as plugins

EPOCH = datetime(2026, 1, 5, 12, tzinfo=UTC)
WINDOW = timedelta(hours=24)


class ScriptedFailure(Exception):
    """What :class:`EchoProvider` raises on command; carries how to classify it."""

    def __init__(self, failure: FailureClass, message: str = "refused", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.failure, self.retry_after = failure, retry_after


Answer = Callable[[Outbound], SendResult]


@dataclass
class EchoProvider:
    """The other end: keeps what it was sent, and fails as told. Thread-safe."""

    name: str
    ledger: list[Outbound] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    changes: list[OutboundChange] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    #: Called one after the other instead of accepting: for messages, and for changes.
    script: list[Answer] = field(default_factory=list)
    change_script: list[Callable[[OutboundChange], None]] = field(default_factory=list)
    state: ChannelStatus = field(default_factory=lambda: ChannelStatus("ready"))
    disconnected: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, outbound: Outbound) -> SendResult:
        """Accept a message, or do what the script says next."""
        with self._lock:
            step = self.script.pop(0) if self.script else None
            if step is None:
                self.ledger.append(outbound)
        return step(outbound) if step else SendResult(f"out-{outbound.client_ref}")

    def change(self, change: OutboundChange) -> None:
        """Carry a change out, or do what the script says next."""
        with self._lock:
            step = self.change_script.pop(0) if self.change_script else None
            if step is None:
                self.changes.append(change)
        if step:
            step(change)

    def fail_change(self, failure: FailureClass, message: str = "refused", *, times: int = 1, **extra: Any) -> None:
        """Refuse the next ``times`` changes."""

        def refuse(_change: OutboundChange) -> None:
            raise ScriptedFailure(failure, message, **extra)

        self.change_script += [refuse] * times

    def fail(self, failure: FailureClass, message: str = "refused", *, times: int = 1, **extra: Any) -> None:
        """Refuse the next ``times`` messages."""

        def refuse(_outbound: Outbound) -> SendResult:
            raise ScriptedFailure(failure, message, **extra)

        self.script += [refuse] * times


_providers: dict[str, EchoProvider] = {}


def provider(name: str) -> EchoProvider:
    """The provider with this name, made at first use."""
    return _providers.setdefault(name, EchoProvider(name))


class EchoSettings(Schema):
    """Settings of the echo channel."""

    secret = fields.String(required=True, metadata={"label": "Secret", "secret": True})
    provider = fields.String(load_default="default", metadata={"label": "Provider"})
    account = fields.String(load_default=None, allow_none=True, metadata={"label": "Account"})
    rate = fields.Float(load_default=None, allow_none=True, metadata={"label": "Messages a second"})


class EchoChannel(Channel):
    """See the module."""

    kind = "echo"
    title = "Echo"
    icon = "flask"
    settings_schema = EchoSettings
    journal_headers = ("x-echo-signature",)
    capabilities: ClassVar[Capabilities] = Capabilities(
        kinds=frozenset({"text", "image", "document"}),
        media={"image": 1024 * 1024, "document": 1024 * 1024},
        reply_to=True,
        reactions=True,
        edit=True,
        revoke=True,
        edit_seconds=15 * 60,
        revoke_seconds=60 * 3600,
        typing=True,
        read_receipts=True,
        statuses=("sent", "delivered", "read"),
        window=True,
    )

    def handshake(self, request: WebhookRequest, context: ChannelContext) -> WebhookAnswer | None:
        if "challenge" not in request.query:
            return None
        good = request.query.get("token") == context.settings["secret"]
        return WebhookAnswer(200, request.query["challenge"]) if good else WebhookAnswer(403, "")

    def verify(self, request: WebhookRequest, context: ChannelContext) -> None:
        given = request.headers.get("x-echo-signature")
        if given is None:
            raise SignatureMissing
        if not hmac.compare_digest(given.encode(), sign(request.body, context.settings["secret"]).encode()):
            raise SignatureInvalid

    def external_ref(self, settings: Mapping[str, Any]) -> str | None:
        return settings.get("account")

    def shared_targets(self, request: WebhookRequest) -> tuple[str, ...]:
        return tuple(json.loads(request.body).get("accounts", ()))

    def parse(self, delivery: Delivery, context: ChannelContext) -> Iterator[InboundItem]:
        try:
            body = json.loads(delivery.raw)
            items = body["items"]
        except (ValueError, KeyError, TypeError):
            raise ValueError("This is not a delivery of the echo channel.") from None
        for item in items:
            account = item.get("account")
            if account is None or account == context.settings["account"]:
                yield _PARSERS[item["type"]](item)

    def fetch_media(self, ref: MediaRef, context: ChannelContext) -> MediaStream:
        data = provider(context.settings["provider"]).files[ref.ref["file"]]
        return MediaStream(iter([data]), ref.mime_type, ref.filename, len(data))

    def can_send(self, conversation: ConversationState, context: ChannelContext) -> SendPermission:
        opened = conversation.window_opened_at
        if opened is None or datetime.now(UTC) > opened + WINDOW:
            return SendPermission(False, "The window is closed.")
        return SendPermission(True, expires_at=opened + WINDOW)

    def send(self, outbound: Outbound, context: ChannelContext) -> SendResult:
        return provider(context.settings["provider"]).take(outbound)

    def send_change(self, change: OutboundChange, context: ChannelContext) -> None:
        provider(context.settings["provider"]).change(change)

    def classify(self, error: Exception) -> SendFailure:
        if isinstance(error, ScriptedFailure):
            return SendFailure(error.failure, str(error), code="T1", retry_after=error.retry_after)
        return super().classify(error)

    def rate_limit(self, context: ChannelContext) -> RateLimit | None:
        rate = context.settings["rate"]
        return RateLimit(rate) if rate else None

    def mark_read(self, provider_id: str, typing: bool, context: ChannelContext) -> None:
        provider(context.settings["provider"]).read.append(provider_id)

    def connect(self, context: ChannelContext) -> ChannelStatus:
        return provider(context.settings["provider"]).state

    def disconnect(self, context: ChannelContext) -> None:
        provider(context.settings["provider"]).disconnected = True


def install(app: Flask) -> None:
    """Make the channel part of an application, as if a plugin ``echo``, active everywhere, had brought it."""
    with app.app_context():
        records = plugins().records
        if EchoChannel.kind in records:
            return
        manifest = Manifest(name=EchoChannel.kind, title="Echo", category="channel", default_enabled=True)
        records[manifest.name] = PluginRecord(manifest.name, loaded_manifest=manifest, state="installed")
        channels().add(EchoChannel(), manifest.name)


# --- making deliveries ----------------------------------------------------------------------------


def sign(body: bytes, secret: str) -> str:
    """The signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def delivery(*items: Mapping[str, Any], **extra: Any) -> bytes:
    """The body of a webhook with these items."""
    return json.dumps({"items": items, **extra}).encode()


def message(id: str, body: str = "hello", *, sender: str = "5511987654321", **extra: Any) -> dict[str, Any]:
    """An inbound message. ``extra``: name, at, kind, reply_to, files, direction, payload, aliases, opens, own."""
    return {"type": "message", "id": id, "body": body, "from": sender, **extra}


def status(id: str, status: str, *, at: int = 0, **extra: Any) -> dict[str, Any]:
    """A tick. ``extra``: ref (our reference), error."""
    return {"type": "status", "id": id, "status": status, "at": at, **extra}


def _party(item: Mapping[str, Any]) -> PartyRef:
    aliases = tuple(Alias(kind, value) for kind, value in item.get("aliases", [("phone", item["from"])]))
    return PartyRef(aliases, item["from"], item.get("name"))


def _at(item: Mapping[str, Any]) -> datetime:
    return EPOCH + timedelta(seconds=item.get("at", 0))


def _message(item: Mapping[str, Any]) -> InboundItem:
    files = tuple(
        MediaRef({"file": name}, mime_type=mime_type, filename=name) for name, mime_type in item.get("files", ())
    )
    return InboundMessage(
        party=_party(item),
        provider_id=item["id"],
        kind=item.get("kind", "text"),
        occurred_at=_at(item),
        body=item["body"],
        payload=item.get("payload", {}),
        attachments=files,
        reply_to=item.get("reply_to"),
        direction=item.get("direction", "in"),
        client_id=uuid.UUID(item["client_id"]) if "client_id" in item else None,
        opens_conversation=item.get("opens", True),
        own_send=item.get("own", False),
    )


def _status(item: Mapping[str, Any]) -> InboundItem:
    return StatusUpdate(
        provider_id=item["id"],
        status=Status(item["status"]),
        occurred_at=_at(item),
        client_ref=item.get("ref"),
        error=item.get("error"),
    )


def _author(item: Mapping[str, Any]) -> PartyRef | None:
    """Who changed it; an edit or a deletion by the business names nobody."""
    return None if item.get("direction") == "out" else _party(item)


def _edit(item: Mapping[str, Any]) -> InboundItem:
    return MessageEdit(item["target"], _at(item), item["key"], _author(item), body=item["body"])


def _revoke(item: Mapping[str, Any]) -> InboundItem:
    return MessageRevoke(item["target"], _at(item), item["key"], _author(item))


def _reaction(item: Mapping[str, Any]) -> InboundItem:
    direction = item.get("direction", "in")
    return Reaction(item["target"], _party(item), _at(item), item["key"], item.get("emoji"), direction=direction)


def _identity(item: Mapping[str, Any]) -> InboundItem:
    old = tuple(Alias(kind, value) for kind, value in item["old"])
    new = tuple(Alias(kind, value) for kind, value in item["new"])
    return IdentityChange(old, new, _at(item), item["key"], "number", new[0].value, item.get("body"))


def _notice(item: Mapping[str, Any]) -> InboundItem:
    return AccountNotice(item["title"], item["key"], _at(item), needs_attention=item.get("urgent", False))


def _news(item: Mapping[str, Any]) -> InboundItem:
    return SessionNews(item["state"], item["title"], item["key"], _at(item), item.get("reason"))


def _typing(item: Mapping[str, Any]) -> InboundItem:
    return Typing(_party(item))


def _nonsense(item: Mapping[str, Any]) -> Any:
    return item


_PARSERS: Mapping[str, Callable[[Mapping[str, Any]], InboundItem]] = {
    "message": _message,
    "status": _status,
    "edit": _edit,
    "revoke": _revoke,
    "reaction": _reaction,
    "identity": _identity,
    "notice": _notice,
    "news": _news,
    "typing": _typing,
    "nonsense": _nonsense,
}
