"""How long messages take, and the alarm when nobody says that they arrived."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ramal.api import session as database
from ramal.api import transaction, utcnow
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory
from ramal_whatsapp_web.models import MessageTimes
from ramal_whatsapp_web.services import latency
from ramal_whatsapp_web.services.latency import Spread
from ramal_whatsapp_web.views import chart

from .pairing import BASE, CUSTOMER, Pairing

HOUR = datetime(2026, 11, 22, 14, tzinfo=UTC)
LATENCY = "/whatsapp_web/latency"


def times(make: Factory, channel_id: Any, queued: datetime, *steps: float | None) -> None:
    """A message whose steps took so many seconds; None: not reached."""
    message = make.message(direction="out")
    at, row = queued, {"queued_at": queued}
    for name, seconds in zip(("sent_at", "delivered_at", "read_at"), steps, strict=False):
        if seconds is not None:
            row[name] = at = at + timedelta(seconds=seconds)
    with transaction() as session:
        session.add(MessageTimes(channel_id=channel_id, message_id=message.id, **row))


def test_percentiles_by_number_and_hour(desk: JsonClient, make: Factory) -> None:
    channel, other = make.channel(), make.channel(name="Other")
    for second in range(1, 101):
        times(make, channel.id, HOUR + timedelta(seconds=second), second / 100, 1.0)
    times(make, channel.id, HOUR + timedelta(hours=1), 7.0, 8.0, 9.0)
    times(make, channel.id, HOUR + timedelta(hours=1, minutes=1))
    times(make, other.id, HOUR, 5.0)
    query = {"from_": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}
    items = desk.get(LATENCY, channel=str(channel.id), **query).json["items"]
    assert [(item["hour"], item["count"]) for item in items] == [
        ("2026-11-22T14:00:00.000Z", 100),
        ("2026-11-22T15:00:00.000Z", 2),
    ]
    assert items[0]["queued_to_sent"] == {"count": 100, "p50": 505.0, "p95": 950.5, "p99": 990.1}
    assert items[0]["sent_to_delivered"] == {"count": 100, "p50": 1000.0, "p95": 1000.0, "p99": 1000.0}
    assert items[0]["delivered_to_read"] == {"count": 0, "p50": None, "p95": None, "p99": None}
    assert items[1]["delivered_to_read"] == {"count": 1, "p50": 9000.0, "p95": 9000.0, "p99": 9000.0}
    everything = desk.get(LATENCY, **query).json
    assert len(everything["items"]) == 3
    assert everything["from"] == "2026-11-22T00:00:00.000Z"
    whole = latency.overall(channel.id, HOUR, HOUR + timedelta(days=1))
    assert (whole.count, whole.queued_to_sent.count) == (102, 101)


@pytest.mark.parametrize(
    ("begin", "end", "status"),
    [
        ("2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z", 422),
        ("2026-01-22T00:00:00Z", "2026-11-21T00:00:00Z", 422),
        ("yesterday", "2026-11-21T00:00:00Z", 422),
    ],
)
def test_ranges_that_make_no_sense(desk: JsonClient, begin: str, end: str, status: int) -> None:
    assert desk.get(LATENCY, from_=begin, to=end).status_code == status


def test_a_number_that_is_not_there(desk: JsonClient) -> None:
    assert desk.get(LATENCY, channel=str(uuid.uuid4())).status_code == 404


def test_old_figures_are_forgotten(desk: JsonClient, make: Factory) -> None:
    channel = make.channel()
    times(make, channel.id, utcnow() - timedelta(days=91), 1.0)
    times(make, channel.id, utcnow() - timedelta(days=89), 1.0)
    assert latency.forget_old() == 1


def _answer(pairing: Pairing, text: str) -> str:
    pairing.waha.person_writes(number=CUSTOMER, body="oi")
    pairing.until(lambda: "oi" in pairing.bodies())
    return _reply(pairing, text)


def _reply(pairing: Pairing, text: str) -> str:
    conversation = pairing.desk.get("/conversations", status="all").json["items"][0]["id"]
    body = {"client_id": str(uuid.uuid4()), "kind": "text", "body": text}
    sent = pairing.desk.post(f"/conversations/{conversation}/messages", body)
    assert sent.status_code == 202, sent.text
    return str(sent.json["id"])


def test_ticks_are_timed_as_they_come(pairing: Pairing) -> None:
    pairing.pair()
    pairing.quick()
    message_id = uuid.UUID(_answer(pairing, "bom dia"))

    def row() -> MessageTimes | None:
        found = database.query(MessageTimes).filter_by(message_id=message_id).populate_existing().one_or_none()
        database.commit()
        return found

    pairing.until(lambda: (found := row()) is not None and found.read_at is not None)
    found = row()
    assert found is not None
    steps = [found.queued_at, found.sent_at, found.delivered_at, found.read_at]
    assert steps == sorted(step for step in steps if step is not None)
    assert found.accepted_at is not None
    assert pairing.row.last_ack_at is not None
    pairing.waha.owner_writes(number=CUSTOMER, body="from the phone")
    pairing.until(lambda: "from the phone" in pairing.bodies())
    pairing.turn()
    assert database.query(MessageTimes).count() == 1
    (item,) = pairing.desk.get(LATENCY).json["items"]
    assert (item["count"], item["delivered_to_read"]["count"]) == (1, 1)


def test_missing_ticks_raise_an_alarm_once_and_ticks_end_it(pairing: Pairing, desk: JsonClient) -> None:
    pairing.pair()
    pairing.quick()
    pairing.waha.person_writes(number=CUSTOMER, body="oi")
    pairing.until(lambda: "oi" in pairing.bodies())
    pairing.waha.trouble.pretend(pairing.name)  # sends are taken, and nothing moves
    message_id = uuid.UUID(_reply(pairing, "chegou?"))

    def accepted() -> Any:
        found = database.query(MessageTimes.accepted_at).filter_by(message_id=message_id).scalar()
        database.commit()
        return found

    pairing.until(accepted)
    assert pairing.item()["alarm_at"] is None
    with transaction() as session:
        session.query(MessageTimes).update({"accepted_at": utcnow() - timedelta(minutes=11)})
    for _ in range(2):
        pairing.look()
    assert pairing.item()["alarm_at"]
    told = [one for one in desk.get("/notifications").json["items"] if one["code"] == "whatsapp_web.NO_ACKS"]
    assert [one["url"] for one in told] == [f"/p/whatsapp_web/sessions/{pairing.id}"]
    notices = desk.get(f"/channels/{pairing.item()['channel_id']}/notices").json["items"]
    assert sum("confirms none" in notice["title"] for notice in notices) == 1
    desk.post(f"{BASE}/{pairing.id}/restart")
    pairing.until("ready")
    _reply(pairing, "e agora?")
    pairing.until(lambda: pairing.row.alarm_at is None)


def test_a_failed_message_waits_for_no_tick(pairing: Pairing) -> None:
    pairing.pair()
    pairing.quick()
    pairing.waha.fail("ack_error")
    message_id = uuid.UUID(_answer(pairing, "não vai"))

    def failed() -> Any:
        found = database.query(MessageTimes.failed_at).filter_by(message_id=message_id).scalar()
        database.commit()
        return found

    pairing.until(failed)
    with transaction() as session:
        session.query(MessageTimes).update({"accepted_at": utcnow() - timedelta(minutes=11)})
    pairing.look()
    assert pairing.item()["alarm_at"] is None


# --- the chart --------------------------------------------------------------------------------------


def test_a_chart_has_its_lines_between_its_axes(desk: JsonClient) -> None:
    end = HOUR + timedelta(hours=24)
    hours = [(HOUR + timedelta(hours=number), Spread(9, 200.0 + number, 900.0, 70_000.0)) for number in range(3)]
    drawn = chart.drawn([*hours, (HOUR + timedelta(hours=9), Spread(0, None, None, None))], HOUR, end)
    assert drawn is not None
    assert [line.name for line in drawn.lines] == ["p50", "p95", "p99"]
    assert [words for _y, words in drawn.levels] == ["100 ms", "1 s", "10 s", "1.7 min"]
    for line in drawn.lines:
        assert len(line.dots) == 3
        assert all(drawn.left <= x <= drawn.right and 0 < y <= drawn.bottom for x, y in line.dots)
    fast, _middle, slow = (line.dots[0][1] for line in drawn.lines)
    assert fast > slow
    assert chart.drawn([], HOUR, end) is None


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(None, "–"), (8.4, "8 ms"), (1500, "1.5 s"), (42_000, "42 s"), (120_000, "2 min"), (7_200_000, "2 h")],
)
def test_times_in_words(desk: JsonClient, milliseconds: float | None, words: str) -> None:
    assert chart.took(milliseconds) == words
