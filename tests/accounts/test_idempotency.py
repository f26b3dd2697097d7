"""Idempotency-Key: the same request twice takes effect once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine
from flask import Flask

from ramal.accounts.idempotency import ABANDONED, KEPT, forget_old_keys
from ramal.accounts.models import IdempotencyKey
from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization

Api = Callable[[Member | None], JsonClient]
KEY = {"Idempotency-Key": "order-1"}
BODY = {"name": "Rui", "email": "rui@example.com", "role": "agent", "password": "a fine password"}


def test_the_second_request_gets_the_first_answer(api: Api, admin: Member) -> None:
    caller = api(admin)
    first = caller.post("/users", BODY, headers=KEY)
    second = caller.post("/users", BODY, headers=KEY)
    assert first.status_code == second.status_code == 201
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert caller.get("/users").json["total"] == 3


def test_two_at_once_take_effect_once(app: Flask, api: Api, admin: Member) -> None:
    caller = api(admin)
    body = {"name": "t", "scopes": ["team.read"]}
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _number: caller.post("/api-tokens", body, headers=KEY), range(5)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(caller.get("/api-tokens").json["items"]) == 1


def test_a_key_belongs_to_one_request(api: Api, admin: Member) -> None:
    caller = api(admin)
    caller.post("/users", BODY, headers=KEY)
    other = caller.post("/users", {**BODY, "name": "Ada"}, headers=KEY)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json["error"]["details"]


def test_a_key_belongs_to_one_user(api: Api, admin: Member, organization: TestOrganization) -> None:
    second = organization.member("org_admin")
    body = {"name": "t", "scopes": ["team.read"]}
    ids = {api(user).post("/api-tokens", body, headers=KEY).json["id"] for user in (admin, second)}
    assert len(ids) == 2


def test_a_request_that_failed_may_be_mended(api: Api, admin: Member) -> None:
    caller = api(admin)
    assert caller.post("/users", {**BODY, "role": "king"}, headers=KEY).status_code == 422
    assert caller.post("/users", BODY, headers=KEY).status_code == 201


def test_a_request_that_died_gives_its_key_back(api: Api, admin: Member) -> None:
    caller = api(admin)
    with transaction() as session:
        session.add(IdempotencyKey(user_id=admin.id, key="order-1", request_hash="0" * 64))
    assert caller.post("/users", BODY, headers=KEY).status_code == 409
    with time_machine.travel(utcnow() + ABANDONED + timedelta(seconds=1), tick=True):
        assert caller.post("/users", BODY, headers=KEY).status_code == 201


def test_a_key_is_forgotten_after_a_day(api: Api, admin: Member) -> None:
    body = {"name": "t", "scopes": ["team.read"]}
    first = api(admin).post("/api-tokens", body, headers=KEY).json
    assert forget_old_keys() == 0
    with time_machine.travel(utcnow() + KEPT + timedelta(minutes=1), tick=True):
        assert api(admin).post("/api-tokens", body, headers=KEY).json["id"] != first["id"]
    with time_machine.travel(utcnow() + 2 * KEPT + timedelta(minutes=2), tick=True):
        assert forget_old_keys() == 1
    assert db.session.execute(db.select(IdempotencyKey.id)).first() is None


def test_a_key_that_is_too_long_is_refused(api: Api, admin: Member) -> None:
    answer = api(admin).post("/users", BODY, headers={"Idempotency-Key": "x" * 201})
    assert answer.status_code == 422


def test_an_answer_without_a_body_can_be_repeated(api: Api, admin: Member) -> None:
    caller = api(admin)
    body = {"current": admin.password, "new": "a brand new secret"}
    assert caller.post("/me/password", body, headers=KEY).status_code == 204
    again = caller.post("/me/password", body, headers=KEY)
    assert again.status_code == 204
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_answer_is_kept_encrypted(api: Api, admin: Member) -> None:
    body = {"name": "t", "scopes": ["team.read"]}
    made = api(admin).post("/api-tokens", body, headers=KEY).json
    kept = db.session.execute(db.select(IdempotencyKey.response)).scalar_one()
    assert kept is not None
    assert made["token"] not in str(kept)
    assert api(admin).post("/api-tokens", body, headers=KEY).json == made
