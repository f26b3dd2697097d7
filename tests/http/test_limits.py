"""Rate limits: in Redis, and in memory while it is away."""

from collections.abc import Callable

import pytest
from flask import Flask
from limits import parse

from ramal.errors import RateLimited
from ramal.http.limits import Limiter, caller, hit, limit
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member

Api = Callable[[Member | None], JsonClient]


def test_beyond_the_rate_the_wait_is_told(app: Flask) -> None:
    with app.test_request_context():
        for _number in range(3):
            hit("3/minute", "thing", "me")
        with pytest.raises(RateLimited) as caught:
            hit("3/minute", "thing", "me")
        hit("3/minute", "thing", "somebody else")
        hit("3/minute", "other thing", "me")
    assert 1 <= caught.value.details["retry_after"] <= 61


def test_processes_share_the_count_through_redis(redis_url: str) -> None:
    one, other, item = Limiter(redis_url), Limiter(redis_url), parse("2/minute")
    assert one.hit(item, "shared") is None
    assert other.hit(item, "shared") is None
    assert one.hit(item, "shared") is not None


def test_without_redis_each_process_counts_by_itself() -> None:
    limiter, item = Limiter("redis://127.0.0.1:1"), parse("2/minute")
    assert limiter.hit(item, "key") is None
    assert limiter.hit(item, "key") is None
    assert limiter.hit(item, "key") is not None


def test_a_view_is_limited_by_caller(app: Flask) -> None:
    @limit("1/minute")
    def view() -> str:
        return caller()

    for ip in ("203.0.113.1", "203.0.113.2"):
        with app.test_request_context(environ_base={"REMOTE_ADDR": ip}):
            assert view() == f"ip:{ip}"
            with pytest.raises(RateLimited):
                view()


def test_a_limited_route_answers_429(api: Api, agent: Member) -> None:
    caller_ = api(agent)
    body = {"current": "wrong", "new": "a brand new secret"}
    codes = [caller_.post("/me/password", body).status_code for _number in range(11)]
    assert codes == [422] * 10 + [429]
