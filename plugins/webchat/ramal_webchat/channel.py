"""Web chat as a channel: what visitors' browsers sent, as items; what agents send, as rows.

The widget's messages reach the journal through ``ingest`` (see ``api.py``), in the JSON shape
that :meth:`WebChatChannel.parse` reads. Sending needs no provider: the message is there for the
visitor as soon as its row is, so a send only confirms it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ramal.api import (
    Alias,
    Capabilities,
    Channel,
    ChannelContext,
    Delivery,
    IdentityChange,
    InboundItem,
    InboundMessage,
    MediaRef,
    MediaStream,
    Outbound,
    PartyRef,
    SendResult,
    SetupStep,
    SignatureMissing,
    Status,
    StatusUpdate,
    WebhookRequest,
    stored_media,
)
from ramal.api import gettext as _
from ramal.api import lazy_gettext as _l
from ramal_webchat.settings import WebChatSettings

MEGABYTE = 1024 * 1024


class WebChatChannel(Channel):
    """One site with the widget on it."""

    kind = "webchat"
    title = _l("Web chat")
    icon = "world"
    settings_schema = WebChatSettings
    capabilities = Capabilities(
        kinds=frozenset({"text", "image", "audio", "video", "document"}),
        text_limit=5000,
        media={"image": 10 * MEGABYTE, "audio": 16 * MEGABYTE, "video": 25 * MEGABYTE, "document": 25 * MEGABYTE},
        reply_to=True,
        typing=True,
        read_receipts=True,
        statuses=("sent", "delivered", "read"),
    )

    def setup_steps(self, context: ChannelContext, webhook_url: str) -> Sequence[SetupStep]:
        """The script tag to embed, and a page to try it on."""
        base, channel = context.public_url, context.channel_id
        tag = f'<script async src="{base}/p/webchat/widget.js" data-channel="{channel}"></script>'
        return (
            SetupStep(
                _("Put this line on every page that should have the chat"),
                _("Right before </body>. The sites must be among the allowed origins below."),
                copy=tag,
            ),
            SetupStep(
                _("See how it looks to a visitor"),
                url=f"{base}/p/webchat/try/{channel}",
                link=_("Open the try page"),
            ),
        )

    def verify(self, request: WebhookRequest, context: ChannelContext) -> None:
        """Nobody outside posts to the webhook URL: visitors use the plugin's own API."""
        raise SignatureMissing

    def parse(self, delivery: Delivery, context: ChannelContext) -> Iterator[InboundItem]:
        """Visitors' messages, and the ticks of messages that reached their browsers."""
        for data in json.loads(delivery.raw)["items"]:
            at = datetime.fromisoformat(data["at"])
            if data["type"] == "receipt":
                yield StatusUpdate(data["id"], Status(data["status"]), at)
            elif data["type"] == "identified":
                yield _identified(data, at)
            else:
                yield _message(data, at)

    def fetch_media(self, ref: MediaRef, context: ChannelContext) -> MediaStream:
        """The visitor's upload is already in our storage."""
        return stored_media(ref.ref["file_id"])

    def send(self, outbound: Outbound, context: ChannelContext) -> SendResult:
        """The visitor's socket and history show the row itself; sent it is."""
        return SendResult(str(outbound.message_id), Status.SENT)


def _message(data: dict[str, Any], at: datetime) -> InboundMessage:
    return InboundMessage(
        party=party_of(data["visitor"]),
        provider_id=data["client_id"],
        kind=data["kind"],
        occurred_at=at,
        body=data.get("body"),
        attachments=tuple(_media(item) for item in data.get("files", ())),
        reply_to=data.get("reply_to"),
    )


def _identified(data: dict[str, Any], at: datetime) -> IdentityChange:
    visitor = data["visitor"]
    return IdentityChange(
        old=(Alias("visitor", visitor["id"]),),
        new=(Alias("external", visitor["external_id"]),),
        occurred_at=at,
        key=data["key"],
        reason="identified",
        address=visitor["id"],
        body=_("Logged in to the site."),
    )


def party_of(visitor: dict[str, Any]) -> PartyRef:
    """The visitor as a channel party: by the site's own id of them, else by the browser's.

    Never by both: a browser's token from before a login must not open what the person wrote after it.
    """
    known = visitor.get("external_id")
    alias = Alias("external", known) if known else Alias("visitor", visitor["id"])
    # A stranger needs some name that agents can tell from the next one's.
    name = visitor.get("name") or _("Visitor %(number)s", number=visitor["id"][-4:])
    return PartyRef((alias,), visitor["id"], name)


def _media(item: dict[str, Any]) -> MediaRef:
    return MediaRef({"file_id": item["file_id"]}, item["mime_type"], item["filename"], item["size"])
