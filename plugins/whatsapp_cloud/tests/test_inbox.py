"""Signed webhooks over HTTP become the inbox: each item once, however often and in whatever pieces it comes."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from ramal.channels.services import connect_channel
from ramal.pipeline.inbound import drain_once
from ramal.testing.factories import TestOrganization
from ramal_whatsapp_cloud.signature import sign

from .helpers import ACCOUNT, NAMES, NUMBER, fixture

SECRET = "segredo"
#: What the inbox is made of, in an order and without ids that differ from run to run.
STATE = (
    """
    SELECT provider_id, kind, direction, status, body, payload, reactions, edited_at, revoked_at, sent_at, forwarded,
           reply_to_provider_id
      FROM message ORDER BY provider_id
    """,
    "SELECT provider_id, status, recipient, occurred_at FROM message_status ORDER BY 1, 2, 3, 4",
    "SELECT target, key, kind, data FROM message_change ORDER BY target, key",
    "SELECT key, title, level FROM channel_notice ORDER BY key",
    "SELECT kind, value FROM party_alias ORDER BY 1, 2",
    """
    SELECT c.status, c.unread_count, c.last_message_at
      FROM conversation c JOIN channel_party p ON p.id = c.party_id ORDER BY p.address
    """,
    "SELECT count(*) FROM contact",
    "SELECT ref, kind FROM attachment ORDER BY ref ->> 'id'",
)


class Number:
    """A connected number, seen from the provider's side."""

    def __init__(self, app: Flask, engine: Engine, **settings: Any) -> None:
        self._client = app.test_client()
        self._engine = engine
        secrets = {"access_token": "token", "app_secrets": [SECRET], "verify_token": "oi"}
        stored = {"phone_number_id": NUMBER, "business_account_id": ACCOUNT} | settings
        self.channel_id = connect_channel("whatsapp_cloud", "WhatsApp", secrets | stored).id
        self.url = f"/webhooks/whatsapp_cloud/{self.channel_id}"

    def post(self, body: Any, secret: str = SECRET, url: str | None = None) -> int:
        """A signed webhook; the answer's status."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Hub-Signature-256": sign(raw, secret)}
        return self._client.post(url or self.url, data=raw, headers=headers).status_code

    def deliver(self, *bodies: Any) -> None:
        for body in bodies:
            assert self.post(body) == 200
        while drain_once():
            pass

    def rows(self, query: str) -> list[Any]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def state(self) -> list[list[Any]]:
        return [self.rows(query) for query in STATE]

    def unprocessed(self) -> list[Any]:
        return self.rows("SELECT summary, error FROM inbound_item") + self.rows(
            "SELECT status, error FROM inbound_delivery WHERE status <> 'done'"
        )


@pytest.fixture
def number(app: Flask, organization: TestOrganization, owner_engine: Engine) -> Number:
    return Number(app, owner_engine)


def entries(names: list[str]) -> list[dict[str, Any]]:
    return [copy.deepcopy(fixture(name)["entry"][0]) for name in names]


def document(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": found}


def pieces(names: list[str], chance: random.Random) -> Iterator[dict[str, Any]]:
    """The same items in another order and in other batches."""
    shuffled = chance.sample(names, len(names))
    while shuffled:
        size = chance.randint(1, 12)
        batch, shuffled = entries(shuffled[:size]), shuffled[size:]
        yield document(batch)


def test_every_fixture_has_its_effect_once(number: Number) -> None:
    number.deliver(*(fixture(name) for name in NAMES))
    assert number.unprocessed() == []
    before = number.state()
    stored = {row[0] for row in before[0]}
    expected = {f"wamid.FICTION-{name}" for name in NAMES if name.startswith(("text", "image", "interactive"))}
    assert expected <= stored
    chance = random.Random(2026)
    for _round in range(3):
        number.deliver(*pieces(NAMES, chance))
        assert number.state() == before
    number.deliver(document(entries(NAMES)))
    assert number.state() == before
    assert number.unprocessed() == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_arrival_does_not_matter(number: Number, seed: int) -> None:
    number.deliver(*pieces(NAMES, random.Random(seed)))
    messages = {row[0]: row for row in number.state()[0]}
    assert number.unprocessed() == []
    assert messages["wamid.FICTION-text"][4] == "Bom dia! Vocês abrem aos sábados? ☕"
    edited = messages["wamid.FICTION-image"]
    assert (edited[4], edited[7] is not None) == ("Legenda nova", True)


def test_a_forged_webhook_leaves_nothing(number: Number) -> None:
    assert number.post(fixture("text"), secret="outro") == 403
    assert number._client.post(number.url, data=b"{}").status_code == 401
    assert number.rows("SELECT count(*) FROM inbound_delivery") == [(0,)]


def test_a_signed_body_that_is_no_json_is_kept_and_shown(number: Number) -> None:
    number.deliver(b"{nonsense")
    ((status, error),) = number.unprocessed()
    assert status == "parked"
    assert "JSON" in error


def test_the_shared_url_serves_each_number_its_own(app: Flask, number: Number, owner_engine: Engine) -> None:
    Number(app, owner_engine, phone_number_id="100000000000002")
    body = fixture("text")
    other = entries(["text_reply"])[0]
    other["changes"][0]["value"]["metadata"]["phone_number_id"] = "100000000000002"
    body["entry"].append(other)
    assert number.post(body, url="/webhooks/whatsapp_cloud") == 200
    number.deliver()
    found = number.rows(
        "SELECT m.provider_id, c.external_ref FROM message m JOIN channel c ON c.id = m.channel_id ORDER BY 1"
    )
    assert found == [("wamid.FICTION-text", NUMBER), ("wamid.FICTION-text_reply", "100000000000002")]
    assert number.rows("SELECT count(*) FROM channel_notice") == [(0,)]


def test_the_handshake_over_http(number: Number) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "oi", "hub.challenge": "123"}
    answer = number._client.get(number.url, query_string=query)
    assert (answer.status_code, answer.text) == (200, "123")
    refused = number._client.get(number.url, query_string={**query, "hub.verify_token": "guess"})
    assert refused.status_code == 403


def test_a_person_who_changes_number_keeps_the_conversation(number: Number) -> None:
    body = json.dumps(fixture("text_without_contacts"))
    before = json.loads(body.replace("5511900000002", "5511900000031"))
    after = json.loads(body.replace("5511900000002", "5511900000041").replace("FICTION", "FICTION-new"))
    number.deliver(before, fixture("system_changed_number"), after)
    assert number.rows("SELECT count(*) FROM conversation") == [(1,)]
    assert number.rows("SELECT value FROM party_alias") == [("5511900000041",)]
    assert number.rows("SELECT body FROM message WHERE kind = 'system'") == [("Fulana mudou de número",)]


def test_history_counts_as_read(number: Number) -> None:
    number.deliver(fixture("history"))
    assert number.rows("SELECT status, unread_count, waiting_since FROM conversation") == [("resolved", 0, None)]
    number.deliver(fixture("text"))
    assert number.rows("SELECT count(*) FROM message WHERE kind = 'text'") == [(3,)]


CONFORMANCE = os.environ.get("RAMAL_CONFORMANCE_DIR", "")


@pytest.mark.skipif(not CONFORMANCE, reason="RAMAL_CONFORMANCE_DIR is not set")
def test_the_conformance_set_changes_nothing_the_second_time(number: Number) -> None:
    text_of = (Path(CONFORMANCE) / "cloud_webhooks.json").read_text("utf-8")
    payloads = json.loads(text_of)
    for payload in payloads:
        value = payload["entry"][0]["changes"][0]["value"]
        value.get("metadata", {})["phone_number_id"] = NUMBER
        if "metadata" not in value:
            payload["entry"][0]["id"] = ACCOUNT
    number.deliver(*payloads)
    assert number.unprocessed() == []
    before = number.state()
    chance = random.Random(1)
    for _round in range(2):
        shuffled = chance.sample(payloads, len(payloads))
        number.deliver(
            *(document([entry for one in shuffled[at : at + 3] for entry in one["entry"]]) for at in range(0, 31, 3))
        )
        assert number.state() == before
    assert number.unprocessed() == []
