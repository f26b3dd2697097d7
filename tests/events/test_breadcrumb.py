"""What a dead worker leaves behind."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from ramal.database.session import use_organization
from ramal.events import jobs
from ramal.events.charges import charge
from ramal.events.services import enqueue
from ramal.plugins.breadcrumb import GRACE, Breadcrumb, Crumb, use_breadcrumb, working_on
from ramal.plugins.gate import plugin_active

from .conftest import rows
from .fakes import Writer

EVENT = Crumb("event", "crm", "organization", "id", "on_inbound_message")
HOOK = Crumb("hook", "crm", "organization", "", "a hook")
JOB = Crumb("job", "crm", "organization", "id", "import ção")


@pytest.fixture
def breadcrumb() -> Iterator[Breadcrumb]:
    found = Breadcrumb()
    use_breadcrumb(found)
    yield found
    use_breadcrumb(None)


def test_it_says_what_is_done_and_only_then(breadcrumb: Breadcrumb) -> None:
    assert breadcrumb.left_behind() is None
    with working_on(JOB, 1):
        assert breadcrumb.left_behind() == (JOB, False)
    assert breadcrumb.left_behind() is None


def test_the_inner_one_counts_and_the_outer_one_comes_back(breadcrumb: Breadcrumb) -> None:
    with working_on(JOB, 60):
        with working_on(HOOK, 1):
            assert breadcrumb.left_behind() == (HOOK, False)
        assert breadcrumb.left_behind() == (JOB, False)


def test_an_event_says_more_than_its_hook(breadcrumb: Breadcrumb) -> None:
    with working_on(EVENT, 1), working_on(HOOK, 1):
        assert breadcrumb.left_behind() == (EVENT, False)


def test_it_is_overdue_after_the_grace(breadcrumb: Breadcrumb) -> None:
    with working_on(EVENT, 60):
        assert not breadcrumb.overdue()
    with working_on(EVENT, -GRACE - 0.01):
        assert breadcrumb.overdue()
        breadcrumb.mark_killed()
        assert not breadcrumb.overdue(), "a killed worker is not killed twice"
        breadcrumb.mark_dead()
        assert breadcrumb.left_behind() == (EVENT, True)


def test_other_threads_leave_none(breadcrumb: Breadcrumb) -> None:
    found: list[Any] = []

    def work() -> None:
        with working_on(EVENT, 1):
            found.append(breadcrumb.left_behind())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [None]


def test_a_job_that_hung_has_failed_a_try(app: Flask, organization: uuid.UUID) -> None:
    with app.app_context():
        use_organization(organization)
        id_ = enqueue("anything")
    rows("update job set status = 'running', attempts = 1, locked_until = now() + interval '1 hour' returning 1")
    charge(Crumb("job", "core", str(organization), str(id_), "anything"), killed=True)
    (row,) = rows("select status, error, locked_until from job")
    assert row.status == "queued"
    assert "killed" in row.error
    assert row.locked_until is None
    assert jobs.due_jobs() == []


def test_a_hook_that_hung_outside_the_log_is_suspended(app: Flask, organization: uuid.UUID, plug: Any) -> None:
    plug(crm=Writer("crm"))
    charge(Crumb("hook", "crm", str(organization), "", "a hook"), killed=False)
    assert plugin_active(organization, "crm")
    charge(Crumb("hook", "crm", str(organization), "", "a hook"), killed=True)
    assert not plugin_active(organization, "crm")


def test_an_event_that_is_gone_is_nobodys_account(app: Flask, organization: uuid.UUID) -> None:
    charge(Crumb("event", "crm", str(organization), str(uuid.uuid4()), "x"), killed=True)
    assert rows("select * from plugin_delivery") == []
