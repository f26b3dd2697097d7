"""The way out, against a provider that fails on command."""

import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from ramal.channels.types import Alias, FailureClass, SendFailure, SendResult, Status
from ramal.database.session import transaction
from ramal.i18n import gettext
from ramal.inbox.models import OutboxItem
from ramal.pipeline.outbound import Sender, outcomes
from ramal.pipeline.targets import cache
from ramal.testing.channels import EchoChannel, delivery, message, status


def test_a_message_leaves_once_and_its_tick_moves(wire, sender):
    sent = wire.send(wire.conversation(), "tudo bem?")

    sender()
    sender()

    (outbound,) = wire.provider.ledger
    assert (outbound.body, outbound.address) == ("tudo bem?", "5511987654321")
    row = wire.one("select * from message where id = :id", id=sent)
    assert (row.status, row.provider_id) == ("accepted", f"out-{outbound.client_ref}")
    assert wire.one("select status from outbox").status == "done"
    event = wire.one("select data from event where type = 'message.status'").data
    assert (event["status"], event["message"]["id"]) == ("accepted", str(sent))
    assert wire.one("select last_message from conversation").last_message["status"] == "accepted"


def test_one_partys_messages_leave_in_order_also_when_the_first_is_retried(wire, sender):
    conversation = wire.conversation()
    for number in range(5):
        wire.send(conversation, f"n{number}")
    wire.provider.fail(FailureClass.TRANSIENT, retry_after=0.01)

    sender()
    wait_until_sent(wire, sender, 5)

    assert [outbound.body for outbound in wire.provider.ledger] == ["n0", "n1", "n2", "n3", "n4"]


def wait_until_sent(wire, sender, count):
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while len(wire.provider.ledger) < count:
        assert datetime.now(UTC) < deadline
        sender()


def test_a_transient_failure_is_given_up_after_six_tries(wire, sender):
    sent = wire.send(wire.conversation())
    wire.provider.fail(FailureClass.TRANSIENT, "busy", times=6)

    for _ in range(6):
        sender()
        wire.run("update outbox set next_at = null")

    row = wire.one("select status, error from message where id = :id", id=sent)
    assert (row.status, row.error["message"], row.error["code"]) == ("failed", "busy", "T1")
    assert wire.one("select status, attempts from outbox") == {"status": "failed", "attempts": 6}
    assert wire.provider.ledger == []


def test_a_permanent_failure_shows_the_providers_words_and_lets_the_next_go(wire, sender):
    conversation = wire.conversation()
    refused, taken = wire.send(conversation, "a"), wire.send(conversation, "b")
    wire.provider.fail(FailureClass.PERMANENT, "number is not on the network")

    sender()

    statuses = {row.id: row for row in wire.rows("select id, status, error from message where direction = 'out'")}
    assert statuses[refused].status == "failed"
    assert statuses[refused].error["message"] == "number is not on the network"
    assert statuses[taken].status == "accepted"


def test_a_throttle_pauses_the_channel_and_costs_no_try(wire, sender):
    one, other = wire.conversation("5511911111111", "a"), wire.conversation("5511922222222", "b")
    wire.send(one)
    wire.provider.fail(FailureClass.THROTTLE, "slow down", retry_after=60)
    sender()
    wire.send(other)
    sender()

    assert wire.provider.ledger == []
    assert wire.one("select paused_until > now() + interval '50 s' as paused from channel").paused
    assert {row.attempts for row in wire.rows("select attempts from outbox")} == {0}
    wire.run("update channel set paused_until = now()")
    sender()
    assert len(wire.provider.ledger) == 2


def test_a_recipients_limit_holds_only_that_recipient(wire, sender):
    one, other = wire.conversation("5511911111111", "a"), wire.conversation("5511922222222", "b")
    wire.send(one)
    wire.provider.fail(FailureClass.PAIR, "too many to this person", retry_after=60)
    sender()
    wire.send(other)
    sender()

    assert [outbound.address for outbound in wire.provider.ledger] == ["5511922222222"]
    held = wire.one("select * from outbox where status = 'queued'")
    assert held.next_at > datetime.now(UTC) + timedelta(seconds=50)


def test_an_account_failure_holds_the_queue_until_someone_looked(wire, sender):
    sent = wire.send(wire.conversation())
    wire.provider.fail(FailureClass.ACCOUNT, "the token expired")
    sender()
    sender()

    channel = wire.one("select status, status_detail from channel")
    assert (channel.status, channel.status_detail) == ("needs_attention", "the token expired")
    assert wire.one("select status from message where id = :id", id=sent).status == "queued"
    assert wire.one("select data from event where type = 'channel.status'").data["status"] == "needs_attention"
    wire.run("update channel set status = 'ready'")
    sender()
    assert len(wire.provider.ledger) == 1


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


def test_an_item_whose_worker_died_before_handing_over_is_sent_again(wire, sender):
    wire.send(wire.conversation())
    wire.run("update outbox set status = 'sending', locked_until = now() - interval '1 s', attempts = 1")

    sender()

    assert len(wire.provider.ledger) == 1


def test_an_item_whose_worker_died_after_handing_over_is_unknown(wire, sender):
    sent = wire.send(wire.conversation())
    wire.run(
        "update outbox set status = 'sending', written_at = now(), locked_until = now() - interval '1 s', attempts = 1"
    )

    sender()

    assert wire.provider.ledger == []
    assert wire.one("select status from message where id = :id", id=sent).status == "unknown"
    assert wire.one("select held_until > now() as held from outbox").held


def test_two_senders_never_send_the_same_item(app, wire):
    conversations = [wire.conversation(f"55119{11111111 + n}", f"m{n}") for n in range(6)]
    for conversation in conversations:
        for n in range(3):
            wire.send(conversation, str(n))
    one, other = Sender(threads=3), Sender(threads=3)
    while one.run_once() + other.run_once():
        pass
    one.close()
    other.close()

    refs = [outbound.client_ref for outbound in wire.provider.ledger]
    assert len(refs) == len(set(refs)) == 18
    for conversation in conversations:
        bodies = [outbound.body for outbound in wire.provider.ledger if outbound.conversation_id == conversation]
        assert bodies == ["0", "1", "2"]


def test_a_window_that_closed_meanwhile_fails_the_message(wire, sender):
    sent = wire.send(wire.conversation())
    wire.run("update channel_party set window_opened_at = now() - interval '25 h'")

    sender()

    row = wire.one("select status, error from message where id = :id", id=sent)
    assert (row.status, row.error["message"]) == ("failed", "The window is closed.")
    assert wire.provider.ledger == []


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "This channel was removed."), ("pt_BR", "Este canal foi removido.")]
)
def test_a_removed_channel_fails_what_was_queued(wire, sender, organization, locale, words):
    wire.run("update organization set locale = :locale where id = :id", locale=locale, id=organization.id)
    sent = wire.send(wire.conversation())
    wire.run("update channel set deleted_at = now()")

    sender()

    row = wire.one("select status, error from message where id = :id", id=sent)
    assert (row.status, row.error["message"]) == ("failed", words)


def test_what_is_stored_of_a_failure_is_in_the_organizations_language(wire, sender, organization, monkeypatch):
    """Whoever looks at it later is not the worker, whose installation speaks English here."""

    def classify(_self, _error):
        return SendFailure(FailureClass.PERMANENT, gettext("No message can be sent here now."))

    monkeypatch.setattr(EchoChannel, "classify", classify)
    wire.run("update organization set locale = 'pt_BR' where id = :id", id=organization.id)
    wire.send(wire.conversation())
    wire.provider.fail(FailureClass.PERMANENT)

    sender()

    words = wire.one("select error from message where direction = 'out'").error["message"]
    assert words == "Nenhuma mensagem pode ser enviada aqui agora."


@pytest.mark.parametrize("column", ["enabled = false", "status = 'needs_attention'"])
def test_a_channel_that_is_off_or_needs_attention_sends_nothing(wire, sender, column):
    wire.send(wire.conversation())
    wire.run(f"update channel set {column}")

    sender()

    assert wire.provider.ledger == []
    assert wire.one("select status from outbox").status == "queued"


def test_a_read_receipt_is_tried_once(wire, sender):
    conversation = wire.conversation(opened="m-read")
    party = wire.one("select party_id, bucket from conversation")
    with transaction() as session:
        session.add(
            OutboxItem(
                channel_id=wire.channel.id,
                party_id=party.party_id,
                conversation_id=conversation,
                kind="read",
                payload={"provider_id": "m-read"},
                bucket=party.bucket,
            )
        )
    sender()
    sender()

    assert wire.provider.read == ["m-read"]
    assert wire.one("select status from outbox").status == "done"


def test_the_channels_limit_spreads_messages_over_time(connect, sender):
    wire = connect(settings={"rate": 20})
    for n in range(5):
        wire.send(wire.conversation(f"55119{11111111 + n}", f"m{n}"))
    started = datetime.now(UTC)

    wait_until_sent(wire, sender, 5)

    # The first at once, then one every 50 ms.
    assert datetime.now(UTC) - started >= timedelta(seconds=0.19)


def test_files_travel_with_the_message(wire, sender, agent):
    from ramal.inbox.services.uploads import upload

    file = upload(b"%PDF-1.4 hello", "conta.pdf", uploaded_by=agent.id)
    wire.send(wire.conversation(), kind="document", attachment_ids=[file.id], author_id=agent.id)

    sender()

    (sent,) = wire.provider.ledger[0].files
    assert (sent.filename, sent.mime_type, open(sent.path, "rb").read()) == (
        "conta.pdf",
        "application/pdf",
        b"%PDF-1.4 hello",
    )


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


def poison(monkeypatch, name, message_id):
    """Writing this message's outcome down fails for a reason that will not pass."""
    real = getattr(outcomes, name)

    def fail(batch, results):
        if any(str(message_id) in str(row) for row in about(batch, results)):
            raise TypeError("nobody thought of this")
        real(batch, results)

    def about(batch, results):
        ids = [getattr(each, "item_id", each) for each in results]
        return batch.session.scalars(select(OutboxItem.message_id).where(OutboxItem.id.in_(ids)))

    monkeypatch.setattr(outcomes, name, fail)


def test_an_outcome_that_can_never_be_written_down_takes_no_other_along(wire, monkeypatch, caplog):
    first, second = wire.conversation("5511987654321", "a"), wire.conversation("5511912345678", "b")
    bad, good = wire.send(first), wire.send(second)
    poison(monkeypatch, "record", bad)
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


def test_a_stranded_item_that_cannot_be_rescued_keeps_no_other_from_it(wire, sender, monkeypatch, caplog):
    first, second = wire.conversation("5511987654321", "a"), wire.conversation("5511912345678", "b")
    bad, good = wire.send(first), wire.send(second)
    wire.run(
        "update outbox set status = 'sending', written_at = now(), locked_until = now() - interval '1 s', attempts = 1"
    )
    poison(monkeypatch, "rescue", bad)
    sender()

    assert wire.one("select status from message where id = :id", id=good).status == "unknown"
    assert wire.one("select status from outbox where message_id = :id", id=bad).status == "sending"
    assert "outbound.rescue_impossible" in caplog.text


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


def test_a_claim_that_was_lost_hands_nothing_over(app, wire, monkeypatch):
    wire.send(wire.conversation())
    monkeypatch.setattr("ramal.pipeline.outbound.sender.mark_written", lambda item_id: False)
    made = Sender(threads=1)
    made.run_once()
    made.close()

    assert wire.provider.ledger == []
    assert wire.one("select status, attempts from outbox") == {"status": "queued", "attempts": 0}


def test_a_claim_is_renewed_while_the_provider_takes_its_time(app, wire, monkeypatch):
    wire.send(wire.conversation())
    monkeypatch.setattr("ramal.pipeline.outbound.sender._RENEW_EVERY", 0.0)
    release = threading.Event()

    def slow(outbound):
        assert release.wait(20)
        return SendResult("p-1")

    wire.provider.script.append(slow)
    made = Sender(threads=1)
    made.run_once()
    wire.run("update outbox set locked_until = now() + interval '1 s'")
    made.run_once()
    left = wire.one("select locked_until - now() > interval '20 s' as renewed from outbox")
    release.set()
    made.close()

    assert left.renewed
    assert wire.one("select status from outbox").status == "done"


def test_a_channel_whose_secrets_no_key_opens_needs_attention(wire, sender):
    sent = wire.send(wire.conversation())
    cache().forget()
    wire.run("update channel set secrets = 'gAAAA-not-ours'")
    sender()

    assert wire.one("select status from message where id = :id", id=sent).status == "queued"
    assert wire.provider.ledger == []
    assert wire.one("select status from channel").status == "needs_attention"


def test_one_unusable_channel_keeps_no_other_from_sending(connect, sender):
    broken, well = connect("broken"), connect("well")
    broken.send(broken.conversation())
    well.send(well.conversation())
    cache().forget()
    broken.run("update channel set secrets = 'gAAAA-not-ours' where id = :id", id=broken.channel.id)
    sender()

    assert len(well.provider.ledger) == 1
    assert broken.provider.ledger == []
    body = delivery(message("m9"))
    assert broken.post(body) == 404
    assert well.post(body) == 200
