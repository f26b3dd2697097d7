"""Reactions, edits and deletions of ours on their way out: taken once, or told in the thread."""

from datetime import UTC, datetime, timedelta

import pytest

from ramal.channels.types import Alias, Capabilities, FailureClass, RateLimit, SendResult
from ramal.database.base import new_id
from ramal.hookspecs import Veto
from ramal.inbox import services
from ramal.pipeline.outbound import Sender, flights, outcomes
from ramal.testing.channels import EchoChannel, message, status

ANA = "5511987654321"


@pytest.fixture
def sent(wire, sender):
    """``(conversation, message)``: one of ours that the provider took."""
    conversation = wire.conversation()
    id_ = wire.send(conversation, "chega amnhã")
    sender()
    return conversation, id_


def row(wire, id_):
    return wire.one("select * from message where id = :id", id=id_)


def changes(wire):
    return wire.rows("select key, kind, actor, actor_name, data, before from message_change order by occurred_at, key")


def updates(wire):
    return [
        event.data["message"]
        for event in wire.rows("select data from event where type = 'message.updated' order by seq")
    ]


def lines(wire):
    return [line.payload for line in wire.rows("select payload from message where kind = 'system' order by seq")]


def at_now():
    """Seconds of now in the echo channel's time."""
    from ramal.testing.channels import EPOCH

    return (datetime.now(UTC) - EPOCH).total_seconds()


# --- success ------------------------------------------------------------------------------------------


def test_a_reaction_is_sent_once_and_shown(wire, sender, agent):
    wire.conversation(opened="m-hers")
    hers = wire.one("select id from message where provider_id = 'm-hers'").id
    services.react(hers, "👍", agent.id)
    sender()
    sender()

    (change,) = wire.provider.changes
    assert (change.kind, change.target, change.own, change.emoji) == ("reaction", "m-hers", False, "👍")
    assert (change.address, change.aliases, change.message_kind) == (ANA, (Alias("phone", ANA),), "text")
    item = wire.one("select id, status from outbox")
    assert (change.client_ref, item.status) == (str(item.id), "done")
    assert row(wire, hers).reactions == [{"emoji": "👍", "by": "agent", "actor": "business", "name": agent.name}]
    assert [(kept.key, kept.actor, kept.actor_name) for kept in changes(wire)] == [
        (f"out:{item.id}", "business", agent.name)
    ]
    pending, done = updates(wire)
    assert (pending["pending"], done["pending"]) == ({"reaction": {"emoji": "👍"}}, {})
    assert done["reactions"][0]["emoji"] == "👍"


def test_a_reaction_is_replaced_and_taken_back(wire, sender, sent):
    _conversation, id_ = sent
    for emoji in ("👍", "❤️", None):
        services.react(id_, emoji)
        sender()
    assert [change.emoji for change in wire.provider.changes] == ["👍", "❤️", None]
    assert row(wire, id_).reactions == []


def test_an_edit_keeps_the_old_words_and_changes_the_list(wire, sender, sent, agent):
    _conversation, id_ = sent
    services.edit_message(id_, "chega amanhã", agent.id)
    sender()

    (change,) = wire.provider.changes
    provider_id = row(wire, id_).provider_id
    assert (change.kind, change.target, change.own, change.body) == ("edit", provider_id, True, "chega amanhã")
    now = row(wire, id_)
    assert (now.body, now.edited_at is None, now.status) == ("chega amanhã", False, "accepted")
    assert changes(wire)[0].before["body"] == "chega amnhã"
    assert wire.one("select last_message from conversation").last_message["body"] == "chega amanhã"


def test_a_deletion_marks_the_message(wire, sender, sent):
    _conversation, id_ = sent
    services.revoke_message(id_)
    sender()
    assert [change.kind for change in wire.provider.changes] == ["revoke"]
    assert row(wire, id_).revoked_at is not None
    assert lines(wire) == []


def test_a_change_of_a_message_on_its_way_comes_after_it(wire, sender):
    id_ = wire.send(wire.conversation(), "oi")
    services.edit_message(id_, "olá")
    services.react(id_, "👍")
    sender()
    target = row(wire, id_).provider_id
    assert [(change.kind, change.target) for change in wire.provider.changes] == [
        ("edit", target),
        ("reaction", target),
    ]
    assert len(wire.provider.ledger) == 1


def test_the_same_outcome_recorded_twice_is_one_change(wire, sender, sent, monkeypatch):
    _conversation, id_ = sent
    real = outcomes.record

    def twice(batch, results):
        real(batch, results)
        real(batch, results)

    monkeypatch.setattr(outcomes, "record", twice)
    services.edit_message(id_, "chega amanhã")
    sender()
    assert len(changes(wire)) == 1
    assert len(updates(wire)) == 2  # pending, done


# --- the provider's echo of our own change --------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False])
def test_an_echo_of_our_reaction_is_no_second_one_and_forgets_no_name(wire, sender, sent, agent, first):
    _conversation, id_ = sent
    target = row(wire, id_).provider_id
    echo = {"type": "reaction", "key": "echo", "target": target, "emoji": "❤", "from": ANA, "direction": "out"}
    if first:
        wire.deliver(echo | {"at": at_now() - 5})
    services.react(id_, "❤️", agent.id) if not first else services.react(id_, "👍", agent.id)
    sender()
    if not first:
        wire.deliver(echo | {"at": at_now() + 5})
    (reaction,) = row(wire, id_).reactions
    assert (reaction["by"], reaction["name"]) == ("agent", agent.name)
    assert reaction["emoji"] == ("👍" if first else "❤")


@pytest.mark.parametrize("offset", [-30, 30])
def test_an_echo_of_our_edit_is_no_further_edit(wire, sender, sent, offset):
    _conversation, id_ = sent
    services.edit_message(id_, "chega amanhã")
    sender()
    target = row(wire, id_).provider_id
    wire.deliver(
        {
            "type": "edit",
            "key": "echo",
            "target": target,
            "body": "chega amanhã",
            "direction": "out",
            "at": at_now() + offset,
        }
    )
    kept = changes(wire)
    assert len(kept) == 2
    assert [change.before["body"] for change in kept if change.before] == ["chega amnhã"]
    assert row(wire, id_).body == "chega amanhã"
    # What was there first is not forgotten by a later edit.
    wire.deliver(
        {"type": "edit", "key": "e2", "target": target, "body": "hoje", "direction": "out", "at": at_now() + 60}
    )
    assert [change.before["body"] for change in changes(wire) if change.before] == ["chega amnhã", "chega amanhã"]


def test_an_echo_of_our_deletion_changes_nothing(wire, sender, sent):
    _conversation, id_ = sent
    services.revoke_message(id_)
    sender()
    gone = row(wire, id_).revoked_at
    target = row(wire, id_).provider_id
    wire.deliver({"type": "revoke", "key": "echo", "target": target, "direction": "out", "at": at_now() + 60})
    assert row(wire, id_).revoked_at == gone


# --- failure --------------------------------------------------------------------------------------------


def change(kind, id_, author=None):
    if kind == "reaction":
        services.react(id_, "👍", author)
    elif kind == "edit":
        services.edit_message(id_, "chega amanhã", author)
    else:
        services.revoke_message(id_, author)


@pytest.mark.parametrize("kind", ["reaction", "edit", "revoke"])
@pytest.mark.parametrize(
    ("failure", "event"), [(FailureClass.PERMANENT, "change_failed"), (FailureClass.UNKNOWN, "change_unknown")]
)
def test_a_change_that_came_to_nothing_is_told_in_the_thread(wire, sender, sent, agent, kind, failure, event):
    conversation, id_ = sent
    before = row(wire, id_)
    change(kind, id_, agent.id)
    wire.provider.fail_change(failure, "too late for that")
    sender()
    sender()

    assert wire.provider.changes == []
    assert changes(wire) == []
    now = row(wire, id_)
    for name in ("status", "error", "body", "reactions", "edited_at", "revoked_at", "provider_id"):
        assert now[name] == before[name]
    assert lines(wire) == [
        {
            "event": event,
            "change": kind,
            "reason": "too late for that",
            "actor": agent.name,
            "actor_id": str(agent.id),
        }
    ]
    assert updates(wire)[-1]["pending"] == {}
    assert wire.one("select status, held_until from outbox where kind = :kind", kind=kind)["held_until"] is None
    told = wire.rows("select data from event where type = 'message.created' order by seq")[-1].data
    assert (told["message"]["kind"], told["conversation"]["id"]) == ("system", str(conversation))
    # Nothing waits for it.
    wire.send(conversation, "mais uma")
    sender()
    assert wire.provider.ledger[-1].body == "mais uma"


def test_a_change_without_an_author_names_nobody(wire, sender, sent):
    services.react(sent[1], "👍")
    wire.provider.fail_change(FailureClass.PERMANENT, "no")
    sender()
    assert lines(wire) == [{"event": "change_failed", "change": "reaction", "reason": "no"}]


def test_a_busy_provider_is_tried_again_six_times(wire, sender, sent):
    _conversation, id_ = sent
    services.edit_message(id_, "chega amanhã")
    wire.provider.fail_change(FailureClass.TRANSIENT, "busy", times=6)
    sender()
    assert wire.one("select status, attempts from outbox where kind = 'edit'") == {"status": "queued", "attempts": 1}
    for _ in range(5):
        wire.run("update outbox set next_at = null")
        sender()
    assert wire.one("select status, attempts from outbox where kind = 'edit'") == {"status": "failed", "attempts": 6}
    assert lines(wire)[0]["reason"] == "busy"


def test_a_throttle_and_trouble_with_the_account_hold_the_queue(wire, sender, sent):
    _conversation, id_ = sent
    services.react(id_, "👍")
    wire.provider.fail_change(FailureClass.THROTTLE, "slow down", retry_after=60)
    sender()
    assert wire.one("select paused_until > now() as paused from channel").paused
    wire.run("update channel set paused_until = null")
    wire.provider.fail_change(FailureClass.ACCOUNT, "the token expired")
    sender()
    assert wire.one("select status from channel").status == "needs_attention"
    assert wire.one("select status, attempts from outbox where kind = 'reaction'") == {
        "status": "queued",
        "attempts": 0,
    }
    wire.run("update channel set status = 'ready'")
    sender()
    assert len(wire.provider.changes) == 1


def test_changes_keep_the_pace_of_messages(wire, sender, sent, monkeypatch):
    _conversation, id_ = sent
    monkeypatch.setattr(EchoChannel, "recipient_rate_limit", lambda _self, _context: RateLimit(rate=1 / 60))
    services.react(id_, "👍")
    sender()
    assert len(wire.provider.changes) == 1
    services.edit_message(id_, "chega amanhã")
    sender()
    assert len(wire.provider.changes) == 1
    assert wire.one("select status from outbox where kind = 'edit'").status == "queued"


# --- killed between ---------------------------------------------------------------------------------------


def another_process():
    """Takes over what a process that is gone has left."""
    other = Sender(threads=1)
    while other.run_once():
        pass
    other.close()


@pytest.mark.parametrize("handed_over", [True, False])
def test_a_process_killed_between_leaves_it_unknown_or_queued(wire, sender, sent, handed_over):
    _conversation, id_ = sent
    services.edit_message(id_, "chega amanhã")
    written = "now()" if handed_over else "null"
    wire.run(
        "update outbox set status = 'sending', attempts = 1, locked_until = now() - interval '1 s',"
        f" written_at = {written} where kind = 'edit'"
    )
    another_process()

    if handed_over:
        assert wire.provider.changes == []
        assert wire.one("select status from outbox where kind = 'edit'").status == "unknown"
        assert (lines(wire)[0]["event"], row(wire, id_).body) == ("change_unknown", "chega amnhã")
    else:
        assert len(wire.provider.changes) == 1
        assert (lines(wire), row(wire, id_).body) == ([], "chega amanhã")


def test_an_answer_that_comes_after_it_was_given_up_still_counts(wire, sender, sent):
    """The lease ran out while the provider thought about it: the thread says unknown, then shows it."""
    _conversation, id_ = sent

    def slow(_change):
        wire.run("update outbox set locked_until = now() - interval '1 s' where kind = 'edit'")
        with wire.client.application.app_context():
            other = Sender(threads=1)
            other.run_once()
            other.close()

    services.edit_message(id_, "chega amanhã")
    wire.provider.change_script.append(slow)
    sender()
    assert wire.one("select status from outbox where kind = 'edit'").status == "done"
    assert [line["event"] for line in lines(wire)] == ["change_unknown"]
    assert row(wire, id_).body == "chega amanhã"


# --- what changed while it waited ---------------------------------------------------------------------------


def test_what_can_not_be_changed_any_more_does_not_leave(wire, sender, sent):
    _conversation, id_ = sent
    services.edit_message(id_, "chega amanhã")
    wire.run("update message set sent_at = now() - interval '1 h' where id = :id", id=id_)
    sender()
    assert wire.provider.changes == []
    assert "15 minutes" in lines(wire)[0]["reason"]
    wire.run("update channel_party set window_opened_at = now() - interval '23 h 59 m'")
    services.react(id_, "👍")
    wire.run("update channel_party set window_opened_at = now() - interval '25 h'")
    sender()
    assert (lines(wire)[1]["change"], lines(wire)[1]["reason"]) == ("reaction", "The window is closed.")
    assert wire.provider.changes == []


def test_a_message_that_failed_takes_its_changes_along(wire, sender):
    id_ = wire.send(wire.conversation(), "oi")
    services.edit_message(id_, "olá")
    wire.provider.fail(FailureClass.PERMANENT, "no such number")
    sender()
    assert row(wire, id_).status == "failed"
    assert "was not sent" in lines(wire)[0]["reason"]
    assert wire.provider.changes == []


def test_a_message_deleted_on_the_phone_meanwhile_needs_no_second_deletion(wire, sender, sent):
    _conversation, id_ = sent
    services.revoke_message(id_)
    target = row(wire, id_).provider_id
    wire.deliver({"type": "revoke", "key": "phone", "target": target, "direction": "out", "at": at_now()})
    sender()
    assert wire.provider.changes == []
    assert lines(wire) == []
    assert updates(wire)[-1]["pending"] == {}


def test_a_message_without_its_providers_id_is_waited_for(wire, sender):
    id_ = wire.send(wire.conversation(), "oi")
    wire.provider.script.append(lambda _outbound: SendResult(None))
    sender()
    services.edit_message(id_, "olá")
    sender()
    item = wire.one("select * from outbox where kind = 'edit'")
    assert (item.status, item.attempts) == ("queued", 0)
    assert item.next_at > datetime.now(UTC)
    ref = wire.one("select id from outbox where kind = 'message'").id
    wire.deliver(status("late-id", "sent", ref=str(ref)))
    wire.run("update outbox set next_at = null")
    sender()
    assert wire.provider.changes[0].target == "late-id"


def test_a_message_that_never_gets_an_id_is_not_waited_for_forever(wire, sender, monkeypatch):
    id_ = wire.send(wire.conversation(), "oi")
    wire.provider.script.append(lambda _outbound: SendResult(None))
    sender()
    services.edit_message(id_, "olá")
    monkeypatch.setattr(flights, "_ID_PATIENCE", timedelta(0))
    sender()
    assert wire.one("select status from outbox where kind = 'edit'").status == "failed"
    assert "no id" in lines(wire)[0]["reason"]


def test_a_plugin_that_objects_meanwhile_stops_an_edit_but_no_reaction(wire, sender, sent, monkeypatch):
    _conversation, id_ = sent
    services.edit_message(id_, "palavrão")
    services.react(id_, "👍")
    asked = []
    monkeypatch.setattr(flights, "implementers", lambda _hook: ["one"])
    monkeypatch.setattr(flights, "veto", lambda _hook, **about: asked.append(about) or Veto("Sem palavrões."))
    sender()
    assert [about["message"].body for about in asked] == ["palavrão"]
    assert lines(wire) == [{"event": "change_failed", "change": "edit", "reason": "Sem palavrões."}]
    assert [change.kind for change in wire.provider.changes] == ["reaction"]


def test_a_channel_that_lost_the_ability_meanwhile_is_not_asked(wire, sender, sent, monkeypatch):
    services.react(sent[1], "👍")
    monkeypatch.setattr(EchoChannel, "capabilities", Capabilities())
    sender()
    assert wire.provider.changes == []
    assert lines(wire)[0]["change"] == "reaction"


def test_a_removed_channel_tells_what_became_of_the_change(wire, sender, sent):
    services.react(sent[1], "👍")
    wire.run("update channel set deleted_at = now()")
    another_process()
    assert lines(wire)[0]["reason"] == "This channel was removed."


# --- not taken for messages -----------------------------------------------------------------------------------


def test_a_tick_for_a_reaction_is_none_of_the_message(wire, sender):
    """Providers give a reaction an id and ticks of its own, with the reference that it was sent with."""
    id_ = wire.send(wire.conversation(), "oi")
    wire.provider.script.append(lambda _outbound: SendResult(None))
    sender()
    services.react(id_, "👍")
    ref = wire.one("select id from outbox where kind = 'reaction'").id
    wire.deliver(status("id-of-the-reaction", "read", ref=str(ref)))
    now = row(wire, id_)
    assert (now.provider_id, now.status) == (None, "accepted")


def test_a_tick_of_the_message_leaves_its_waiting_change_alone(wire, sender, sent):
    _conversation, id_ = sent
    services.react(id_, "👍")
    wire.run(
        "update outbox set status = 'sending', written_at = now(), locked_until = now() + interval '9 m' where kind = 'reaction'"
    )
    wire.deliver(status(row(wire, id_).provider_id, "delivered"))
    assert row(wire, id_).status == "delivered"
    assert wire.one("select status from outbox where kind = 'reaction'").status == "sending"


def test_an_echo_of_words_is_not_taken_for_a_change(wire, sender, sent):
    _conversation, id_ = sent
    services.edit_message(id_, "chega amanhã")
    wire.provider.fail_change(FailureClass.UNKNOWN, "no answer")
    sender()
    wire.deliver(message(f"echo-{new_id()}", "chega amanhã", direction="out", own=True, at=at_now()))
    assert wire.one("select count(*) as n from message where direction = 'out' and kind = 'text'").n == 2
