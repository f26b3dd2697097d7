"""Services run under a lease, while their plugin is wanted, again after they failed."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from ramal.pipeline.worker import services
from ramal.pipeline.worker.services import _Keeper, lease, run_services
from ramal.pipeline.worker.stopping import Stopping
from ramal.plugins.contributions import Service
from ramal.plugins.registry import Contributions, PluginRecord

from .conftest import enable, install, rows


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PATIENCE", 0.05)


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Kept:
    """A service under a keeper in a thread."""

    def __init__(self, app: Flask, run: Callable[[threading.Event], None], *, demo: bool = True) -> None:
        self.stop = threading.Event()
        record = PluginRecord("crm", state="installed")
        self.thread = threading.Thread(target=_Keeper(app, record, Service("poll", run, demo), self.stop).keep)
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


def test_a_lease_has_one_holder(app: Flask) -> None:
    with lease("one") as first:
        assert first is not None
        with lease("one") as second:
            assert second is None
        with lease("other") as third:
            assert third is not None
    with lease("one") as again:
        assert again is not None


def test_it_runs_until_stopped(app: Flask) -> None:
    began, ended = threading.Event(), threading.Event()

    def run(stop: threading.Event) -> None:
        began.set()
        stop.wait(60)
        ended.set()

    kept = Kept(app, run)
    assert began.wait(30)
    kept.end()
    assert ended.is_set()


def test_one_that_fails_is_run_again(app: Flask) -> None:
    runs: list[int] = []

    def run(stop: threading.Event) -> None:
        runs.append(1)
        raise ValueError("no")

    kept = Kept(app, run)
    until(lambda: len(runs) >= 2)
    kept.end()


def test_who_loses_the_connection_stops_and_takes_the_lease_again(app: Flask) -> None:
    runs: list[bool] = []

    def run(stop: threading.Event) -> None:
        runs.append(stop.wait(60))

    kept = Kept(app, run)
    holder = "select pid from pg_locks where locktype = 'advisory' and classid = :space and granted"
    until(lambda: rows(holder, space=services.LEASE_SPACE))
    cut_everybody()
    until(lambda: runs == [True])
    until(lambda: rows_again(holder))
    kept.end()


def cut_everybody() -> None:
    """A role may end its own sessions; those of this test's database, and not the one that asks."""
    with contextlib.suppress(DBAPIError):
        rows(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = current_user and datname = current_database() and pid <> pg_backend_pid()"
        )


def rows_again(query: str) -> list[Any]:
    try:
        return rows(query, space=services.LEASE_SPACE)
    except DBAPIError:
        return []


def test_a_plugin_that_nobody_has_enabled_runs_no_service(app: Flask, organization: uuid.UUID) -> None:
    install(app, {"crm": object()})
    began = threading.Event()

    def run(stop: threading.Event) -> None:
        began.set()
        stop.wait(60)

    kept = Kept(app, run, demo=False)
    assert not began.wait(0.3)
    enable(organization, "crm")
    assert began.wait(30), "it begins when somebody enables it"
    kept.end()


def test_a_demos_services_run_only_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    install(app, {"crm": object()})
    ran: list[str] = []
    record = app.extensions["ramal.plugins"].records["crm"]
    simulator = Service("simulator", lambda stop: ran.append("simulator"), demo=True)
    record.contributions = Contributions(services=(simulator,))
    stopping = Stopping()

    def housekeeping(*_args: Any) -> None:
        if demo:
            until(lambda: ran)

    monkeypatch.setattr(services, "_housekeeping", housekeeping)
    demo = False
    run_services(app, stopping)
    assert ran == []
    demo = True
    monkeypatch.setenv("RAMAL_DEMO", "1")
    run_services(app, stopping)
    assert ran


def test_sweeping_goes_on_after_a_failure(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping, rounds, cleaned = Stopping(), [], []

    def sweep() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise ConnectionError("gone")
        stopping.asked = len(rounds) == 3

    monkeypatch.setattr(services, "sweep", sweep)
    monkeypatch.setattr(services, "clean", lambda: cleaned.append(1))
    monkeypatch.setattr(services, "INTERVAL", 0)
    monkeypatch.setattr(services, "CLEAN_EVERY", 0)
    run_services(app, stopping)
    assert len(rounds) == 3
    assert cleaned
    with app.app_context():
        assert rows("select 1")
