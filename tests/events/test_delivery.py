"""Events reach plugins once, in order, and one plugin's trouble stays its own."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from ramal.database.provision import RoleUrls
from ramal.database.session import db
from ramal.events.charges import charge
from ramal.events.delivery import deliver, waiting_work
from ramal.events.failures import DELAYS
from ramal.events.worker_steps import Share, deliver_once, drain_events_once, sequence_once
from ramal.hookspecs import hookimpl
from ramal.plugins.breadcrumb import Breadcrumb, Crumb, use_breadcrumb

from .conftest import enable, install, make_organization, owner_rows, rows
from .fakes import Misbehaving, Writer

Emit = Callable[..., uuid.UUID]
Plug = Callable[..., None]


@pytest.fixture
def effects(postgres_urls: RoleUrls) -> Callable[[str], list[int]]:
    """The numbers a plugin wrote down, in order."""

    def read(name: str, conversation: uuid.UUID | None = None) -> list[int]:
        found = owner_rows(
            postgres_urls,
            "select (value->>'number')::int from setting where value->>'by' = :name"
            " and (:conversation is null or value->>'in' = :conversation) order by created_at, id",
            name=name,
            conversation=None if conversation is None else str(conversation),
        )
        return [row[0] for row in found]

    return read


def waiting(plugin: str) -> list[Any]:
    return rows(
        "select event_id, status, attempts, next_at, error from plugin_delivery"
        " where plugin = :plugin order by position",
        plugin=plugin,
    )


def make_due() -> None:
    rows("update plugin_delivery set next_at = now() where next_at is not null returning 1")


def undelivered() -> int:
    return int(rows("select count(*) from event where delivered_at is null")[0][0])


def test_every_active_plugin_gets_every_event_in_order(plug: Plug, emit: Emit, effects: Any) -> None:
    plug(first=Writer("first"), second=Writer("second"))
    conversation = uuid.uuid4()
    for number in range(5):
        emit(number, conversation)
    sequence_once()
    assert deliver_once() == 5
    assert effects("first") == effects("second") == [0, 1, 2, 3, 4]
    assert undelivered() == 0
    assert waiting_work() == {}
    assert deliver_once() == 0


def test_a_process_hands_over_its_own_share_first_and_then_the_rest(
    plug: Plug, emit: Emit, organization: uuid.UUID, effects: Any
) -> None:
    plug(first=Writer("first"))
    for number in range(12):
        emit(number, uuid.uuid4())
    sequence_once()
    buckets = {row[0] for row in rows("select bucket from event")}
    assert {bucket % 2 for bucket in buckets} == {0, 1}, "12 conversations fell into buckets of one share"
    own = rows("select count(*) from event where bucket % 2 = 1")[0][0]
    assert deliver_once(Share(1, 2)) == own
    assert set(waiting_work()[organization]) == {bucket for bucket in buckets if bucket % 2 == 0}
    assert deliver_once(Share(1, 2)) == 12 - own
    assert sorted(effects("first")) == list(range(12))


def test_success_costs_no_row(plug: Plug, emit: Emit) -> None:
    plug(first=Writer("first"))
    emit(1)
    drain_events_once()
    assert rows("select * from plugin_delivery") == []


def test_an_inactive_plugin_hears_nothing(app: Any, organization: uuid.UUID, emit: Emit, effects: Any) -> None:
    install(app, {"on": Writer("on"), "off": Writer("off")})
    enable(organization, "on")
    emit(1)
    drain_events_once()
    assert effects("on") == [1]
    assert effects("off") == []


def test_one_plugin_raises_and_the_other_is_not_called_twice(plug: Plug, emit: Emit, effects: Any) -> None:
    def fail_on_two(document: Any) -> None:
        if document["number"] == 2:
            raise ValueError("two is too much")

    plug(bad=Misbehaving("bad", fail_on_two), good=Writer("good"))
    conversation, other = uuid.uuid4(), uuid.uuid4()
    for number in range(4):
        emit(number, conversation)
    emit(9, other)
    drain_events_once()

    assert effects("good") == [0, 1, 2, 3, 9]
    assert effects("bad", conversation) == [0, 1], "its own later events of that conversation wait"
    assert effects("bad", other) == [9], "another conversation does not"
    assert undelivered() == 0
    two, three = waiting("bad")
    assert (two.status, two.attempts, two.error) == ("waiting", 1, "ValueError: two is too much")
    assert (three.attempts, three.next_at) == (0, None)


def test_retried_in_order_until_it_works(plug: Plug, emit: Emit, effects: Any) -> None:
    broken = [True]

    def act(document: Any) -> None:
        if broken[0]:
            raise RuntimeError("not yet")

    plug(bad=Misbehaving("bad", act))
    conversation = uuid.uuid4()
    for number in range(3):
        emit(number, conversation)
    drain_events_once()
    assert effects("bad") == []
    make_due()
    drain_events_once()
    assert [row.attempts for row in waiting("bad")] == [2, 0, 0]
    broken[0] = False
    emit(3, conversation)
    drain_events_once()
    assert effects("bad") == [], "it is not due, so the new one waits behind"
    make_due()
    drain_events_once()
    assert effects("bad") == [0, 1, 2, 3]
    assert waiting("bad") == []


def test_after_the_last_try_it_is_a_dead_letter_and_the_next_one_goes_on(
    plug: Plug, emit: Emit, effects: Any, organization: uuid.UUID
) -> None:
    def act(document: Any) -> None:
        if document["number"] == 0:
            raise RuntimeError("never")

    plug(bad=Misbehaving("bad", act))
    conversation = uuid.uuid4()
    emit(0, conversation)
    emit(1, conversation)
    drain_events_once()
    for _ in range(len(DELAYS)):
        make_due()
        deliver(organization, conversation.int % 64)
    (dead,) = waiting("bad")
    assert (dead.status, dead.attempts) == ("dead", len(DELAYS) + 1)
    assert effects("bad") == [1]


def session_commit(_document: Any) -> None:
    db.session.commit()


def session_close(_document: Any) -> None:
    db.session.close()


def session_remove(_document: Any) -> None:
    db.session.remove()


def raw_commit(_document: Any) -> None:
    db.session.connection().connection.dbapi_connection.commit()


def raw_commit_and_go_on(_document: Any) -> None:
    connection = db.session.connection().connection.dbapi_connection
    connection.commit()
    connection.cursor().execute("select 1")


def raw_close(_document: Any) -> None:
    db.session.connection().connection.dbapi_connection.close()


def poison(_document: Any) -> None:
    try:
        db.session.execute(text("select 1/0"))
    except Exception:
        return


def kill_backend(_document: Any) -> None:
    db.session.execute(text("select pg_terminate_backend(pg_backend_pid())"))


def leave_savepoint(_document: Any) -> None:
    db.session.begin_nested()


def bad_flush(_document: Any) -> None:
    db.session.execute(text("insert into setting (id) values ('00000000-0000-0000-0000-000000000000')"))


def roll_back_transaction(_document: Any) -> None:
    db.session.get_transaction().rollback()


def system_exit(_document: Any) -> None:
    raise SystemExit(3)


@pytest.mark.parametrize(
    "act",
    [
        session_commit,
        session_close,
        session_remove,
        raw_close,
        poison,
        kill_backend,
        bad_flush,
        roll_back_transaction,
        system_exit,
    ],
)
def test_a_plugin_that_breaks_the_session_harms_only_itself(
    plug: Plug, emit: Emit, effects: Any, act: Callable[[Any], None]
) -> None:
    plug(before=Writer("before"), bad=Misbehaving("bad", act), later=Writer("later"))
    conversation = uuid.uuid4()
    emit(1, conversation)
    emit(2, conversation)
    drain_events_once()
    assert effects("before") == effects("later") == [1, 2]
    assert effects("bad") == []
    assert undelivered() == 0
    first, second = waiting("bad")
    assert first.attempts == 1
    assert second.attempts == 0


def test_an_open_savepoint_is_closed_for_it(plug: Plug, emit: Emit, effects: Any) -> None:
    plug(bad=Misbehaving("bad", leave_savepoint), later=Writer("later"))
    emit(1)
    drain_events_once()
    assert effects("bad") == effects("later") == [1]


@pytest.mark.parametrize("act", [raw_commit, raw_commit_and_go_on])
def test_a_plugin_that_commits_in_the_driver_is_charged(
    plug: Plug, emit: Emit, effects: Any, act: Callable[[Any], None]
) -> None:
    plug(bad=Misbehaving("bad", act), later=Writer("later"))
    emit(1)
    drain_events_once()
    assert effects("later") == [1]
    assert waiting("bad")[0].attempts == 1


def test_nonsense_in_an_event_is_charged_and_does_not_stop_the_log(
    plug: Plug, emit: Emit, effects: Any, organization: uuid.UUID
) -> None:
    plug(good=Writer("good"))
    broken = emit(1)
    emit(2)
    rows("update event set data = '{}' where id = :id returning 1", id=broken)
    drain_events_once()
    assert effects("good") == [2]
    assert undelivered() == 0
    assert "KeyError" in waiting("good")[0].error


def test_a_hung_hook_ends_at_its_time_limit(plug: Plug, emit: Emit, effects: Any) -> None:
    plug(bad=Misbehaving("bad", lambda _document: time.sleep(60)), good=Writer("good"))
    emit(1, uuid.uuid4())
    before = time.monotonic()
    drain_events_once()
    assert time.monotonic() - before < 5
    assert effects("good") == [1]
    assert waiting("bad")[0].error.startswith("TimeLimitExceeded")


def test_a_hung_query_ends_at_its_time_limit(plug: Plug, emit: Emit, effects: Any) -> None:
    plug(bad=Misbehaving("bad", lambda _document: db.session.execute(text("select pg_sleep(60)"))), good=Writer("good"))
    emit(1, uuid.uuid4())
    before = time.monotonic()
    drain_events_once()
    assert time.monotonic() - before < 5
    assert effects("good") == [1]
    assert waiting("bad")[0].attempts == 1


def test_hanging_again_and_again_suspends(plug: Plug, emit: Emit, effects: Any, organization: uuid.UUID) -> None:
    plug(bad=Misbehaving("bad", lambda _document: time.sleep(60)), good=Writer("good"))
    for number in range(4):
        emit(number, uuid.uuid4(), bucket=1)
    drain_events_once()
    assert effects("good") == [0, 1, 2, 3]
    assert len(waiting("bad")) == 3, "the fourth did not wait for it any more"
    assert rows("select suspended_at is not null from organization_plugin where plugin = 'bad'")[0][0]


def test_failing_too_often_suspends(plug: Plug, emit: Emit, effects: Any) -> None:
    def fail(_document: Any) -> None:
        raise RuntimeError("always")

    plug(bad=Misbehaving("bad", fail), good=Writer("good"))
    for number in range(15):
        emit(number, uuid.uuid4(), bucket=1)
    drain_events_once()
    assert len(waiting("bad")) == 10
    assert len(effects("good")) == 15
    make_due()
    drain_events_once()
    assert [row.attempts for row in waiting("bad")] == [1] * 10, "nobody calls it while it is suspended"


def test_a_resumed_plugin_begins_anew(plug: Plug, emit: Emit, app: Any) -> None:
    def fail(_document: Any) -> None:
        raise RuntimeError("always")

    plug(bad=Misbehaving("bad", fail))
    for number in range(11):
        emit(number, uuid.uuid4(), bucket=1)
    drain_events_once()
    rows("update organization_plugin set suspended_at = null, updated_at = now() returning 1")
    app.extensions["ramal.gate"].known.clear()
    emit(99, uuid.uuid4(), bucket=1)
    drain_events_once()
    assert len(waiting("bad")) == 11
    assert rows("select suspended_at from organization_plugin where plugin = 'bad'") == [(None,)]


def test_organizations_do_not_mix(app: Any, organization: uuid.UUID, plug: Plug, emit: Emit) -> None:
    seen: list[tuple[uuid.UUID, int]] = []

    class Watcher:
        @hookimpl
        def on_document_issued(self, document: Any) -> None:
            seen.append((db.session().info["organization_id"], document["number"]))

    plug(watcher=Watcher())
    other = make_organization("Outra")
    enable(other, "watcher")
    emit(1)
    rows("update event set organization_id = :other returning 1", other=other)
    emit(2)
    drain_events_once()
    assert sorted(seen, key=lambda item: item[1]) == [(other, 1), (organization, 2)]


def test_two_workers_never_hold_the_same_bucket(
    app: Any, organization: uuid.UUID, plug: Plug, emit: Emit, effects: Any
) -> None:
    def other_worker(document: Any) -> None:
        with app.app_context():
            inner.append(deliver(organization, [5, 6]))

    inner: list[int] = []
    plug(bad=Misbehaving("bad", other_worker))
    emit(1, uuid.uuid4(), bucket=5)
    sequence_once()
    deliver(organization, 5)
    assert inner == [0]
    assert effects("bad") == [1]


def test_silent_types_are_done_with_their_position(app: Any, organization: uuid.UUID, plug: Plug) -> None:
    from ramal.database.session import transaction, use_organization
    from ramal.events.services import emit_event

    with app.app_context():
        use_organization(organization)
        with transaction():
            emit_event("test.silent", {})
    assert sequence_once() == 1
    assert undelivered() == 0


def test_charged_event_is_not_repeated_in_the_batch(
    plug: Plug, emit: Emit, effects: Any, organization: uuid.UUID, app: Any
) -> None:
    """What a killed worker was charged for waits, and earlier events of its conversation don't."""
    plug(bad=Writer("bad"))
    conversation = uuid.uuid4()
    emit(1, conversation)
    second = emit(2, conversation)
    emit(3, conversation)
    sequence_once()
    charge(Crumb("event", "bad", str(organization), str(second), "on_document_issued"), killed=True)
    deliver_once()
    assert effects("bad") == [1]
    assert [(row.attempts, row.status) for row in waiting("bad")] == [(1, "waiting"), (0, "waiting")]
    make_due()
    deliver_once()
    assert effects("bad") == [1, 2, 3]


def test_a_charge_that_comes_after_another_process_delivered_hands_nothing_over_twice(
    plug: Plug, emit: Emit, effects: Any, organization: uuid.UUID
) -> None:
    plug(writer=Writer("writer"))
    event = emit(1)
    drain_events_once()
    charge(Crumb("event", "writer", str(organization), str(event), "on_document_issued"), killed=False)
    make_due()
    deliver_once()
    assert effects("writer") == [1]
    assert waiting("writer") == []


@pytest.fixture(autouse=True)
def breadcrumb() -> Any:
    use_breadcrumb(Breadcrumb())
    yield
    use_breadcrumb(None)
