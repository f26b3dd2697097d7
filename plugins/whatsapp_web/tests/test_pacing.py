"""How fast a number writes, from its first day on; and whether a silent provider is told from a quiet one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ramal.testing.client import JsonClient
from ramal_whatsapp_web import pacing
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.services import liveness

from .pairing import BASE, Pairing

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SETTINGS = {"messages_per_minute": 20, "first_day_per_minute": 2, "ramp_days": 10, "jitter_percent": 40}


def pace(days: float | None, **changes: Any) -> float:
    since = None if days is None else NOW - timedelta(days=days)
    return pacing.per_minute({**SETTINGS, **changes}, since, NOW)


def test_a_number_grows_by_the_same_factor_each_day() -> None:
    days = [pace(day) for day in range(12)]
    assert (days[0], days[10], days[11]) == (2.0, 20.0, 20.0)
    factors = [later / earlier for earlier, later in itertools.pairwise(days[:11])]
    assert all(factor == pytest.approx(10 ** (1 / 10)) for factor in factors)
    assert pace(0.9) == pace(0)
    assert pace(None) == 2.0
    assert pace(-1) == 2.0


def test_the_ramp_can_be_left_out_and_never_leads_down() -> None:
    assert pace(0, ramp_days=0) == 20.0
    assert pace(0, first_day_per_minute=50) == 20.0


def test_the_channel_lends_its_limit(pairing: Pairing, desk: JsonClient) -> None:
    """What the sender asks before each message: it knows since when the number is connected."""
    from ramal.channels.context import context_for
    from ramal.channels.services import get_channel

    item = pairing.pair()
    assert item["messages_per_minute"] == 3.0
    channel = get_channel(item["channel_id"])
    context = context_for(channel)
    limit = pacing.rate_limit(context)
    assert (round(limit.rate * 60, 3), limit.burst, limit.jitter) == (3.0, 2, 0.4)
    assert pacing.since_of(context.state) is not None
    assert pacing.since_of({}) is None
    assert pacing.since_of({pacing.SINCE: "nonsense"}) is None
    body = {"messages_per_minute": 30, "first_day_per_minute": 10, "ramp_days": 5, "jitter_percent": 0}
    answer = desk.put(f"{BASE}/{pairing.id}/pace", body)
    assert (answer.status_code, answer.json["messages_per_minute"], answer.json["state"]) == (200, 10.0, "ready")
    assert desk.put(f"{BASE}/{pairing.id}/pace", {"messages_per_minute": 0}).status_code == 422


# --- silent, or quiet -------------------------------------------------------------------------------


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def looks(*events: tuple[float, float | None, float | None]) -> list[bool]:
    """(time of the look, the provider's newest message, our last delivery) → whether it was found silent."""
    row = Session()
    answers = []
    for now, activity, heard in events:
        newest = None if activity is None else at(activity)
        answers.append(liveness.silent(row, newest, None if heard is None else at(heard), at(now)))
    return answers


def test_nothing_new_is_no_silence() -> None:
    assert looks((0, 100, None), (30, 100, None), (900, 100, None)) == [False] * 3
    assert looks((0, None, None), (900, None, None)) == [False] * 2


def test_what_is_new_and_delivered_is_no_silence() -> None:
    assert looks((0, 100, None), (30, 110, 25), (60, 115, 55)) == [False] * 3


def test_what_is_new_has_a_moment_to_arrive() -> None:
    assert looks((0, 100, None), (30, 129, None), (31, 129, None), (40, 129, 39)) == [False] * 4


def test_what_is_new_and_never_arrives_is_silence() -> None:
    assert looks((0, 100, -50), (30, 129, -50), (44, 129, -50), (46, 129, -50)) == [False, False, False, True]


def test_the_providers_clock_does_not_matter() -> None:
    """An hour ahead or behind: its times are compared with each other only."""
    for skew in (-3600, 3600):
        assert looks((0, skew, 0), (30, skew + 5, 28), (60, skew + 40, 59), (90, skew + 40, 59)) == [False] * 4
        assert looks((0, skew, 0), (30, skew + 5, 0), (50, skew + 5, 0)) == [False, True, True] or looks(
            (0, skew, -9), (30, skew + 5, -9), (50, skew + 5, -9)
        ) == [False, False, True]
