"""Token buckets, in Redis and without it."""

import time

import pytest
from redis import RedisError

from ramal.channels.types import RateLimit
from ramal.events.connection import redis_link
from ramal.pipeline.outbound.limits import Bucket, Buckets


@pytest.fixture(params=["redis", "no redis", "redis dies"])
def buckets(request, app, monkeypatch):
    link = redis_link()
    if request.param == "no redis":
        monkeypatch.setattr(link, "client", None)
    if request.param == "redis dies":

        def dead(*_args):
            raise RedisError("gone")

        monkeypatch.setattr(link.client, "eval", dead)
        monkeypatch.setattr(link, "failed", lambda: None)
    return Buckets()


def test_a_burst_and_then_one_at_a_time(buckets):
    bucket = Bucket.of("b", RateLimit(rate=0.5, burst=3))
    taken = [buckets.take([bucket]) for _ in range(5)]

    assert taken[:3] == [None, None, None]
    assert 0 < taken[3].seconds <= 2
    assert taken[4].bucket == bucket
    end = time.monotonic() + 30
    while buckets.take([bucket]) is not None:
        assert time.monotonic() < end


def test_all_buckets_give_or_none_does(buckets):
    wide, narrow = Bucket.of("wide", RateLimit(rate=1, burst=2)), Bucket.of("narrow", RateLimit(rate=0.1))
    assert buckets.take([wide, narrow]) is None
    lack = buckets.take([wide, narrow])

    assert lack.bucket == narrow
    assert 9 < lack.seconds <= 10
    assert buckets.take([wide]) is None
    assert buckets.take([wide]).bucket == wide
    assert buckets.take([]) is None


def test_jitter_draws_each_pause_and_keeps_the_mean():
    """The pause after a token is drawn; how many may run ahead is not."""
    limit = RateLimit(rate=0.5, burst=3, jitter=0.4)
    drawn = [Bucket.of("b", limit).interval for _ in range(500)]
    assert min(drawn) >= 1.2
    assert max(drawn) <= 2.8
    assert len(set(drawn)) > 400
    assert sum(drawn) / len(drawn) == pytest.approx(2.0, abs=0.1)
    assert {Bucket.of("b", limit).tolerance for _ in range(9)} == {4.0}
    assert Bucket.of("b", limit, chance=lambda _low, high: high).interval == pytest.approx(2.8)
    assert Bucket.of("b", RateLimit(rate=0.5)).interval == 2.0
