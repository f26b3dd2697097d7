"""Ten numbers on a very bad day: nothing lost, doubled or out of order, and no tick goes back.

The whole size is the benchmark's (``python -m bench web``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.serving import make_server

from ramal.api import ingest, new_id, send_message
from ramal.database.session import db
from ramal.pipeline.outbound import heads as heads_module
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization
from ramal_whatsapp_web.channel import WhatsAppWebChannel
from ramal_whatsapp_web.testing import WahaSimulator
from ramal_whatsapp_web.testing.storm import Storm

from .conftest import Quiet, serving
from .shop import Shop

NUMBERS, MESSAGES = 10, 1_000
_RANK = {"queued": 0, "sending": 1, "unknown": 1, "accepted": 2, "sent": 3, "delivered": 4, "read": 5, "played": 5}


@pytest.fixture
def shops(
    app: Flask,
    organization: TestOrganization,
    agent: Member,
    api: Callable[[Member], JsonClient],
    waha: WahaSimulator,
    allowed: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[list[Shop]]:
    monkeypatch.setattr(WhatsAppWebChannel, "rate_limit", lambda self, context: None)
    with serving(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as url:
        made = [Shop.connect(waha, api(agent), url, number=str(5511900001000 + n)) for n in range(NUMBERS)]
        yield made
        for shop in made:
            shop.close()


def rows(engine: Engine, query: str, **values: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query), values))


def threads(engine: Engine) -> list[list[str]]:
    """The texts of each conversation as it shows them."""
    found = rows(engine, "SELECT conversation_id, body FROM message ORDER BY conversation_id, sent_at, seq")
    return [[row.body or "" for row in thread] for _id, thread in groupby(found, key=lambda row: row.conversation_id)]


def answer_everybody(engine: Engine) -> list[str]:
    """One answer in each conversation; what they say."""
    bodies = []
    for row in rows(engine, "SELECT id FROM conversation"):
        bodies.append(f"resposta {row.id}")
        send_message(row.id, client_id=new_id(), body=bodies[-1])
    db.session.rollback()
    return sorted(bodies)


def end_pauses(engine: Engine) -> None:
    """A provider that was away is tried again after ten seconds; the test does not wait for them."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE channel SET paused_until = NULL"))


def fill_gaps(shops: list[Shop], since: float) -> None:
    """What a reconnected session does: everything that the provider remembers, once more."""
    for shop in shops:
        for body in shop.driver.history(datetime.fromtimestamp(since, UTC)):
            ingest(shop.channel_id, body)


def test_nothing_is_lost_doubled_or_out_of_order(
    shops: list[Shop], waha: WahaSimulator, owner_engine: Engine, organization: TestOrganization
) -> None:
    storm = Storm(waha, [shop.session for shop in shops], MESSAGES)
    worker = shops[0]
    waha.fail("drop_after", rate=0.1)
    storm.blow(lambda: None)
    worker.settle()
    answered = answer_everybody(owner_engine)
    worker.until(lambda: not heads_module.find_heads([]))
    storm.calm()
    end_pauses(owner_engine)
    worker.until(lambda: rows(owner_engine, "SELECT count(*) FROM outbox WHERE done_at IS NULL")[0][0] == 0)
    fill_gaps(shops, storm.began)
    worker.settle()
    verdict = storm.verdict(threads(owner_engine))
    assert verdict.clean, verdict
    assert rows(owner_engine, "SELECT count(*) FROM conversation")[0][0] == NUMBERS * storm.people
    assert_answers(owner_engine, waha, answered)
    assert_ticks_never_go_back(owner_engine)


def assert_answers(engine: Engine, waha: WahaSimulator, answered: list[str]) -> None:
    """Each answer went out once, stands in the inbox once, and was read."""
    stored = rows(engine, "SELECT body, status FROM message WHERE body LIKE 'resposta %' ORDER BY body")
    assert sorted(row["text"] for row in waha.ledger("sendText")) == answered
    assert [row.body for row in stored] == answered
    assert {row.status for row in stored} == {"read"}


def assert_ticks_never_go_back(engine: Engine) -> None:
    found = rows(
        engine,
        "SELECT data->>'message_id' AS id, data->>'status' AS status FROM event"
        " WHERE type = 'message.status' ORDER BY data->>'message_id', seq",
    )
    for _id, ticks in groupby(found, key=lambda row: row.id):
        ranks = [_RANK[row.status] for row in ticks]
        assert ranks == sorted(ranks)
