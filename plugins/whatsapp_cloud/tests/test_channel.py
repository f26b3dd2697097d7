"""The channel's promises to the core: window, limits, settings, routing of the shared URL."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from ramal.api import ChannelContext, ConversationState, HttpClient, InboundMessage, SignatureInvalid
from ramal_whatsapp_cloud.channel import WhatsAppCloudChannel
from ramal_whatsapp_cloud.settings import WhatsAppCloudSettings
from ramal_whatsapp_cloud.signature import sign

from .helpers import NUMBER, context, delivery, fixture, request

channel = WhatsAppCloudChannel()
MINIMUM = {"phone_number_id": NUMBER, "access_token": "token", "app_secrets": ["secret"]}


@pytest.fixture
def connected() -> ChannelContext:
    settings = WhatsAppCloudSettings().load({**MINIMUM, "verify_token": "hello"})
    return context(settings, HttpClient())


def conversation(opened: datetime | None) -> ConversationState:
    return ConversationState(uuid.uuid4(), opened, opened)


def test_settings_have_defaults() -> None:
    settings = WhatsAppCloudSettings().load(MINIMUM)
    assert (settings["api_base_url"], settings["api_version"]) == ("https://graph.facebook.com", "v26.0")
    assert (settings["throughput"], settings["business_account_id"]) == (80, "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone_number_id": ""},
        {"access_token": ""},
        {"app_secrets": []},
        {"app_secrets": [""]},
        {"api_version": "26"},
        {"api_base_url": "graph.facebook.com"},
        {"throughput": 0},
    ],
)
def test_settings_that_could_not_work(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WhatsAppCloudSettings().load(MINIMUM | wrong)


def test_secrets_are_marked() -> None:
    fields = WhatsAppCloudSettings().fields
    secret = {name for name, field in fields.items() if field.metadata.get("secret")}
    assert secret == {"access_token", "app_secrets", "verify_token"}


def test_the_window_is_open_for_a_day(connected: ChannelContext) -> None:
    opened = datetime.now(UTC) - timedelta(hours=23)
    permission = channel.can_send(conversation(opened), connected)
    assert permission.allowed
    assert permission.expires_at == opened + timedelta(hours=24)
    closed = channel.can_send(conversation(opened - timedelta(hours=2)), connected)
    assert not closed.allowed
    assert "24 hours" in (closed.reason or "")
    never = channel.can_send(conversation(None), connected)
    assert (never.allowed, never.expires_at) == (False, None)


def test_limits_of_the_number_and_of_the_pair(connected: ChannelContext) -> None:
    own = channel.rate_limit(connected)
    pair = channel.recipient_rate_limit(connected)
    assert own is not None
    assert pair is not None
    assert (own.rate, own.burst) == (80, 10)
    assert (round(1 / pair.rate), pair.burst) == (6, 45)


def test_a_signed_webhook_passes_and_becomes_items(connected: ChannelContext) -> None:
    body = json.dumps(fixture("text")).encode()
    signed = request(body, {"x-hub-signature-256": sign(body, "secret")})
    channel.verify(signed, connected)
    (item,) = channel.parse(delivery(body), connected)
    assert isinstance(item, InboundMessage)
    with pytest.raises(SignatureInvalid):
        channel.verify(request(body + b" ", signed.headers), connected)


def test_the_handshake(connected: ChannelContext) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "hello", "hub.challenge": "77"}
    answer = channel.handshake(request(query=query), connected)
    assert answer is not None
    assert (answer.status, answer.body) == (200, "77")


def test_the_shared_url_finds_every_number_of_a_batch() -> None:
    body = fixture("text")
    other = fixture("status_read")["entry"][0]
    other["changes"][0]["value"]["metadata"]["phone_number_id"] = 100000000000002
    body["entry"] += [other, fixture("text_reply")["entry"][0]]
    targets = channel.shared_targets(request(json.dumps(body).encode()))
    assert targets == (NUMBER, "100000000000002")
    assert channel.external_ref(MINIMUM) == NUMBER


def test_a_customer_cannot_name_another_number() -> None:
    body = fixture("text")
    text = body["entry"][0]["changes"][0]["value"]["messages"][0]["text"]
    text["body"] = '{"phone_number_id":"100000000000009"}'
    assert channel.shared_targets(request(json.dumps(body).encode())) == (NUMBER,)
    assert channel.shared_targets(request(b"nonsense")) == ()


def test_what_it_can_do() -> None:
    can = channel.capabilities
    assert {"text", "image", "voice", "interactive", "location", "contact"} <= can.kinds
    assert can.window
    assert (can.buttons, can.list_rows, can.text_limit) == (3, 10, 4096)
    assert can.media["image"] == 5 * 1024 * 1024
    assert not can.templates
