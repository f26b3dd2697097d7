"""What several tests of the plugin need: deliveries, contexts, a request."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from ramal.api import ChannelContext, Delivery, HttpClient, InboundItem, Outbound, OutboundChange, WebhookRequest
from ramal_whatsapp_cloud.parse import parse_delivery

#: One client for all tests: each new one reads the machine's certificates, which takes longer than a test.
web = httpx2.Client(timeout=60.0)
FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
NUMBER, ACCOUNT = "100000000000001", "200000000000001"
CUSTOMER = "5511900000002"
RECEIVED = datetime(2026, 10, 27, 12, 0, tzinfo=UTC)


def fixture(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return document


def delivery(body: Any) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(uuid.UUID(int=1), raw, RECEIVED)


def parse(body: Any, number: str = NUMBER, account: str = ACCOUNT) -> list[InboundItem]:
    return list(parse_delivery(delivery(body), phone_number_id=number, business_account_id=account))


def parse_fixture(name: str) -> list[InboundItem]:
    return parse(fixture(name))


def request(
    body: bytes = b"", headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
) -> WebhookRequest:
    return WebhookRequest("POST", headers or {}, query or {}, body)


def context(settings: Mapping[str, Any], http: HttpClient) -> ChannelContext:
    return ChannelContext(uuid.uuid4(), uuid.uuid4(), "Teste", settings, http)


def reaction(target: str = "wamid.X", emoji: str | None = "👍", **changes: Any) -> OutboundChange:
    values: dict[str, Any] = {
        "kind": "reaction",
        "target": target,
        "own": False,
        "message_kind": "text",
        "client_ref": "0197fa00-0000-7000-8000-000000000002",
        "address": CUSTOMER,
        "emoji": emoji,
    }
    return OutboundChange(**(values | changes))


def outbound(**changes: Any) -> Outbound:
    values: dict[str, Any] = {
        "message_id": uuid.uuid4(),
        "client_ref": "0197fa00-0000-7000-8000-000000000001",
        "address": CUSTOMER,
        "aliases": (),
        "kind": "text",
        "body": "Bom dia!",
    }
    return Outbound(**(values | changes))
