"""Each kind of hook means what it says, and one plugin's misbehaviour changes no other's result."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select, text

from ramal.channels.models import ConnectedChannel
from ramal.database.session import after_commit, db, transaction
from ramal.errors import Conflict
from ramal.hookspecs import Veto
from ramal.plugins import dispatch, gate, services
from ramal.plugins.contributions import SearchResult
from ramal.plugins.isolation import PluginFailed
from ramal.plugins.limits import TimeLimitExceeded, time_limit
from ramal.plugins.slots import render_slot


@pytest.fixture
def behave(monkeypatch):
    from ramal_rogue import behaviour

    return lambda how: monkeypatch.setattr(behaviour, "how", how)


@pytest.fixture
def both(make_app, distribute, inside):
    """A rogue and a good plugin, enabled; the test runs inside their organization."""
    distribute("rogue")
    distribute("good")
    app = make_app("rogue", "good")
    with inside(app):
        services.enable_plugin("rogue")
        services.enable_plugin("good")
        yield app


def all_ways():
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parent / "sample"))
    try:
        from ramal_rogue.behaviour import WAYS
    finally:
        sys.path.pop(0)
    return list(WAYS)


def ask_everybody():
    """What the good plugin's answers are, through every kind of hook."""
    return {
        "veto": dispatch.veto("before_send", message="rude", conversation=None),
        "no veto": dispatch.veto("before_send", message="kind", conversation=None),
        "decision": dispatch.decide("route_conversation", conversation="urgent", message=None),
        "collect": [pair for pair in dispatch.collect("search", query="x") if pair[0] != "rogue"],
    }


RESULTS = {
    "veto": Veto("too rude"),
    "no veto": None,
    "decision": {"priority": "high"},
    "collect": [("good", [SearchResult("good: x", "/p/good/")])],
}


# An alarm that meets a weak reference's callback is dropped with this warning; the next one comes soon.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("how", all_ways())
def test_whatever_one_plugin_does_the_others_answers_are_the_same(both, behave, how, organization_id):
    behave(how)
    with transaction() as session:
        mine = ConnectedChannel(kind="good", plugin="good", name="mine")
        session.add(mine)
        rung = []
        after_commit(lambda: rung.append("mine"))
        started = time.monotonic()
        assert ask_everybody() == RESULTS
        assert time.monotonic() - started < 45
        assert session.scalar(select(ConnectedChannel.name)) == "mine"
    assert rung == ["mine"]
    db.session.expire_all()
    assert db.session.scalars(select(ConnectedChannel.name)).all() == ["mine"]


@pytest.mark.parametrize("nonsense", [0, "no", object(), [None], {"a": 1}, True])
def test_nonsense_is_no_answer(both, monkeypatch, nonsense):
    import ramal_rogue.plugin as rogue

    monkeypatch.setattr(rogue.RoguePlugin, "answer", nonsense)
    assert dispatch.veto("before_send", message="kind", conversation=None) is None
    assert [name for name, _ in dispatch.collect("search", query="x")] == ["good"]


def test_hooks_work_outside_any_transaction_of_ours_and_their_writes_are_kept(both, behave, monkeypatch):
    from ramal_rogue import behaviour

    def write():
        with transaction() as session:
            session.add(ConnectedChannel(kind="rogue", plugin="rogue", name="noted"))

    monkeypatch.setitem(behaviour.WAYS, "nothing", write)
    dispatch.collect("health_check")
    db.session.rollback()
    assert db.session.scalars(select(ConnectedChannel.name)).all() == ["noted"]


def test_an_error_of_render_document_is_the_callers(both, behave):
    behave("raises")
    with pytest.raises(PluginFailed, match="rogue: RuntimeError: boom"):
        dispatch.decide("render_document", document="x", template=None, context={})


def test_errors_of_the_core_are_not_blamed_on_a_plugin(both):
    from sqlalchemy.exc import IntegrityError

    db.session.add(ConnectedChannel(kind=None, plugin="core", name="x"))
    with pytest.raises(IntegrityError):
        dispatch.veto("before_send", message="kind", conversation=None)
    db.session.rollback()


def test_a_database_that_goes_away_inside_a_hook_is_not_the_plugins_fault(both, owner, monkeypatch):
    from ramal_rogue import behaviour
    from sqlalchemy.exc import OperationalError

    from ramal.plugins import failures

    def cut():
        pid = db.session.execute(text("select pg_backend_pid()")).scalar()
        owner("select pg_terminate_backend(:pid)", pid=pid) if False else db.session.connection().connection.close()
        raise OperationalError("select", {}, Exception("gone"), connection_invalidated=True)

    noted = []
    monkeypatch.setattr(failures, "note_failure", lambda *args: noted.append(args))
    monkeypatch.setitem(behaviour.WAYS, "nothing", cut)
    with pytest.raises(Exception, match="gone|closed"):
        dispatch.veto("before_send", message="kind", conversation=None)
    assert noted == []
    db.session.rollback()


def test_only_named_arguments_are_passed_and_inactive_plugins_are_not_asked(both):
    assert [record.name for record in dispatch.implementers("before_send")] == ["rogue", "good"]
    services.disable_plugin("good")
    assert dispatch.veto("before_send", message="rude", conversation=None) is None
    assert [record.name for record in dispatch.implementers("before_send")] == ["rogue"]
    assert dispatch.implementers("nothing_of_the_kind") == []


def test_call_one_hands_over_an_event_under_the_time_limit(both, behave):
    rogue, good = dispatch.implementers("before_send")
    assert dispatch.call_one(good, "before_send", {"message": "rude", "extra": 1}) == Veto("too rude")
    assert dispatch.call_one(good, "on_inbound_message", {}) is None
    behave("sleeps")
    started = time.monotonic()
    with pytest.raises(TimeLimitExceeded):
        dispatch.call_one(rogue, "on_inbound_message", {"message": 1, "conversation": 2})
    assert time.monotonic() - started < 30
    assert not db.session().info["hook_depth"]


def test_a_plugin_that_fails_too_often_is_suspended_for_that_organization(both, behave, monkeypatch, organization_id):
    from ramal.plugins import failures

    monkeypatch.setattr(failures, "LIMIT", 3)
    behave("raises")
    for _ in range(3):
        assert gate.plugin_active(organization_id, "rogue")
        dispatch.collect("health_check")
    assert not gate.plugin_active(organization_id, "rogue")
    assert gate.plugin_active(organization_id, "good")
    assert services.resume_plugin("rogue")
    assert gate.plugin_active(organization_id, "rogue")
    assert not services.resume_plugin("rogue")


# --- slots ----------------------------------------------------------------------------------------


def test_slots_show_the_active_plugins_lightest_first(both):
    html = render_slot("inbox.sidebar", conversation={"id": "c1"})
    assert html.index("slot-inbox.sidebar-rogue-card") < html.index("<p>good c1</p>") < html.index("data-lazy-slot")
    assert 'hx-get="/p/good/card/c1"' in html
    assert '{"timeout": 2000}' in html
    assert render_slot("nav.main") == ""


def test_a_slot_that_fails_shows_a_card_and_the_rest_of_the_page(both, behave):
    behave("raises")
    html = render_slot("inbox.sidebar", conversation={"id": "c1"})
    assert "slot-error" in html.split("<p>good c1</p>", maxsplit=1)[0]
    assert "Rogue" in html
    services.disable_plugin("rogue")
    assert "Rogue" not in render_slot("inbox.sidebar", conversation={"id": "c1"})


def test_text_of_a_slot_that_is_not_markup_is_escaped(both, monkeypatch):
    from ramal_rogue import behaviour

    monkeypatch.setitem(behaviour.WAYS, "nothing", lambda: "<script>alert(1)</script>")
    html = render_slot("inbox.sidebar", conversation={"id": "c1"})
    assert "&lt;script&gt;" in html


# --- the gate -------------------------------------------------------------------------------------


def test_enabling_pulls_what_is_required_and_disabling_is_refused_while_needed(
    make_app, distribute, write_plugin, inside, organization_id
):
    distribute("good")
    write_plugin("behind", manifest="requires=('good',)")
    app = make_app("good", "behind")
    with inside(app):
        assert not gate.plugin_active(organization_id, "behind")
        assert services.enable_plugin("behind") == ["good", "behind"]
        assert services.enable_plugin("behind") == []
        assert gate.active_plugins(organization_id) == {"good", "behind"}
        with pytest.raises(Conflict, match="Behind"):
            services.disable_plugin("good")
        assert services.disable_plugin("behind")
        assert services.disable_plugin("good")
        assert not services.disable_plugin("good")
        assert gate.active_plugins(organization_id) == frozenset()


def test_default_enabled_holds_until_switched_off(make_app, write_plugin, inside, organization_id):
    write_plugin("always", manifest="default_enabled=True")
    app = make_app("always")
    with inside(app):
        assert gate.plugin_active(organization_id, "always")
        assert gate.active_anywhere("always")
        services.disable_plugin("always")
        assert not gate.plugin_active(organization_id, "always")


def test_a_change_made_elsewhere_is_seen_within_a_second(both, owner, organization_id, monkeypatch):
    assert gate.plugin_active(organization_id, "good")
    owner("update organization_plugin set enabled = false where organization_id = :o", o=organization_id)
    assert gate.plugin_active(organization_id, "good")
    real = time.monotonic
    monkeypatch.setattr(gate.time, "monotonic", lambda: real() + gate.TTL)
    assert not gate.plugin_active(organization_id, "good")


# --- time limits ----------------------------------------------------------------------------------


def test_an_outer_limit_holds_inside_an_inner_one():
    started = time.monotonic()
    with pytest.raises(TimeLimitExceeded, match=r"0\.2"), time_limit(0.2), time_limit(30):
        time.sleep(30)
    assert time.monotonic() - started < 5


def test_after_a_limit_nothing_rings():
    with time_limit(0.1):
        pass
    with time_limit(5), pytest.raises(TimeLimitExceeded), time_limit(0.05):
        time.sleep(5)
    time.sleep(0.15)


def test_statements_are_limited_and_the_limit_is_taken_back(both):
    with transaction() as session:

        def timeout():
            return session.execute(text("show statement_timeout")).scalar()

        assert timeout() == "0"
        with time_limit(30):
            assert timeout() not in ("0", "")
        assert timeout() == "0"
        with time_limit(30):
            savepoint = session.begin_nested()
            timeout()
            savepoint.rollback()
            assert timeout() != "0"
        assert timeout() == "0"


def test_in_another_thread_the_sql_is_limited(both, organization_id):
    import threading

    from sqlalchemy.exc import OperationalError

    from ramal.database.session import use_organization

    caught = []

    def work():
        with both.app_context():
            use_organization(organization_id)
            try:
                with time_limit(0.2):
                    db.session.execute(text("select pg_sleep(30)"))
            except OperationalError as error:
                caught.append(str(error))
            db.session.rollback()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert "statement timeout" in caught[0]
