"""Activities: made from a message, found by when they are due, reminded of once, done and undone."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from ramal.api import Conflict, ContactInfo, InvalidPayload, NotFound, new_id, session, utcnow
from ramal.database.session import db, transaction, use_organization
from ramal.events.jobs import run_job
from ramal.events.models import Job
from ramal.plugins.services import disable_plugin, enable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory
from ramal_crm import days
from ramal_crm.models import Activity, Customer, CustomerContact, TimelineEntry
from ramal_crm.services import activities, people, references, reminders

SOON = timedelta(hours=2)


def task(**values: Any) -> Activity:
    return activities.create_activity({"title": "Ligar", "due_at": utcnow() + SOON, **values})


def jobs() -> list[Job]:
    query = db.select(Job).where(Job.name == reminders.REMIND).order_by(Job.id)
    return list(session.execute(query.execution_options(populate_existing=True)).scalars())


def again(activity: Activity) -> Activity:
    db.session.rollback()
    db.session.expire_all()
    return activities.get_activity(activity.id)


def test_one_made_from_a_message_knows_whom_it_is_about(enabled: Any, make: Factory) -> None:
    message = make.message(body="Pode me ligar amanhã?")
    conversation = session.get(type(make.conversation()), message.conversation_id)
    customer = make.add(Customer(kind="person", name="Carla"))
    make.add(CustomerContact(customer_id=customer.id, contact_id=conversation.contact_id))
    made = task(message_id=message.id)
    assert (made.conversation_id, made.contact_id, made.customer_id) == (
        conversation.id,
        conversation.contact_id,
        customer.id,
    )
    elsewhere = make.conversation()
    with pytest.raises(InvalidPayload):
        task(message_id=message.id, conversation_id=elsewhere.id)


def test_of_several_customers_none_is_guessed(enabled: Any, make: Factory) -> None:
    contact = make.contact()
    for name in ("Padaria", "Oficina"):
        customer = make.add(Customer(kind="company", name=name))
        make.add(CustomerContact(customer_id=customer.id, contact_id=contact.id))
    assert task(contact_id=contact.id).customer_id is None


@pytest.mark.parametrize(
    "name", ["customer_id", "deal_id", "contact_id", "conversation_id", "message_id", "assignee_id"]
)
def test_nothing_is_linked_that_does_not_exist(enabled: Any, name: str) -> None:
    with pytest.raises(NotFound):
        task(**{name: uuid.uuid4()})


def test_lists_by_when_it_is_due(enabled: Any, make: Factory, agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Half past noon in São Paulo, on a Monday.
    now = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    for module in (days, activities):
        monkeypatch.setattr(module, "utcnow", lambda: now)
    due = {
        "yesterday": now - timedelta(days=1),
        "this morning": now - timedelta(hours=12),
        "this evening": now + timedelta(hours=11),
        "in six days": now + timedelta(days=6),
        "next month": now + timedelta(days=30),
    }
    made = {name: task(title=name, due_at=at) for name, at in due.items()}
    made["done"] = activities.finish(task(title="done").id)

    def titles(when: str, **more: Any) -> list[str]:
        return [each.title for each in activities.list_activities(activities.Search(when=when, **more)).items]

    assert titles("open") == ["yesterday", "this morning", "this evening", "in six days", "next month"]
    assert titles("overdue") == ["yesterday", "this morning"]
    assert titles("today") == ["this morning", "this evening"]
    assert titles("week") == ["this morning", "this evening", "in six days"]
    assert titles("done") == ["done"]
    activities.change_activity(made["next month"].id, {"assignee_id": agent.id})
    assert titles("open", assignee_id=agent.id) == ["next month"]
    assert activities.count_activities(activities.Search(when="week")) == 3
    assert activities.count_activities(activities.Search(), most=2) == 2
    first = activities.list_activities(activities.Search(), page_size=3)
    rest = activities.list_activities(activities.Search(), cursor=first.next_cursor)
    assert [each.title for each in [*first.items, *rest.items]] == titles("open")


def test_what_comes_next(enabled: Any, make: Factory) -> None:
    contact = make.contact()
    assert activities.next_activity_of(contact_id=contact.id) is None
    later, sooner = (task(contact_id=contact.id, due_at=utcnow() + timedelta(days=day)) for day in (3, -1))
    assert activities.next_activity_of(contact_id=contact.id).id == sooner.id  # type: ignore[union-attr]
    activities.finish(sooner.id)
    assert activities.next_activity_of(contact_id=contact.id).id == later.id  # type: ignore[union-attr]


def test_done_and_undone(enabled: Any, make: Factory) -> None:
    contact = make.contact()
    activity = task(contact_id=contact.id)
    activities.finish(activity.id)
    at = again(activity).done_at
    assert at is not None
    activities.finish(activity.id)
    assert again(activity).done_at == at
    lines = db.select(TimelineEntry).where(TimelineEntry.kind == "activity.done")
    (line,) = session.execute(lines).scalars().all()
    assert (line.contact_id, line.data) == (contact.id, {"title": "Ligar", "type": "task"})
    for late in (
        lambda: activities.change_activity(activity.id, {"title": "x"}),
        lambda: activities.delete_activity(activity.id),
    ):
        with pytest.raises(Conflict):
            late()
    activities.undo(activity.id)
    assert again(activity).done_at is None
    assert session.execute(lines).scalars().all() == []
    activities.delete_activity(activity.id)
    with pytest.raises(NotFound):
        activities.get_activity(activity.id)


def test_a_reminder_goes_out_once(enabled: Any, work: Callable[[], None]) -> None:
    early = task(remind_at=utcnow() + SOON)
    due = task(remind_at=utcnow() - timedelta(seconds=1))
    done = task(remind_at=utcnow() - timedelta(seconds=1))
    activities.finish(done.id)
    work()
    at = again(due).reminded_at
    assert at is not None
    assert again(early).reminded_at is None
    assert again(done).reminded_at is None
    assert {job.status for job in jobs()} == {"done", "queued"}
    # A job whose worker died after the work is run once more.
    reminders.remind(str(due.id))
    assert again(due).reminded_at == at


def test_a_reminder_waits_for_its_new_time(enabled: Any, work: Callable[[], None]) -> None:
    activity = task(remind_at=utcnow() - timedelta(seconds=1))
    activities.change_activity(activity.id, {"remind_at": utcnow() + SOON})
    work()
    assert again(activity).reminded_at is None
    activities.change_activity(activity.id, {"remind_at": utcnow() - timedelta(seconds=1)})
    work()
    assert again(activity).reminded_at is not None
    activities.change_activity(activity.id, {"remind_at": utcnow() - timedelta(seconds=2)})
    assert again(activity).reminded_at is None
    work()
    assert again(activity).reminded_at is not None
    activities.change_activity(activity.id, {"remind_at": None})
    work()
    assert again(activity).reminded_at is None


def test_one_whose_worker_died_in_the_middle_is_reminded_of(
    app: Flask, enabled: Any, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = task(remind_at=utcnow() - timedelta(seconds=1))
    (job,) = jobs()
    monkeypatch.setattr(reminders, "utcnow", _dies)
    run_job(job.id)
    monkeypatch.undo()
    assert again(activity).reminded_at is None
    with transaction():
        session.get(Job, job.id).run_at = utcnow()
    work()
    assert again(activity).reminded_at is not None


def _dies() -> Any:
    raise RuntimeError("the worker died")


def test_two_workers_remind_once(app: Flask, organization: Any, enabled: Any) -> None:
    activity = task(remind_at=utcnow() - timedelta(seconds=1))
    start = threading.Barrier(4)

    def run() -> None:
        with app.app_context():
            use_organization(organization.id)
            start.wait()
            reminders.remind(str(activity.id))
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert again(activity).reminded_at is not None


def test_a_disabled_plugin_reminds_later(enabled: Any, work: Callable[[], None]) -> None:
    activity = task(remind_at=utcnow() - timedelta(seconds=1))
    disable_plugin("crm")
    work()
    assert again(activity).reminded_at is None
    enable_plugin("crm")
    with transaction():
        jobs()[0].run_at = utcnow()
    work()
    assert again(activity).reminded_at is not None


def test_what_is_kept_about_somebody(enabled: Any, make: Factory) -> None:
    contact = make.contact()
    task(contact_id=contact.id, title="Perguntar do filho")
    forgotten, other = activities.next_activity_of(contact_id=contact.id), task(title="Fechar o caixa")
    assert [each["title"] for each in people.export(contact.id)["activities"]] == ["Perguntar do filho"]
    with transaction():
        people.erase(ContactInfo(contact.id, contact.name))
    assert again(other).title == "Fechar o caixa"
    with pytest.raises(NotFound):
        activities.get_activity(forgotten.id)  # type: ignore[union-attr]


def test_times_of_forms_are_the_organizations(enabled: Any) -> None:
    assert days.from_field("2026-11-23T12:30") == datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    assert days.to_field(datetime(2026, 11, 23, 15, 30, tzinfo=UTC)) == "2026-11-23T12:30"
    assert days.to_field(None) == ""
    with pytest.raises(ValueError, match="isoformat"):
        days.from_field(str(new_id()))


@pytest.mark.parametrize("name", ["due_at", "remind_at"])
def test_a_time_at_the_end_of_the_calendar_is_refused_and_breaks_no_list(desk: JsonClient, name: str) -> None:
    for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-03:00"):
        values = {"title": "Ligar", "due_at": "2026-12-10T14:00:00Z", name: at}
        assert desk.post("/crm/activities", values).status_code == 422
    assert desk.get("/crm/activities").json["items"] == []
    for typed in ("0001-01-01T00:00", "9999-12-31T23:59"):
        with pytest.raises(ValueError, match=typed):
            days.from_field(typed)


def test_a_message_may_come_without_its_conversation(enabled: Any, make: Factory) -> None:
    message = make.message(body="Me liga?")
    assert task(message_id=message.id, conversation_id=None).conversation_id == message.conversation_id


def test_a_deal_that_went_after_it_was_looked_up_is_told(enabled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "demand", lambda values: None)
    with pytest.raises(NotFound, match="deal"):
        activities.create_activity({"title": "Ligar", "due_at": utcnow(), "deal_id": uuid.uuid4()})
