"""Every payload a provider is known to send, signed, over HTTP: one effect each, however often it comes.

The committed fixtures always run; ``RAMAL_CONFORMANCE_DIR`` adds a folder with
``cloud_webhooks.json``, a list of payloads.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ramal.testing.installation import Installation, Team

from .effects import Effects, Payload, effects_of, mixed, number_of

FIXTURES = Path(__file__).parents[2] / "plugins" / "whatsapp_cloud" / "tests" / "fixtures"
SECRET = "conformance-secret"
ROUNDS = 3
#: What must not change when a fact arrives again. Files are left out: they are still being fetched.
TABLES = {
    "message": "provider_id, direction, kind, body, payload, status, error, reply_to_provider_id, reply_snippet,"
    " sent_at, edited_at, revoked_at, reactions, forwarded, external, conversation_id",
    "message_status": "provider_id, status, recipient, client_ref, occurred_at, error, payload, message_id",
    "message_change": "key, target, kind, actor, data, before, occurred_at, message_id",
    "channel_notice": "channel_id, key, level, title, payload, occurred_at",
    "conversation": "id, party_id, status, control, unread_count, last_message, last_message_at, waiting_since",
    "channel_party": "id, channel_id, contact_id, address, name, username, window_opened_at, last_inbound_at",
    "party_alias": "party_id, kind, value",
    "contact": "id, name, phone, merged_into_id",
    "attachment": "message_id, position, kind",
    "channel": "id, status",
}


@dataclass
class Desk:
    """A team with a channel for every number that the payloads speak of."""

    installation: Installation
    team: Team
    urls: dict[str, str]

    def post(self, payload: Payload) -> None:
        """Post a payload to the channel that it is for; about the account: to the first."""
        url = self.urls[number_of(payload) or next(iter(self.urls))]
        body = json.dumps(payload, ensure_ascii=False).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        answer = self.installation.post_webhook(url, body, headers)
        assert answer.status_code == 200, answer.text

    def settle(self) -> None:
        self.installation.wait_quiet(but=("jobs", "outbox"))

    def rows(self, table: str, columns: str) -> list[dict[str, Any]]:
        query = f"select {columns} from {table} where organization_id = :organization"
        return self.installation.rows(query, organization=self.team.id)

    def snapshot(self) -> dict[str, Counter[str]]:
        return {
            table: Counter(json.dumps(row, default=str, sort_keys=True) for row in self.rows(table, columns))
            for table, columns in TABLES.items()
        }

    def created(self) -> int:
        """How many messages were announced."""
        query = "select count(*) from event where organization_id = :organization and type = 'message.created'"
        return int(self.installation.value(query, organization=self.team.id))


OpenDesk = Callable[[list[Payload]], Desk]


@pytest.fixture
def desk(installation: Installation) -> OpenDesk:
    def open_desk(payloads: list[Payload]) -> Desk:
        team = installation.team("Conformidade", agents=0)
        numbers = dict.fromkeys(number_of(payload) for payload in payloads)
        urls = {number: _connect(team, number)["webhook_url"] for number in numbers if number}
        return Desk(installation, team, urls)

    return open_desk


def _connect(team: Team, number: str) -> dict[str, Any]:
    return team.connect(
        "whatsapp_cloud",
        number,
        {
            "phone_number_id": number,
            "access_token": "conformance-token",
            "app_secrets": [SECRET],
            "api_base_url": "http://127.0.0.1:9",
        },
    )


def _fixtures() -> list[Payload]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(FIXTURES.glob("*.json"))]


def _conformance() -> list[Payload]:
    folder = os.environ.get("RAMAL_CONFORMANCE_DIR")
    if not folder:
        pytest.skip("RAMAL_CONFORMANCE_DIR is not set")
    payloads: list[Payload] = json.loads((Path(folder) / "cloud_webhooks.json").read_text("utf-8"))
    return payloads


@pytest.mark.parametrize("source", [_fixtures, _conformance], ids=["fixtures", "conformance"])
def test_each_fact_takes_effect_once_however_it_arrives(desk: OpenDesk, source: Callable[[], list[Payload]]) -> None:
    payloads = source()
    opened = desk(payloads)
    for payload in payloads:
        opened.post(payload)
    opened.settle()
    _check_effects(opened, effects_of(payloads))
    _check_nothing_parked(opened)
    before, announced = opened.snapshot(), opened.created()

    for payload in payloads:  # the very same bytes
        opened.post(payload)
    for seed in range(ROUNDS):
        for payload in mixed(payloads, random.Random(seed)):
            opened.post(payload)
    opened.settle()
    after = opened.snapshot()
    for table, rows in before.items():
        assert after[table] == rows, f"{table}: new {after[table] - rows}, gone {rows - after[table]}"
    assert opened.created() == announced
    _check_nothing_parked(opened)


def test_the_order_of_arrival_does_not_matter(desk: OpenDesk) -> None:
    """Two organizations hear the same facts in different orders, and know the same."""
    payloads = _fixtures()
    known = []
    for seed in (11, 12):
        opened = desk(payloads)
        for payload in mixed(payloads, random.Random(seed)):
            opened.post(payload)
        opened.settle()
        _check_effects(opened, effects_of(payloads))
        known.append(_what_people_see(opened))
    assert known[0] == known[1]


def _what_people_see(opened: Desk) -> Counter[str]:
    columns = "provider_id, direction, kind, body, status, edited_at is null as original, revoked_at is null as there"
    rows = opened.rows("message", columns)
    return Counter(json.dumps(row, default=str, sort_keys=True) for row in rows if row["kind"] != "system")


def _check_effects(opened: Desk, wanted: Effects) -> None:
    bubbles = Counter(row["provider_id"] for row in opened.rows("message", "provider_id"))
    changes = Counter(row["key"] for row in opened.rows("message_change", "key"))
    ticks = Counter(tuple(row.values()) for row in opened.rows("message_status", "provider_id, status, recipient"))
    assert {key: bubbles[key] for key in wanted.bubbles} == dict.fromkeys(wanted.bubbles, 1)
    assert {key: changes[key] for key in wanted.changes} == dict.fromkeys(wanted.changes, 1)
    assert {key: ticks[key] for key in wanted.ticks} == dict.fromkeys(wanted.ticks, 1)
    assert not set(changes) - wanted.changes


def _check_nothing_parked(opened: Desk) -> None:
    parked = [
        *opened.rows("inbound_delivery", "error, status"),
        *opened.rows("inbound_item", "error, summary, status"),
    ]
    assert [row for row in parked if row["status"] != "done"] == []
