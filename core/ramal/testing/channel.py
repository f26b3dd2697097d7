"""A channel without a provider: what is sent is kept in memory, what comes in is plain JSON.

A delivery's body is a list of ``{"from", "name"?, "id", "text", "at"?}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from marshmallow import Schema, fields

from ramal.channels.base import Channel, ChannelContext, SignatureInvalid, SignatureMissing
from ramal.channels.types import (
    Alias,
    Capabilities,
    Delivery,
    InboundItem,
    InboundMessage,
    Outbound,
    PartyRef,
    SendResult,
    WebhookRequest,
)
from ramal.database.base import utcnow

KIND = PLUGIN = "test"
SIGNATURE = "x-test-signature"


class TestChannelSettings(Schema):
    """The only setting: a secret that webhooks repeat."""

    __test__ = False
    secret = fields.String(load_default="sesame", metadata={"secret": True})


class TestChannel(Channel):
    """Keeps what it sends in :attr:`sent`, newest last."""

    __test__ = False
    kind = KIND
    title = "Test"
    settings_schema = TestChannelSettings
    capabilities = Capabilities(kinds=frozenset({"text", "image", "document"}), reply_to=True, read_receipts=True)

    sent: ClassVar[list[Outbound]] = []

    def verify(self, request: WebhookRequest, context: ChannelContext) -> None:
        given = request.headers.get(SIGNATURE)
        if given is None:
            raise SignatureMissing
        if given != context.settings.get("secret", "sesame"):
            raise SignatureInvalid

    def parse(self, delivery: Delivery, context: ChannelContext) -> Iterable[InboundItem]:
        for item in json.loads(delivery.raw):
            at = datetime.fromisoformat(item["at"]) if "at" in item else utcnow()
            party = PartyRef((Alias("phone", item["from"]),), address=item["from"], name=item.get("name"))
            yield InboundMessage(party=party, provider_id=item["id"], kind="text", body=item["text"], occurred_at=at)

    def send(self, outbound: Outbound, context: ChannelContext) -> SendResult:
        self.sent.append(outbound)
        return SendResult(provider_id=f"test-{outbound.client_ref}")
