"""Guessing passwords gets slow, for the guesser only, and Redis has no part in it."""

from collections.abc import Callable
from datetime import timedelta

import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from ramal.accounts.throttle import (
    FIRST_WAIT,
    FORGET,
    FREE,
    FREE_PER_ADDRESS,
    LONGEST_WAIT,
    forget_old_failures,
    note_failure,
)
from ramal.database.base import utcnow
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization

Api = Callable[[Member | None], JsonClient]


def attempt(app: Flask, email: str, password: str, ip: str = "203.0.113.7") -> TestResponse:
    body = {"email": email, "password": password}
    return app.test_client().post("/api/v1/auth/token", json=body, environ_base={"REMOTE_ADDR": ip})


def test_the_door_closes_for_longer_each_time(app: Flask, agent: Member) -> None:
    for _number in range(FREE):
        assert attempt(app, agent.email, "wrong").status_code == 401
    closed = attempt(app, agent.email, agent.password)
    assert closed.status_code == 429, "even with the right password"
    assert 1 <= int(closed.headers["Retry-After"]) <= FIRST_WAIT.total_seconds() + 1
    with time_machine.travel(utcnow() + FIRST_WAIT + timedelta(seconds=1), tick=True):
        assert attempt(app, agent.email, "wrong").status_code == 401
        longer = attempt(app, agent.email, "wrong")
        assert int(longer.headers["Retry-After"]) > FIRST_WAIT.total_seconds()


def test_others_are_not_locked_out(app: Flask, agent: Member, admin: Member) -> None:
    for _number in range(FREE + 1):
        attempt(app, agent.email, "wrong")
    assert attempt(app, agent.email, agent.password, ip="203.0.113.8").status_code == 200
    assert attempt(app, admin.email, admin.password).status_code == 200


def test_the_spelling_of_the_email_makes_no_difference(app: Flask, agent: Member) -> None:
    for number in range(FREE):
        attempt(app, agent.email.upper() if number % 2 else f" {agent.email} ", "wrong")
    assert attempt(app, agent.email, agent.password).status_code == 429


def test_a_login_forgets_the_failures(app: Flask, agent: Member) -> None:
    for _number in range(FREE - 1):
        attempt(app, agent.email, "wrong")
    assert attempt(app, agent.email, agent.password).status_code == 200
    for _number in range(FREE - 1):
        assert attempt(app, agent.email, "wrong").status_code == 401


def test_one_address_cannot_try_every_email(app: Flask, organization: TestOrganization) -> None:
    for number in range(FREE_PER_ADDRESS):
        note_failure("203.0.113.7", f"user{number}@example.com")
    assert attempt(app, organization.agent.email, organization.agent.password).status_code == 429
    assert attempt(app, organization.agent.email, organization.agent.password, ip="203.0.113.8").status_code == 200


def test_the_wait_has_an_end(app: Flask, agent: Member) -> None:
    for _number in range(40):
        note_failure("203.0.113.7", agent.email)
    assert int(attempt(app, agent.email, "x").headers["Retry-After"]) <= LONGEST_WAIT.total_seconds() + 1


def test_an_hour_of_quiet_forgets(app: Flask, agent: Member) -> None:
    for _number in range(FREE):
        attempt(app, agent.email, "wrong")
    assert forget_old_failures() == 0
    with time_machine.travel(utcnow() + FORGET + timedelta(minutes=1), tick=True):
        assert attempt(app, agent.email, "wrong").status_code == 401
        assert attempt(app, agent.email, "wrong").status_code == 401, "counting began anew"
    with time_machine.travel(utcnow() + 3 * FORGET, tick=True):
        assert forget_old_failures() == 2
