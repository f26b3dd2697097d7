"""Jobs run at least once, wait for their plugin, and end."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from ramal.database.session import current_organization_id, db, system_transaction, transaction, use_organization
from ramal.events import doorbell, jobs
from ramal.events.connection import redis_link
from ramal.events.services import enqueue
from ramal.pipeline.worker.sweeper import sweep
from ramal.plugins.contributions import JobType
from ramal.plugins.registry import Contributions

from .conftest import enable, install, rows


@pytest.fixture
def ran() -> list[Any]:
    return []


@pytest.fixture
def core_job(ran: list[Any]) -> Iterator[Callable[..., None]]:
    """Register a core job for one test."""
    names = []

    def register(name: str, function: Callable[..., Any], **options: Any) -> None:
        jobs.register_job(name, function, **options)
        names.append(name)

    yield register
    for name in names:
        del jobs._core_jobs[name]


@pytest.fixture
def put(app: Flask, organization: uuid.UUID) -> Callable[..., uuid.UUID]:
    def put_job(name: str, **options: Any) -> uuid.UUID:
        with app.app_context():
            use_organization(organization)
            return enqueue(name, **options)

    return put_job


def job(id_: uuid.UUID) -> Any:
    (row,) = rows("select * from job where id = :id", id=id_)
    return row


def test_it_runs_in_its_organization_without_a_transaction(
    core_job: Any, put: Any, ran: list[Any], organization: uuid.UUID
) -> None:
    def note(word: str) -> None:
        ran.append((word, current_organization_id(), db.session().in_transaction()))

    core_job("note", note)
    id_ = put("note", word="olá")
    jobs.run_job(str(id_))
    assert ran == [("olá", organization, False)]
    assert job(id_).status == "done"
    jobs.run_job(str(id_))
    assert len(ran) == 1


def test_enqueue_announces_it_after_commit(app: Flask, core_job: Any, put: Any) -> None:
    core_job("note", lambda: None)
    id_ = put("note")
    assert doorbell.jobs_queue(redis_link()).job_ids == [f"{id_.hex}-0"]


def test_a_later_job_waits_for_its_time(core_job: Any, put: Any, ran: list[Any]) -> None:
    core_job("note", lambda: ran.append(1))
    id_ = put("note", delay=timedelta(hours=1))
    assert doorbell.jobs_queue(redis_link()).job_ids == []
    jobs.run_job(id_)
    assert ran == []
    rows("update job set run_at = now() returning 1")
    assert "jobs" in sweep()
    assert doorbell.jobs_queue(redis_link()).job_ids == [f"{id_.hex}-0"]
    jobs.run_job(id_)
    assert ran == [1]


def test_failures_wait_longer_each_time_and_end(core_job: Any, put: Any) -> None:
    def fail() -> None:
        raise ValueError("no")

    core_job("fail", fail)
    id_ = put("fail", max_attempts=2)
    jobs.run_job(id_)
    first = job(id_)
    assert (first.status, first.attempts, first.error) == ("queued", 1, "ValueError: no")
    assert first.run_at > first.created_at + timedelta(seconds=4)
    rows("update job set run_at = now() returning 1")
    jobs.run_job(id_)
    assert job(id_).status == "failed"
    assert jobs.delay_after(2) == 2 * jobs.delay_after(1)
    assert jobs.delay_after(40) == timedelta(hours=1)


def test_the_job_of_a_dead_worker_is_taken_up_when_its_lease_is_over(core_job: Any, put: Any, ran: list[Any]) -> None:
    core_job("note", lambda: ran.append(1))
    id_ = put("note")
    rows("update job set status = 'running', attempts = 1, locked_until = now() + interval '1 minute' returning 1")
    jobs.run_job(id_)
    assert ran == []
    assert sweep() == []
    rows("update job set locked_until = now() - interval '1 second' returning 1")
    assert "jobs" in sweep()
    jobs.run_job(id_)
    assert ran == [1]
    assert job(id_).attempts == 2


def test_one_that_kills_its_worker_every_time_is_given_up(core_job: Any, put: Any, ran: list[Any]) -> None:
    core_job("note", lambda: ran.append(1))
    id_ = put("note", max_attempts=3)
    rows("update job set status = 'running', attempts = 3, locked_until = now() - interval '1 s' returning 1")
    jobs.run_job(id_)
    assert ran == []
    assert job(id_).status == "failed"


def test_a_late_worker_can_not_finish_what_another_took_up(core_job: Any, put: Any) -> None:
    def slow() -> None:
        rows("update job set attempts = 2, status = 'running' returning 1")
        raise RuntimeError("too late")

    core_job("slow", slow)
    id_ = put("slow")
    jobs.run_job(id_)
    assert (job(id_).status, job(id_).error) == ("running", None)


def test_unknown_names_fail_at_once(put: Any) -> None:
    id_ = put("nothing.of.the.kind")
    jobs.run_job(id_)
    assert job(id_).status == "failed"
    jobs.run_job(uuid.uuid4())


def test_a_plugin_that_is_switched_off_lets_its_jobs_wait(
    app: Flask, organization: uuid.UUID, put: Any, ran: list[Any]
) -> None:
    install(app, {"crm": object()})
    record = app.extensions["ramal.plugins"].records["crm"]
    record.contributions = Contributions(jobs={"note": JobType("note", lambda: ran.append(1))})
    id_ = put("note", plugin="crm")
    jobs.run_job(id_)
    assert ran == []
    assert job(id_).status == "queued"
    enable(organization, "crm")
    app.extensions["ramal.gate"].known.clear()
    rows("update job set run_at = now() returning 1")
    jobs.run_job(id_)
    assert ran == [1]


def test_names_are_unique(core_job: Any) -> None:
    core_job("note", lambda: None)
    with pytest.raises(ValueError, match="twice"):
        jobs.register_job("note", lambda: None)


def test_a_key_makes_it_single(app: Flask, organization: uuid.UUID) -> None:
    use_organization(organization)
    with transaction():
        first = enqueue("note", key="one")
        assert enqueue("note", key="one") == first


def test_the_sweeper_rings_for_the_log(app: Flask, emit: Any) -> None:
    emit(1)
    assert sweep() == ["events"]
    rows("update event set position = nextval('event_position') returning 1")
    assert sweep() == ["hooks"]
    with system_transaction() as session:
        assert session.is_active
