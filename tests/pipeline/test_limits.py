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
