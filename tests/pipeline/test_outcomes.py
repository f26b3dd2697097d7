"""What became of a message that was handed over: unknown, told by somebody else, or impossible to write down."""

import sys

import pytest
from sqlalchemy.exc import OperationalError

from ramal.channels.types import Alias, FailureClass, SendResult, Status
from ramal.pipeline.outbound import Sender, outcomes
from ramal.testing.channels import EchoChannel, delivery, message, status


def test_an_unknown_outcome_is_never_repeated_and_holds_the_party_for_a_minute(wire, sender):
    conversation = wire.conversation()
    first, second = wire.send(conversation, "a"), wire.send(conversation, "b")
    wire.provider.fail(FailureClass.UNKNOWN, "no answer")
    sender()

    assert wire.one("select status from message where id = :id", id=first).status == "unknown"
    assert wire.provider.ledger == []
    wire.run("update outbox set held_until = now() where status = 'unknown'")
    sender()
    assert [outbound.body for outbound in wire.provider.ledger] == ["b"]
    assert wire.one("select status from message where id = :id", id=second).status == "accepted"
    assert wire.one("select status from message where id = :id", id=first).status == "unknown"


@pytest.mark.parametrize(
    "answer", [None, "sent", SendResult(7), SendResult("x" * 301), SendResult("a\0b"), SendResult("a", "gone")]
)
def test_a_channel_that_answers_nonsense_has_its_message_unknown_and_never_repeated(wire, sender, monkeypatch, answer):
    calls = []
    monkeypatch.setattr(EchoChannel, "send", lambda _self, outbound, _context: calls.append(outbound) or answer)
    sent = wire.send(wire.conversation(), "a")
    for _ in range(3):
        sender()

    assert len(calls) == 1
    assert wire.one("select status from message where id = :id", id=sent).status == "unknown"


def test_a_channel_that_cannot_name_its_failure_has_its_message_unknown(wire, sender, monkeypatch):
    monkeypatch.setattr(EchoChannel, "classify", lambda _self, _error: None)
    wire.provider.fail(FailureClass.TRANSIENT, times=5)
    sent = wire.send(wire.conversation(), "a")
    for _ in range(3):
        sender()

    assert wire.one("select status from message where id = :id", id=sent).status == "unknown"
    assert wire.one("select attempts from outbox").attempts == 1


def test_a_status_with_our_reference_settles_an_unknown_outcome_and_frees_the_queue(wire, sender):
    conversation = wire.conversation()
    first = wire.send(conversation, "a")
    wire.send(conversation, "b")
    wire.provider.fail(FailureClass.UNKNOWN, "no answer")
    sender()
    ref = wire.one("select id from outbox where message_id = :id", id=first).id

    wire.deliver(status("provider-1", "delivered", ref=str(ref)))
    sender()

    row = wire.one("select status, provider_id, error from message where id = :id", id=first)
    assert row == {"status": "delivered", "provider_id": "provider-1", "error": None}
    assert [outbound.body for outbound in wire.provider.ledger] == ["b"]


def test_a_status_that_beats_the_answer_is_applied_when_the_answer_comes(wire, sender):
    sent = wire.send(wire.conversation())

    def answer_late(outbound):
        wire.post(delivery(status("p-1", "delivered"), status("p-1", "sent")))
        drain_elsewhere(wire)
        return SendResult("p-1")

    wire.provider.script.append(answer_late)
    sender()

    assert wire.one("select status from message where id = :id", id=sent).status == "delivered"
    assert wire.rows("select 1 from message_status where message_id is null") == []


def drain_elsewhere(wire):
    """As another process would: in a context of its own."""
    with wire.client.application.app_context():
        wire.drain()


def test_an_echo_that_beats_the_answer_gives_way_to_our_own_message(wire, sender):
    sent = wire.send(wire.conversation(), "from here")

    def echo_first(outbound):
        wire.post(delivery(message("p-1", "from here", direction="out")))
        drain_elsewhere(wire)
        return SendResult("p-1")

    wire.provider.script.append(echo_first)
    sender()

    (row,) = wire.rows("select id, status from message where direction = 'out'")
    assert row.id == sent


def test_what_the_provider_calls_the_person_is_learned(wire, sender):
    wire.send(wire.conversation("551187654321"))
    wire.provider.script.append(
        lambda outbound: SendResult("p-1", Status.SENT, address="5511987654321", aliases=(Alias("bsuid", "BR.abc"),))
    )
    sender()

    assert wire.one("select address from channel_party").address == "5511987654321"
    kinds = {row.kind: row.value for row in wire.rows("select kind, value from party_alias")}
    assert kinds == {"phone": "5511987654321", "bsuid": "BR.abc"}
    wire.deliver(message("again", sender="BR.abc", aliases=[("bsuid", "BR.abc")]))
    assert wire.one("select count(*) as n from conversation").n == 1


def test_an_answer_that_cannot_be_written_down_is_kept_and_written_later(app, wire, monkeypatch):
    sent = wire.send(wire.conversation())
    made = Sender(threads=1)
    real, calls = outcomes.record, []

    def away(batch, results):
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("update", {}, Exception("the server is restarting"))
        real(batch, results)

    monkeypatch.setattr(outcomes, "record", away)
    while made.run_once():
        pass
    made.close()

    assert len(calls) == 2
    assert len(wire.provider.ledger) == 1
    assert wire.one("select status from message where id = :id", id=sent).status == "accepted"


def test_an_outcome_that_can_never_be_written_down_takes_no_other_along(wire, poison, monkeypatch, caplog):
    first, second = wire.conversation("5511987654321", "a"), wire.conversation("5511912345678", "b")
    bad, good = wire.send(first), wire.send(second)
    poison("record", bad)
    made = Sender(threads=2)
    while made.run_once():
        pass
    made.close()

    assert wire.one("select status from message where id = :id", id=good).status == "accepted"
    assert wire.one("select status from outbox where message_id = :id", id=bad).status == "sending"
    assert "outbound.record_impossible" in caplog.text

    monkeypatch.undo()
    wire.run("update outbox set locked_until = now() - interval '1 s' where status = 'sending'")
    made = Sender(threads=1)
    while made.run_once():
        pass
    made.close()
    assert wire.one("select status from message where id = :id", id=bad).status == "unknown"
    assert len(wire.provider.ledger) == 2


def test_an_answer_that_postgresql_refuses_takes_no_other_along(wire, sender, caplog):
    first, second = wire.conversation("5511987654321", "a"), wire.conversation("5511912345678", "b")
    bad, good = wire.send(first), wire.send(second)

    def answer(outbound):
        names = (Alias("a kind longer than its column", "1"),) if outbound.message_id == bad else ()
        return SendResult(f"p-{outbound.client_ref}", aliases=names)

    wire.provider.script += [answer, answer]
    sender()

    assert wire.one("select status from message where id = :id", id=good).status == "accepted"
    assert wire.one("select status from outbox where message_id = :id", id=bad).status == "sending"
    assert "outbound.record_impossible" in caplog.text  # not kept for ever, to be tried again


def test_a_channel_that_ends_the_process_ends_only_its_own_send(wire, sender, monkeypatch):
    sent = wire.send(wire.conversation())
    monkeypatch.setattr(EchoChannel, "send", lambda self, outbound, context: sys.exit(3))
    sender()

    assert wire.one("select status from message where id = :id", id=sent).status == "unknown"


def test_a_channel_that_cannot_even_classify_its_error_leaves_it_unknown(wire, sender, monkeypatch):
    sent = wire.send(wire.conversation())
    wire.provider.fail(FailureClass.TRANSIENT, "boom")
    monkeypatch.setattr(EchoChannel, "classify", lambda self, error: 1 / 0)
    sender()

    assert wire.one("select status from message where id = :id", id=sent).status == "unknown"
