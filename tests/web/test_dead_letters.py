"""Dead letters: seen, tried again, discarded, by those who may, in their own organization."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ramal.accounts.audit import list_audit
from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.events.connection import redis_link
from ramal.events.doorbell import jobs_queue
from ramal.events.failures import suspend
from ramal.events.models import Event, Job, PluginDelivery
from ramal.events.services import emit_event
from ramal.testing.factories import TestOrganization

SHOWN = 'data-testid="dead-letter"'


@pytest.fixture
def supervisor(organization: TestOrganization) -> Any:
    return organization.member("supervisor")


def dead_event(plugin: str = "crm", error: str = "ValueError: no", status: str = "dead") -> uuid.UUID:
    with transaction() as session:
        event = emit_event("message.updated", {"n": 1})
        session.flush()
        row = PluginDelivery(
            event_id=event.id,
            plugin=plugin,
            bucket=event.bucket,
            position=1,
            status=status,
            attempts=6,
            error=error,
            failed_at=utcnow(),
            next_at=utcnow() if status == "waiting" else None,
        )
        session.add(row)
    return row.id


def dead_job(name: str = "media.fetch") -> uuid.UUID:
    with transaction() as session:
        row = Job(name=name, run_at=utcnow(), status="failed", attempts=6, error="TimeoutError", finished_at=utcnow())
        session.add(row)
    return row.id


def row(id_: uuid.UUID) -> Any:
    with transaction() as session:
        session.expunge_all()
        return session.get(PluginDelivery, id_) or session.get(Job, id_)


def test_they_are_listed_with_their_errors(api: Any, supervisor: Any, organization: TestOrganization) -> None:
    event, job = dead_event(), dead_job()
    waiting = dead_event("other", status="waiting")
    answer = api(supervisor).get("/dead-letters").json
    assert answer["total"] == 2
    assert [item["id"] for item in answer["items"]] == [str(job), str(event)]
    shown = answer["items"][1]
    assert (shown["kind"], shown["name"], shown["plugin"], shown["error"], shown["attempts"]) == (
        "event",
        "message.updated",
        "crm",
        "ValueError: no",
        6,
    )
    assert [item["id"] for item in api(supervisor).get("/dead-letters", state="waiting").json["items"]] == [
        str(waiting)
    ]
    assert api(supervisor).get("/dead-letters", state="all", plugin="core").json["total"] == 1
    assert len(api(supervisor).get("/dead-letters", page=2, page_size=1).json["items"]) == 1
    assert api(supervisor).get("/dead-letters", state="rubbish").status_code == 422


def test_one_is_tried_again(api: Any, supervisor: Any, organization: TestOrganization) -> None:
    event, job = dead_event(), dead_job()
    assert api(supervisor).post(f"/dead-letters/{event}/retry").status_code == 204
    assert api(supervisor).post(f"/dead-letters/{job}/retry").status_code == 204
    again = row(event)
    assert (again.status, again.attempts) == ("waiting", 0)
    assert again.next_at <= utcnow()
    assert row(job).status == "queued"
    assert jobs_queue(redis_link()).job_ids == [f"{job.hex}-0"]
    assert {entry.action for entry in list_audit(page_size=10).items} >= {"dead_letter.retried"}


def test_all_of_a_plugin_are_tried_again(api: Any, supervisor: Any, organization: TestOrganization) -> None:
    mine, other, job = dead_event("crm"), dead_event("other"), dead_job()
    assert api(supervisor).post("/dead-letters/retry", {"plugin": "crm"}).json == {"count": 1}
    assert row(mine).status == "waiting"
    assert row(other).status == "dead"
    assert api(supervisor).post("/dead-letters/retry").json == {"count": 2}
    assert row(job).status == "queued"


def test_one_is_discarded(api: Any, supervisor: Any, organization: TestOrganization) -> None:
    event = dead_event()
    assert api(supervisor).delete(f"/dead-letters/{event}").status_code == 204
    assert row(event) is None
    assert db.session.execute(db.select(db.func.count()).select_from(Event)).scalar_one() == 1
    assert api(supervisor).delete(f"/dead-letters/{event}").status_code == 404


def test_agents_may_not(api: Any, organization: TestOrganization, login: Any, client: FlaskClient) -> None:
    event = dead_event()
    agent = api(organization.agent)
    assert agent.get("/dead-letters").status_code == 403
    assert agent.post(f"/dead-letters/{event}/retry").status_code == 403
    assert login(client, organization.agent).get("/settings/dead-letters").status_code == 403


def test_another_organization_does_not_exist(
    api: Any, organization: TestOrganization, other_organization: TestOrganization
) -> None:
    event, job = dead_event(), dead_job()
    stranger = api(other_organization.admin)
    assert stranger.get("/dead-letters", state="all").json["total"] == 0
    for id_ in (event, job):
        assert stranger.post(f"/dead-letters/{id_}/retry").status_code == 404
        assert stranger.delete(f"/dead-letters/{id_}").status_code == 404
    assert stranger.post("/dead-letters/retry").json == {"count": 0}
    assert row(event).status == "dead"


def test_the_page_shows_them_and_its_buttons_work(
    login: Any, client: FlaskClient, supervisor: Any, organization: TestOrganization
) -> None:
    browser = login(client, supervisor)
    empty = browser.get("/settings/dead-letters").get_data(as_text=True)
    assert SHOWN not in empty
    event, job = dead_event(error="<script>alert(1)</script>"), dead_job()
    page = browser.get("/settings/dead-letters").get_data(as_text=True)
    assert page.count(SHOWN) == 2
    assert "&lt;script&gt;" in page
    assert browser.post(f"/settings/dead-letters/{event}/discard").status_code == 303
    assert row(event) is None
    assert browser.post(f"/settings/dead-letters/{job}/retry").status_code == 303
    assert row(job).status == "queued"
    dead_event()
    assert browser.post("/settings/dead-letters/retry").status_code == 303
    assert SHOWN not in browser.get("/settings/dead-letters?page=2&state=rubbish").get_data(as_text=True)


def test_a_suspension_is_in_the_audit_trail(
    app: Flask, organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramal.events.failures.plugin_active", lambda *_args: True)
    suspend("crm", "it failed")
    (entry,) = [entry for entry in list_audit(page_size=10).items if entry.action == "plugin.suspended"]
    assert (entry.actor_name, entry.target_id, entry.after) == ("system", "crm", {"reason": "it failed"})
