"""The journal's shape, read back as items."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import force_locale

from ramal.api import Delivery, InboundMessage, SignatureMissing, StatusUpdate
from ramal_webchat.channel import WebChatChannel, party_of

from .conftest import raw

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
CHANNEL = WebChatChannel()


def _parse(body: bytes) -> list[object]:
    return list(CHANNEL.parse(Delivery(uuid.uuid4(), body, NOW), SimpleNamespace()))  # type: ignore[arg-type]


def test_a_message_names_the_person_by_the_sites_own_id() -> None:
    visitor = {"id": "v1", "name": "Joana", "external_id": "c7"}
    (item,) = _parse(raw(type="message", visitor=visitor, client_id="m1", kind="text", body="Oi", at=NOW.isoformat()))
    assert isinstance(item, InboundMessage)
    assert [alias.kind for alias in item.party.aliases] == ["external"]
    assert (item.provider_id, item.body, item.occurred_at) == ("m1", "Oi", NOW)


def test_a_stranger_gets_a_name_in_our_language(app: Flask) -> None:
    with app.app_context(), force_locale("pt_BR"):
        assert party_of({"id": "0000-98bb"}).name == "Visitante 98bb"


def test_a_receipt_is_a_status() -> None:
    items = _parse(raw(type="receipt", id="a", status="delivered", at=NOW.isoformat()))
    assert [item.provider_id for item in items if isinstance(item, StatusUpdate)] == ["a"]


def test_nobody_may_post_to_the_webhook_address() -> None:
    with pytest.raises(SignatureMissing):
        CHANNEL.verify(SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]
